using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm judge --against</c>: what one response is worth, 0 to 1, by matches against references.</summary>
internal sealed class AgainstRun(Terminal terminal)
{
    /// <summary>Judges and prints.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(
        OpenedJudge judge,
        string query,
        string response,
        IReadOnlyList<string> references,
        bool json,
        CancellationToken cancellationToken
    )
    {
        FailurePolicy failures = new();
        (Judgment? Judgment, string? Failure)[] matches = await Task.WhenAll(
            references.Select(async reference =>
            {
                try
                {
                    Judgment judgment = await judge.JudgeAsync(new Comparison(query, response, reference), cancellationToken);
                    failures.Succeeded();
                    return ((Judgment?)judgment, judgment.Outcome == MatchOutcome.Missing ? judgment.MissingReason : null);
                }
                catch (Exception failure)
                    when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(failure) != FailureScope.Run)
                {
                    return (null, failure.Message);
                }
            })
        );
        MatchOutcome[] outcomes = [.. matches.Select(match => match.Judgment?.Outcome ?? MatchOutcome.Missing)];
        double? score = ReferenceScore.Of(
            outcomes.Count(outcome => outcome == MatchOutcome.First),
            outcomes.Count(outcome => outcome == MatchOutcome.Second),
            outcomes.Count(outcome => outcome == MatchOutcome.Tie)
        );
        AgainstJson result = new(
            score,
            score is null,
            [.. matches.Zip(outcomes, (match, outcome) => new AgainstMatchJson(outcome, match.Failure, match.Judgment))],
            matches.Aggregate(Usage.None, (sum, match) => sum + (match.Judgment?.Usage ?? Usage.None)),
            judge.Name
        );
        Write(result, json);
        return ExitCodes.Of(!outcomes.Contains(MatchOutcome.Missing), outcomes.Contains(MatchOutcome.Abstained));
    }

    private void Write(AgainstJson result, bool json)
    {
        if (json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(result, AgainstJsonContext.Indented.AgainstJson));
            return;
        }

        terminal.Out.WriteLine(
            result.Score is { } score
                ? FormattableString.Invariant($"The response scores {score:0.00} of 1 against {result.Matches.Count} references.")
                : $"No score. {string.Join(" ", result.Matches.Select(match => match.Missing).OfType<string>().Distinct())}"
        );
        string[][] rows =
        [
            ["reference", "the response", "confidence", "tokens", "missing"],
            .. result.Matches.Select(
                (match, at) =>
                    new[]
                    {
                        FormattableString.Invariant($"{at + 1}"),
                        match.Outcome switch
                        {
                            MatchOutcome.First => "is better",
                            MatchOutcome.Second => "is worse",
                            MatchOutcome.Tie => "ties",
                            MatchOutcome.Abstained => "abstained",
                            _ => "-",
                        },
                        match.Judgment?.Confidence is { } confidence ? FormattableString.Invariant($"{confidence:0.00}") : "-",
                        FormattableString.Invariant($"{match.Judgment?.Usage.OutputTokens ?? 0}"),
                        match.Missing ?? "",
                    }
            ),
        ];
        foreach (string line in TextTable.Lines(rows))
        {
            terminal.Out.WriteLine(line);
        }
    }
}

/// <summary>What one response is worth against references.</summary>
/// <param name="Score">0 (worse than all) to 1 (better than all); null where no match has a result.</param>
/// <param name="Mask">Whether the response has no reward; a trainer must leave it out.</param>
/// <param name="Matches">The matches, in the order of the references; the response is the first of each.</param>
/// <param name="Usage">What all took.</param>
/// <param name="Model">The judge.</param>
internal sealed record AgainstJson(double? Score, bool Mask, IReadOnlyList<AgainstMatchJson> Matches, Usage Usage, string Model);

/// <summary>A match against a reference.</summary>
internal sealed record AgainstMatchJson(MatchOutcome Outcome, string? Missing, Judgment? Judgment);

[JsonSerializable(typeof(AgainstJson))]
internal sealed partial class AgainstJsonContext : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static AgainstJsonContext Indented { get; } =
        new(Evaluation.Running.JsonStyle.Of(indented: true, Evaluation.Running.JsonStyle.Words<MatchOutcome>()));
}
