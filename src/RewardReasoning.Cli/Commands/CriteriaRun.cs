using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Criteria;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm judge --criteria</c>: one response or two by the criteria of a file.</summary>
internal sealed class CriteriaRun(Terminal terminal, JudgingArguments judging)
{
    /// <summary>Judges and prints.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The judge or an option does not go with criteria.</exception>
    public async Task<int> RunAsync(
        ParseResult parsed,
        ModelSource source,
        JudgeOptions options,
        CriteriaFile criteria,
        (string Query, string[] Responses) texts,
        bool json,
        CancellationToken cancellationToken
    )
    {
        using (OpenedJudge? judge = await judging.OpenReaderAsync(parsed, source, options, criteria, terminal, cancellationToken))
        {
            CriteriaJudge by = new(judge, criteria);
            CriteriaResult result =
                texts.Responses.Length == 1
                    ? await by.ScoreAsync(texts.Query, texts.Responses[0], cancellationToken)
                    : await by.CompareAsync(new Comparison(texts.Query, texts.Responses[0], texts.Responses[1]), cancellationToken);
            Write(result, json);
            return result.Missing is null ? ExitCodes.Done : ExitCodes.SomeMissing;
        }
    }

    private void Write(CriteriaResult result, bool json)
    {
        if (json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(result, CriteriaJson.Indented.CriteriaResult));
            return;
        }

        terminal.Out.WriteLine(
            result switch
            {
                { Missing: { } missing } => $"No result. {missing}",
                { Outcome: MatchOutcome.Tie } => "Neither response is better.",
                { Preferred: { } preferred } => $"Response {preferred} is better.",
                _ => FormattableString.Invariant($"The response scores {result.Totals[0]:0.00} of 1."),
            }
        );
        if (result.DecidedBy is { } decidedBy)
        {
            terminal.Out.WriteLine($"The critical check '{decidedBy}' decided.");
        }

        string[] columns = result.Totals.Count == 1 ? ["value", "why"] : ["response 1", "response 2", "why"];
        string[][] rows =
        [
            ["criterion", "weight", "by", .. columns],
            .. result.Criteria.Select(part =>
                new[] { part.Name, FormattableString.Invariant($"{part.Weight:0.##}"), part.Kind }
                    .Concat(part.Values.Select(Text))
                    .Append(string.Join(" ", part.Reasons.OfType<string>().Distinct()))
                    .ToArray()
            ),
            ["total", "", "", .. result.Totals.Select(Text), ""],
        ];
        foreach (string line in TextTable.Lines(rows))
        {
            terminal.Out.WriteLine(line);
        }
    }

    private static string Text(double? value) => value is { } known ? FormattableString.Invariant($"{known:0.00}") : "-";
}
