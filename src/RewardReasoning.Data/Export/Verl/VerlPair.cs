using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>A pair that a judge is trained on: its responses without their thoughts, as a trained policy's are judged.</summary>
internal sealed record VerlPair(ExportPair Labelled, Comparison Comparison)
{
    private const int OrderBit = 17;

    /// <returns>The pair, or why the row is none.</returns>
    public static (VerlPair? Pair, string? Fault) Of(DataRow row)
    {
        (ExportPair? pair, string? fault) = ExportPair.Of(row);
        if (pair is null)
        {
            return (null, fault);
        }

        Comparison answers = pair.Comparison with
        {
            Response1 = AnswerOf(pair.Comparison.Response1),
            Response2 = AnswerOf(pair.Comparison.Response2),
        };
        return answers.Response1 == answers.Response2
            ? (null, "The two responses differ in their thoughts alone.")
            : (new(pair, answers), null);
    }

    /// <summary>The orders that it is shown in: both, or the one that a hash picks, whichever response is the better.</summary>
    public IEnumerable<ShownOrder> Orders(bool both) =>
        both
            ? [ShownOrder.Given, ShownOrder.Swapped]
            : [ComparisonHash.PickOne(Comparison, OrderBit) == Verdict.First ? ShownOrder.Given : ShownOrder.Swapped];

    /// <summary>Only what begins as a thought is one: a closing tag alone may be an attack that the judge is to see.</summary>
    private static string AnswerOf(string response) =>
        response.TrimStart().StartsWith(ReasoningText.OpenTag, StringComparison.Ordinal)
            ? ReasoningText.Split(response).Answer.Trim()
            : response;
}
