using RewardReasoning.Verification.Answers;

namespace RewardReasoning.Verification;

/// <summary>Final answers of responses, one name for all that are equal by the verifier's rules. Not for several threads at once.</summary>
internal sealed class FinalAnswers
{
    private readonly AnswerVerifier _verifier = new();
    private readonly List<string> _known = [];

    /// <summary>
    /// The answer that a response states, as the first one with an equal answer wrote it; null where it states none: nothing is guessed.
    /// </summary>
    public string? Of(string response) =>
        AnswerExtractor.FindGold(response) is { Source: not AnswerSource.None } answer ? NameOf(answer.Text) : null;

    /// <summary>The same, but where a response states no answer its last formula or number is taken for one.</summary>
    public string? GuessOf(string response) =>
        AnswerExtractor.Find(response) is { Source: not AnswerSource.None } answer ? NameOf(answer.Text) : null;

    /// <summary>An answer that is known, as the first equal one was written.</summary>
    public string NameOf(string answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        string? equal =
            _known.Find(known => known == answer) ?? _known.Find(known => _verifier.Verify(known, answer) == AnswerVerdict.Equal);
        if (equal is null)
        {
            _known.Add(answer);
        }

        return equal ?? answer;
    }
}
