namespace RewardReasoning.Lab.Arithmetic;

/// <summary>The ways in which people write one number: <c>0.5</c>, <c>.5</c>, <c>0.50</c>; <c>12</c>, <c>12.0</c>, <c>12.00</c>.</summary>
internal static class NumberSpelling
{
    /// <summary>The number in normal form, or with probability <paramref name="variety"/> in another spelling.</summary>
    public static string Write(decimal number, SeededRandom random, double variety)
    {
        string normal = Expression.Format(number);
        if (!random.Chance(variety))
        {
            return normal;
        }

        bool hasPoint = normal.Contains('.', StringComparison.Ordinal);
        string bare =
            normal.StartsWith("0.", StringComparison.Ordinal) ? normal[1..]
            : normal.StartsWith("-0.", StringComparison.Ordinal) ? "-" + normal[2..]
            : normal;
        return random.Next(3) switch
        {
            0 => bare,
            1 => hasPoint ? normal + "0" : normal + ".0",
            _ => hasPoint ? bare + "0" : normal + ".00",
        };
    }
}
