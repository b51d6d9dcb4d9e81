using RewardReasoning.Ratings;

namespace RewardReasoning.Rankings;

/// <summary>How often three candidates beat each other in a circle.</summary>
internal static class Cycles
{
    /// <summary>
    /// The share of triples with three decided pairs that are circles; null without such a triple. Chance alone makes 0.25.
    /// </summary>
    public static double? Rate(int candidates, IReadOnlyList<MatchResult> matches)
    {
        ArgumentNullException.ThrowIfNull(matches);
        double[,] lead = new double[candidates, candidates];
        foreach (MatchResult match in matches)
        {
            double gained = (2 * (match.FirstPoints ?? 0.5)) - 1;
            lead[match.First, match.Second] += gained;
            lead[match.Second, match.First] -= gained;
        }

        long triples = 0;
        long circles = 0;
        for (int i = 0; i < candidates; i++)
        {
            for (int j = i + 1; j < candidates; j++)
            {
                for (int k = j + 1; lead[i, j] != 0 && k < candidates; k++)
                {
                    if (lead[j, k] != 0 && lead[i, k] != 0)
                    {
                        triples++;
                        circles += lead[i, j] > 0 == lead[j, k] > 0 && lead[i, j] > 0 != lead[i, k] > 0 ? 1 : 0;
                    }
                }
            }
        }

        return triples == 0 ? null : (double)circles / triples;
    }
}
