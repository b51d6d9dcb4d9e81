using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Building;

/// <summary>
/// Tells queries that are of a benchmark: the same text once both are normalised, or a share of n-grams of words in common. Memory holds
/// one number for each n-gram of the benchmarks.
/// </summary>
internal sealed class Decontaminator
{
    private readonly Dictionary<UInt128, string> _texts = [];
    private readonly Dictionary<ulong, string> _ngrams = [];
    private readonly int _n;
    private readonly double _share;

    private Decontaminator(DecontaminationRecipe recipe)
    {
        _n = recipe.NGram;
        _share = recipe.Share;
    }

    public static async Task<(Decontaminator Check, IReadOnlyList<BenchmarkManifest> Benchmarks)> LoadAsync(
        DecontaminationRecipe recipe,
        CancellationToken cancellationToken
    )
    {
        Decontaminator check = new(recipe);
        List<BenchmarkManifest> benchmarks = [];
        foreach ((string name, IReadOnlyList<string> paths) in recipe.Against)
        {
            long queries = 0;
            await foreach (DataRow row in RowReader.ReadAsync(paths, cancellationToken).ConfigureAwait(false))
            {
                if (QueryOf(RowRecognizer.Recognize(row)) is { Length: > 0 } query)
                {
                    queries++;
                    check.Add(name, query);
                }
            }

            benchmarks.Add(new BenchmarkManifest(name, queries, await BuildFile.OfAsync(paths, cancellationToken).ConfigureAwait(false)));
        }

        return (check, benchmarks);
    }

    public static Decontaminator Of(DecontaminationRecipe recipe, string name, IEnumerable<string> queries)
    {
        Decontaminator check = new(recipe);
        foreach (string query in queries)
        {
            check.Add(name, query);
        }

        return check;
    }

    /// <summary>The benchmark that the query is of; null for none.</summary>
    public string? Find(string query)
    {
        string[] words = NormalText.Words(query);
        if (_texts.TryGetValue(NormalText.Hash(string.Join(' ', words)), out string? whole))
        {
            return whole;
        }

        int all = words.Length - _n + 1;
        if (all < 1)
        {
            return null;
        }

        Dictionary<string, int> found = [];
        foreach (ulong ngram in NGrams(words))
        {
            if (_ngrams.TryGetValue(ngram, out string? name))
            {
                found[name] = found.GetValueOrDefault(name) + 1;
            }
        }

        // Benchmarks share n-grams: they count for all of them together, and the one that holds most is named.
        return found.Count > 0 && found.Values.Sum() >= _share * all
            ? found.OrderByDescending(one => one.Value).ThenBy(one => one.Key, StringComparer.Ordinal).First().Key
            : null;
    }

    private void Add(string name, string query)
    {
        string[] words = NormalText.Words(query);
        _texts.TryAdd(NormalText.Hash(string.Join(' ', words)), name);
        foreach (ulong ngram in NGrams(words))
        {
            _ngrams.TryAdd(ngram, name);
        }
    }

    private IEnumerable<ulong> NGrams(string[] words)
    {
        // FNV-1a of the words, and over their hashes; two of a billion n-grams share a number with a chance of about 3 in 100.
        const ulong Basis = 14695981039346656037;
        const ulong Prime = 1099511628211;
        ulong[] hashes = [.. words.Select(word => word.Aggregate(Basis, (hash, letter) => (hash ^ letter) * Prime))];
        for (int i = 0; i + _n <= hashes.Length; i++)
        {
            ulong hash = Basis;
            for (int j = i; j < i + _n; j++)
            {
                hash = (hash ^ hashes[j]) * Prime;
                hash ^= hash >> 29;
            }

            yield return hash;
        }
    }

    private static string? QueryOf(RowContent content) =>
        content switch
        {
            PairContent row => row.Query.Text,
            CandidatesContent row => row.Query.Text,
            ChosenListsContent row => row.Query.Text,
            QuestionContent row => row.Query.Text,
            QueryContent row => row.Query.Text,
            ModelAnswerContent row => row.Query?.Text,
            MessagesContent row => row.Messages[0].Text,
            _ => null,
        };
}
