using RewardReasoning.Cli.Output;

namespace RewardReasoning.Cli.Runs;

/// <summary>What the members of a jury say of one comparison, as lines for people.</summary>
internal static class JuryText
{
    public static IEnumerable<string> Lines(IReadOnlyDictionary<string, Judgment> members) =>
        TextTable.Lines([
            ["member", "prefers", "confidence", "votes", "tokens", "cost", "model", "missing"],
            .. members.Select(member =>
                (string[])
                    [
                        member.Key,
                        member.Value.Preferred switch
                        {
                            Verdict.First => "response 1",
                            Verdict.Second => "response 2",
                            _ => "-",
                        },
                        (member.Value.CalibratedConfidence ?? member.Value.Confidence) is { } confidence
                            ? FormattableString.Invariant($"{confidence:0.00}")
                            : "-",
                        FormattableString.Invariant($"{member.Value.Votes.Count}"),
                        FormattableString.Invariant($"{member.Value.Usage.OutputTokens}"),
                        member.Value.Usage.Cost is { } cost ? FormattableString.Invariant($"{cost:0.######}") : "-",
                        member.Value.Model,
                        member.Value.MissingReason ?? "",
                    ]
            ),
        ]);
}
