using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>A pair that a judge is trained on: its responses without their thoughts, as a trained policy's are judged.</summary>
internal sealed record VerlPair(ExportPair Labelled, Comparison Comparison)
{
    /// <returns>The pair, or why the row cannot be exported.</returns>
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

    /// <summary>Only what begins as a thought is one: a closing tag alone may be an attack that the judge is to see.</summary>
    private static string AnswerOf(string response) =>
        response.TrimStart().StartsWith(ReasoningText.OpenTag, StringComparison.Ordinal)
            ? ReasoningText.Split(response).Answer.Trim()
            : response;
}
