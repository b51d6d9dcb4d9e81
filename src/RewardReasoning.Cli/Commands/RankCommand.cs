using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm rank</c>: orders any number of responses to one query.</summary>
internal sealed class RankCommand
{
    private readonly Terminal _terminal;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly RankingArguments _ranking = new();
    private readonly Option<string?> _query = new("--query")
    {
        Description = "The user's request: a text, @FILE, or - for standard input.",
        HelpName = "TEXT",
    };

    private readonly Option<string[]> _responses = new("--response")
    {
        Description = "A response to be ranked: a text, @FILE, or -; give it once for each.",
        HelpName = "TEXT",
    };

    private readonly Option<string[]> _files = new("--responses")
    {
        Description = "Files of responses: a JSON list (.json), JSON lines (.jsonl, or - for standard input); any other file is one text.",
        HelpName = "FILE...",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _row = new("--row")
    {
        Description =
            "Instead of these: one row of a data file (a JSON object with query and responses), - for standard input. rrm data "
            + "inspect says how rows are read.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the ranking as one JSON object." };

    private RankCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        RankCommand rank = new(terminal);
        Command command = Verb.Create(
            terminal,
            "rank",
            "Order any number of responses to one query, by matches between them.",
            """
            rrm rank --query "12*4+7" --response 55 --response 54 --response 45
            rrm rank --query @question.txt --responses answers/a.md answers/b.md answers/c.md --votes 5
            rrm rank --query @question.txt --responses samples.jsonl --mode knockout
            rrm rank --query @question.txt --responses samples.jsonl --mode active --goal ranking --matches 60 --json
            rrm rank --query @question.txt --responses samples.jsonl --screen runs/scalar/model --quick-confidence 0.9
            head -n 1 candidates.jsonl | rrm rank --row - --same-answer
            """
        );
        foreach (Option option in new Option[] { rank._query, rank._responses, rank._files, rank._row, rank._json })
        {
            command.Options.Add(option);
        }

        rank._ranking.AddTo(command);
        rank._judging.AddTo(command, withAbstention: true, withFirstStage: true, withCriteria: true);
        rank._model.AddTo(command, withJury: true);
        command.SetAction(rank.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions judging = _judging.Read(parsed, source);
        RankingOptions options = _ranking.Read(parsed, judging, _judging.MayTie(parsed));
        (string query, IReadOnlyList<string> responses) = await ReadAsync(parsed, cancellationToken);
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, judging, _terminal, cancellationToken);
        Ranker ranker = new(judge.Judge, options with { Concurrency = judge.Concurrency });
        try
        {
            Rankings.Ranking ranking = await RankingProgressBar.RunAsync(
                _terminal,
                progress => ranker.RankAsync(query, responses, progress, cancellationToken)
            );
            Write(parsed, ranking, responses, options, cancelled: false);
            return ExitCodes.Of(ranking.MissingMatches == 0, ranking.AbstainedMatches > 0);
        }
        catch (RankingCancelledException cancelled) when (cancelled.Ranking is { Matches.Count: > 0 } soFar)
        {
            Write(parsed, soFar, responses, options, cancelled: true);
            throw;
        }
    }

    private async Task<(string Query, IReadOnlyList<string> Responses)> ReadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        TextArgument texts = new(_terminal);
        if (parsed.GetValue(_row) is { } row)
        {
            return parsed.GetResult(_query) is null && parsed.GetResult(_responses) is null && parsed.GetResult(_files) is null
                ? await CandidateRow.ReadAsync(texts, row, cancellationToken)
                : throw new UsageException("--row brings query and responses; leave out --query, --response and --responses.");
        }

        if (parsed.GetValue(_query) is not { } query)
        {
            throw new UsageException("--query is missing; a ranking needs --query TEXT with responses, or --row FILE.");
        }

        string text = await texts.ReadAsync(query, _query.Name, cancellationToken);
        List<string> responses = [];
        foreach (string argument in parsed.GetValue(_responses) ?? [])
        {
            responses.Add(await texts.ReadAsync(argument, $"--response number {responses.Count + 1}", cancellationToken));
        }

        responses.AddRange(await ResponseFiles.ReadAsync(texts, parsed.GetValue(_files) ?? [], cancellationToken));
        return responses.Count >= 2
            ? (text, responses)
            : throw new UsageException(
                $"There {(responses.Count == 1 ? "is 1 response" : "are no responses")}; a ranking needs at least two: --response A "
                    + $"--response B, or --responses FILE."
            );
    }

    private void Write(
        ParseResult parsed,
        Rankings.Ranking ranking,
        IReadOnlyList<string> responses,
        RankingOptions options,
        bool cancelled
    )
    {
        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(JsonSerializer.Serialize(ranking, OutputJson.Indented.Ranking));
        }
        else
        {
            foreach (string line in RankingText.Lines(ranking, responses, options.Mode is RankingMode.Knockout))
            {
                _terminal.Out.WriteLine(line);
            }
        }

        // A warning of one judgment is most often one of all.
        foreach (
            IGrouping<string, string> warning in ranking.Matches.SelectMany(match => match.Judgment?.Warnings ?? []).GroupBy(text => text)
        )
        {
            _terminal.WriteStatus($"rrm: warning: {(warning.Count() > 1 ? $"{warning.Count()} matches: " : "")}{warning.Key}");
        }

        foreach (
            IGrouping<string?, PlayedMatch> missing in ranking
                .Matches.Where(match => match.Outcome == MatchOutcome.Missing)
                .GroupBy(match => match.MissingReason)
        )
        {
            _terminal.WriteStatus($"rrm: {missing.Count()} of {ranking.Matches.Count} matches missing: {missing.Key}");
        }

        if (ranking.AbstainedMatches > 0)
        {
            _terminal.WriteStatus($"rrm: the judge abstained from {ranking.AbstainedMatches} of {ranking.Matches.Count} matches");
        }
    }
}
