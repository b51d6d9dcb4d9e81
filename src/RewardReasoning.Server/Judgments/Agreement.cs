using RewardReasoning.Evaluation.Metrics;
using RewardReasoning.Storage.Judgments;

namespace RewardReasoning.Server.Judgments;

/// <summary>
/// How well people and the judge agree, where both chose a response: Cohen's kappa, which is 1 for full agreement and 0 for as much as
/// chance alone would give.
/// </summary>
/// <param name="Labels">Judgments with a person's choice and a preferred response.</param>
/// <param name="Agreed">Those of them with the same response.</param>
/// <param name="Undecided">Labels of neither response, and labels of missing judgments; they count nowhere else.</param>
/// <param name="Kappa">Null where it is undefined: without labels, or where both always chose the same number.</param>
/// <param name="Low">Lower end of the 95 % interval by Cohen's large-sample standard error.</param>
/// <param name="High">Its upper end.</param>
internal sealed record Agreement(long Labels, long Agreed, long Undecided, double? Kappa, double? Low, double? High)
{
    private const double Z95 = 1.959963984540054;

    public static Agreement Of(IEnumerable<LabelCount> counts)
    {
        ConfusionMatrix matrix = new(2);
        long undecided = 0;
        foreach (LabelCount count in counts)
        {
            if (count is { Label: 1 or 2, Preferred: 1 or 2 })
            {
                matrix.Add(count.Label - 1, count.Preferred - 1, (int)count.Count);
            }
            else
            {
                undecided += count.Count;
            }
        }

        long agreed = matrix[0, 0] + matrix[1, 1];
        if (matrix.CohenKappa is not { } kappa)
        {
            return new(matrix.Total, agreed, undecided, null, null, null);
        }

        // SE = sqrt(p_o (1 − p_o) / n) / (1 − p_e), Cohen 1960; from kappa = (p_o − p_e) / (1 − p_e).
        double observed = (double)agreed / matrix.Total;
        double beyondChance =
            1
            - (((double)matrix.Gold(0) * matrix.Predicted(0)) + ((double)matrix.Gold(1) * matrix.Predicted(1)))
                / ((double)matrix.Total * matrix.Total);
        double half = Z95 * Math.Sqrt(observed * (1 - observed) / matrix.Total) / beyondChance;
        return new(matrix.Total, agreed, undecided, kappa, Math.Max(-1, kappa - half), Math.Min(1, kappa + half));
    }
}
