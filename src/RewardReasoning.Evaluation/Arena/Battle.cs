using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>Two models' answers to one prompt, judged: one game for each order that was shown, or as many as were recorded.</summary>
internal sealed record Battle
{
    /// <summary>Identity of the prompt. Battles of one prompt are drawn together in the bootstrap.</summary>
    public required string Prompt { get; init; }

    /// <summary>The first model.</summary>
    public required string Model1 { get; init; }

    /// <summary>The second model.</summary>
    public required string Model2 { get; init; }

    /// <summary>Games with a result.</summary>
    public required int Games { get; init; }

    /// <summary>What the first model won of them: 1 for a win, ½ for a tie.</summary>
    public required double Points1 { get; init; }

    /// <summary>Style of the first model's answer; null where the answer is not known.</summary>
    public AnswerStyle? Style1 { get; init; }

    /// <summary>Style of the second model's answer; null where the answer is not known.</summary>
    public AnswerStyle? Style2 { get; init; }

    /// <summary>
    /// The battle of a judged item, whose section and detail name the models; null unless both orders have an answer, for only then does a
    /// bias to the response shown first cancel out.
    /// </summary>
    public static Battle? Of(JudgedItem judged)
    {
        ArgumentNullException.ThrowIfNull(judged);
        return judged.Shown.Count(shown => shown.Outcome.IsAnswer()) < 2
            ? null
            : new Battle
            {
                Prompt = judged.Item.Row,
                Model1 = judged.Item.Section,
                Model2 = judged.Item.Detail,
                Games = judged.Shown.Count,
                Points1 = judged.Shown.Sum(shown =>
                    shown.Outcome switch
                    {
                        MatchOutcome.First => 1,
                        MatchOutcome.Tie => 0.5,
                        _ => 0,
                    }
                ),
                Style1 = AnswerStyle.Of(judged.Item.Comparison.Response1),
                Style2 = AnswerStyle.Of(judged.Item.Comparison.Response2),
            };
    }
}
