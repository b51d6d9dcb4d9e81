using RewardReasoning.Data.Verification;
using RewardReasoning.Data.Verification.Answers;

namespace RewardReasoning.Cli.Ranking;

/// <summary>Final answers of responses, one name for all that are equal by the verifier's rules. Not for several threads at once.</summary>
internal sealed class FinalAnswers
{
    private readonly AnswerVerifier _verifier = new();
    private readonly List<string> _known = [];

    /// <summary>The answer that a response states, as the first one with an equal answer wrote it; null where it states none: nothing is guessed.</summary>
    public string? Of(string response)
    {
        StatedAnswer answer = AnswerExtractor.FindGold(response);
        if (answer.Source == AnswerSource.None)
        {
            return null;
        }

        if (_known.Find(known => known == answer.Text || _verifier.Verify(known, answer.Text) == AnswerVerdict.Equal) is { } equal)
        {
            return equal;
        }

        _known.Add(answer.Text);
        return answer.Text;
    }
}
