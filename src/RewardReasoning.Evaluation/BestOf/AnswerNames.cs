using RewardReasoning.Data.Verification;
using RewardReasoning.Data.Verification.Answers;

namespace RewardReasoning.Evaluation.BestOf;

/// <summary>Final answers of responses, equal ones (by the rules of the verifier) under the name that the first of them has.</summary>
internal static class AnswerNames
{
    private static readonly AnswerVerifier Verifier = new();

    /// <summary>The answers as they are stated, or else guessed, in responses.</summary>
    public static IReadOnlyList<string?> OfResponses(IEnumerable<string> responses) => Of(responses.Select(response =>
        AnswerExtractor.Find(response) is { Source: not AnswerSource.None } answer ? answer.Text : null));

    /// <summary>Answers that are known; an empty one is none.</summary>
    public static IReadOnlyList<string?> Of(IEnumerable<string?> answers)
    {
        List<string> known = [];
        return [.. answers.Select(answer =>
        {
            if (string.IsNullOrWhiteSpace(answer))
            {
                return null;
            }

            string? equal = known.Find(other => other == answer) ?? known.Find(other => Verifier.Verify(other, answer) == AnswerVerdict.Equal);
            if (equal is null)
            {
                known.Add(answer);
            }

            return equal ?? answer;
        })];
    }
}
