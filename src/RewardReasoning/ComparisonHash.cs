namespace RewardReasoning;

/// <summary>Identity of a comparison that does not depend on how the caller numbers the responses, nor on process or machine.</summary>
internal static class ComparisonHash
{
    /// <summary>
    /// SHA-256 over query, the ordinally smaller response and the other one, each as UTF-8 with its length (8 bytes, little-endian)
    /// before it. 32 bytes.
    /// </summary>
    public static byte[] OfUnorderedPair(Comparison comparison)
    {
        bool firstIsSmaller = FirstIsSmaller(comparison);
        return TextHash.Of(
            comparison.Query,
            firstIsSmaller ? comparison.Response1 : comparison.Response2,
            firstIsSmaller ? comparison.Response2 : comparison.Response1
        );
    }

    /// <summary>Whether the caller's first response comes first by ordinal comparison; true for equal ones.</summary>
    public static bool FirstIsSmaller(Comparison comparison) => string.CompareOrdinal(comparison.Response1, comparison.Response2) <= 0;

    /// <summary>
    /// The caller's number of the response that a stable bit of the hash points to, the same response however they are numbered.
    /// </summary>
    public static Verdict PickOne(Comparison comparison, int bit)
    {
        byte[] hash = OfUnorderedPair(comparison);
        bool smaller = (hash[bit / 8] >> (bit % 8) & 1) == 0;
        return smaller == FirstIsSmaller(comparison) ? Verdict.First : Verdict.Second;
    }
}
