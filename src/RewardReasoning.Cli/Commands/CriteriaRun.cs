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
        if (judging.GivenAgainstCriteria(parsed).FirstOrDefault() is { } option)
        {
            throw new UsageException(
                $"{option} does not go with --criteria: a text is asked with the prompt for criteria, fixed votes and both orders."
            );
        }

        OpenedJudge? judge = null;
        if (criteria.NeedsJudge)
        {
            RequireReader(source);
            judge = await judging.OpenJudgeAsync(parsed, source, options with { Calibration = null }, terminal, cancellationToken);
        }

        using (judge)
        {
            CriteriaJudge by = new(judge, options, criteria);
            CriteriaResult result =
                texts.Responses.Length == 1
                    ? await by.ScoreAsync(texts.Query, texts.Responses[0], cancellationToken)
                    : await by.CompareAsync(new Comparison(texts.Query, texts.Responses[0], texts.Responses[1]), cancellationToken);
            Write(result, json);
            return result.Missing is null ? ExitCodes.Done : ExitCodes.SomeMissing;
        }
    }

    /// <summary>A model that reads one prompt only cannot be told a criterion.</summary>
    private static void RequireReader(ModelSource source)
    {
        string? fault = source switch
        {
            JurySource => "A jury compares two responses and reads no criteria",
            FolderSource { IsScalar: true } scalar => $"{scalar.Folder} is a scalar reward model, which reads no criteria",
            EndpointSource { IsRewardModel: true } scalar => $"{scalar.Options.Model} is a scalar reward model, which reads no criteria",
            FolderSource folder when source.Files().Prompt is not null =>
                $"{folder.Folder} judges by its own {JudgeFiles.PromptFile}, which has no place for a criterion",
            _ => null,
        };
        if (fault is not null)
        {
            throw new UsageException(
                $"{fault}. Name a judge that reads any prompt with --model or --endpoint, or leave only checks in the file."
            );
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
