using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Recipes;

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
        _n = recipe.Ngram;
        _share = recipe.Share;
    }

    /// <param name="recipe">The benchmarks and what counts as being of them.</param>
    /// <param name="complain">Told of every row in which no query was found, with the reason.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="RewardReasoningException">No query was found in a file, so that nothing could be checked against it.</exception>
    public static async Task<(Decontaminator Check, IReadOnlyList<BenchmarkManifest> Benchmarks)> LoadAsync(
        DecontaminationRecipe recipe,
        Action<string, string> complain,
        CancellationToken cancellationToken
    )
    {
        Decontaminator check = new(recipe);
        List<BenchmarkManifest> benchmarks = [];
        foreach ((string name, TextList arguments) in recipe.Against)
        {
            string[] paths = [.. RowFiles.FindAll(arguments)];
            long queries = 0;
            foreach (string path in paths)
            {
                queries += await check.AddAsync(name, path, complain, cancellationToken).ConfigureAwait(false);
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

    private async Task<long> AddAsync(string name, string path, Action<string, string> complain, CancellationToken cancellationToken)
    {
        long queries = 0,
            rows = 0;
        await foreach (DataRow row in RowReader.ReadAsync(path, cancellationToken).ConfigureAwait(false))
        {
            rows++;
            RowContent content = RowRecognizer.Recognize(row);
            if (QueryOf(content) is { Length: > 0 } query)
            {
                queries++;
                Add(name, query);
            }
            else
            {
                complain(row.Place, content is FaultyContent faulty ? faulty.Error : "The row of a benchmark has no query.");
            }
        }

        return queries > 0
            ? queries
            : throw new RecipeException(
                $"decontaminate.against.{name}: no query was found in the {rows} rows of '{path}', so nothing could be checked against "
                    + "it. Name its fields query, prompt, question or the like (docs/data.md), or leave the file out."
            );
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
