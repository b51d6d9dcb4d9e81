namespace RewardReasoning.Recipes;

/// <summary>Finds what a misspelt name was meant to be.</summary>
internal static class Spelling
{
    /// <summary>The known name that is nearest to a misspelt one; null where none is near enough to be meant.</summary>
    /// <param name="name">As it was written.</param>
    /// <param name="known">The names that exist.</param>
    public static string? Nearest(string name, IEnumerable<string> known)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(known);
        string written = Plain(name);
        int allowed = Math.Max(1, written.Length / 3);
        return known
            .Select(candidate => (Name: candidate, Distance: Distance(written, Plain(candidate))))
            .Where(candidate => candidate.Distance <= allowed)
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();
    }

    /// <summary>A question to append to an error, <c> Did you mean X?</c> with a space before it; empty where nothing is near.</summary>
    /// <inheritdoc cref="Nearest"/>
    public static string Suggest(string name, IEnumerable<string> known) =>
        Nearest(name, known) is { } nearest ? $" Did you mean {nearest}?" : "";

    /// <summary>Capitals, hyphens and underscores are no difference: <c>maxTokens</c> is <c>max_tokens</c>.</summary>
    private static string Plain(string name) =>
        string.Concat(name.Where(letter => letter is not ('-' or '_' or ' ')).Select(char.ToLowerInvariant));

    /// <summary>Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        int[,] distance = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                distance[i, j] =
                    i == 0 || j == 0
                        ? i + j
                        : Math.Min(
                            Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1,
                            distance[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
                        );
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    distance[i, j] = Math.Min(distance[i, j], distance[i - 2, j - 2] + 1);
                }
            }
        }

        return distance[a.Length, b.Length];
    }
}
