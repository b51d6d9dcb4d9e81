// Byte pair training (Sennrich et al. 2016): join the most frequent pair of neighbouring symbols, everywhere, again and again. The
// corpus is a handful of strings and the aim is one token for each, so it ends when every string has become one symbol.
namespace RewardReasoning.Text.Tokenization;

/// <summary>Learns merges over the 256 bytes from a few strings.</summary>
internal sealed class MergeTraining
{
    private readonly List<byte[]> _tokens = [];
    private readonly Dictionary<string, int> _idBySpelling = new(StringComparer.Ordinal);
    private readonly List<(int Left, int Right)> _merges = [];

    private MergeTraining()
    {
        // The bytes in the order of their stand-ins, as the reference's trainer numbers them.
        foreach (byte value in Enumerable.Range(0, 256).Select(b => (byte)b).OrderBy(ByteLevelAlphabet.ToChar))
        {
            IdOf([value]);
        }
    }

    /// <summary>The tokens by id: the 256 bytes, then what the merges make.</summary>
    public IReadOnlyList<byte[]> Tokens => _tokens;

    /// <summary>The merges by rank.</summary>
    public IReadOnlyList<(int Left, int Right)> Merges => _merges;

    /// <summary>Learns until each of these strings is one token.</summary>
    public static MergeTraining Learn(IEnumerable<byte[]> strings)
    {
        MergeTraining training = new();
        List<int[]> words = [.. strings.Select(s => s.Select(value => training.IdOf([value])).ToArray())];
        while (training.MostFrequentPair(words) is { } pair)
        {
            int merged = training.IdOf([.. training._tokens[pair.Left], .. training._tokens[pair.Right]]);
            training._merges.Add(pair);
            words = [.. words.Select(word => Join(word, pair, merged))];
        }

        return training;
    }

    private int IdOf(byte[] bytes)
    {
        string spelling = ByteLevelAlphabet.ToText(bytes);
        if (!_idBySpelling.TryGetValue(spelling, out int id))
        {
            id = _tokens.Count;
            _tokens.Add(bytes);
            _idBySpelling.Add(spelling, id);
        }

        return id;
    }

    /// <summary>The pair to join next, of equals the one with the lowest ids; null when no word has two symbols.</summary>
    private (int Left, int Right)? MostFrequentPair(List<int[]> words)
    {
        Dictionary<(int Left, int Right), int> counts = [];
        foreach (int[] word in words)
        {
            for (int i = 0; i + 1 < word.Length; i++)
            {
                counts[(word[i], word[i + 1])] = counts.GetValueOrDefault((word[i], word[i + 1])) + 1;
            }
        }

        return counts.Count == 0 ? null : counts.OrderByDescending(c => c.Value).ThenBy(c => c.Key).First().Key;
    }

    private static int[] Join(int[] word, (int Left, int Right) pair, int merged)
    {
        List<int> joined = new(word.Length);
        for (int i = 0; i < word.Length; i++)
        {
            if (i + 1 < word.Length && word[i] == pair.Left && word[i + 1] == pair.Right)
            {
                joined.Add(merged);
                i++;
            }
            else
            {
                joined.Add(word[i]);
            }
        }

        return [.. joined];
    }
}
