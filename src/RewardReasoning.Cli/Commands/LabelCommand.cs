using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Exporting;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Labelling;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm label</c>: preference pairs for DPO from pairs or candidates.</summary>
internal sealed class LabelCommand
{
    private const string BestWorstName = "best-worst";
    private const string AllName = "all";

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly RankingArguments _ranking = new();
    private readonly RowSelection _rows = new();
    private readonly OutOption _out = new("Where the pairs go: .jsonl (.gz, .zst) or .parquet; - for standard output.");
    private readonly TrlShapeArgument _shape = new();
    private readonly Option<string> _pairs = new("--pairs")
    {
        Description = "Of candidates: one pair of the best and the worst, or one of every two that met.",
        HelpName = $"{BestWorstName}|{AllName}",
        DefaultValueFactory = _ => BestWorstName,
    };

    private readonly Option<double> _minMargin = new("--min-margin")
    {
        Description =
            "Drop pairs with a smaller margin (share of the votes for, minus the share against, 0 to 1); draws are always " + "dropped.",
        HelpName = "M",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<bool> _strict = new("--strict") { Description = "Stop at the first row that cannot be judged." };
    private readonly SummaryArguments _summary = new();

    private LabelCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        LabelCommand label = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "label",
            "Judge pairs or candidates and write preference pairs with margins, as TRL's DPO and reward trainers read them.",
            """
            rrm label candidates.jsonl --out preferences.jsonl --votes 5
            rrm label candidates.jsonl --out preferences.parquet --votes 9 --min-margin 0.5 --pairs all
            rrm label pairs.jsonl --out rewards.jsonl --votes 5 --shape implicit-messages
            """
        );
        label._rows.AddTo(command);
        label._out.AddTo(command);
        label._shape.AddTo(command);
        foreach (Option option in new Option[] { label._pairs, label._minMargin, label._strict })
        {
            command.Options.Add(option);
        }

        label._summary.AddTo(command);
        label._ranking.AddTo(command);
        label._judging.AddTo(command, withAbstention: true, withFirstStage: true, withCriteria: true);
        label._model.AddTo(command, withJury: true);
        command.SetAction(label.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RowSource rows = await _rows.ReadAsync(parsed, _terminal, cancellationToken);
        RowTarget target = _out.Read(parsed, _terminal, _summary.GoesToOutput(parsed));
        target.RequireUsable(rows, columnsAreKnown: true);
        LabelOptions labelling = ReadOptions(parsed);
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = _judging.Read(parsed, source);
        labelling = labelling with { Ranking = _ranking.Read(parsed, options, _judging.MayTie(parsed)) };
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        LabelReport report = await new RunView(_terminal, _time).RunAsync(run =>
            new FileLabeller(judge, labelling with { Run = run }).LabelAsync(rows, target, cancellationToken)
        );
        foreach (string line in Lines(report))
        {
            _terminal.Error.WriteLine(line);
        }

        string json = JsonSerializer.Serialize(report, OutputJson.Indented.LabelReport);
        await _summary.WriteAsync(parsed, json, _terminal, cancellationToken);
        return ExitCodes.Of(report.IsComplete, report.HasAbstained);
    }

    private LabelOptions ReadOptions(ParseResult parsed)
    {
        double minMargin = parsed.GetValue(_minMargin);
        return new LabelOptions
        {
            Shape = _shape.Read(parsed),
            Pairs = parsed.GetRequiredValue(_pairs) switch
            {
                BestWorstName => PairChoice.BestWorst,
                AllName => PairChoice.All,
                var other => throw new UsageException($"--pairs is '{other}'; it is {BestWorstName} or {AllName}."),
            },
            MinMargin = minMargin is >= 0 and <= 1
                ? minMargin
                : throw new UsageException(FormattableString.Invariant($"--min-margin is {minMargin}; it is from 0 to 1.")),
            StopAtFirstMissing = parsed.GetValue(_strict),
        };
    }

    private static IEnumerable<string> Lines(LabelReport report)
    {
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Rows} rows: {report.Pairs} pairs written, {report.Draws} draws, {report.LowMargins} of too small a margin and "
                + $"{report.Unusable} unusable ones dropped, {report.Missing} rows missing"
                + $"{(report.Abstained > 0 ? $", {report.Abstained} abstained from" : "")}, in {report.Seconds:0.0} s"
        );
        if (report.MissingMatches > 0)
        {
            yield return FormattableString.Invariant($"{report.MissingMatches} matches of the rankings are missing");
        }

        if (report.AbstainedMatches > 0)
        {
            yield return FormattableString.Invariant($"the judge abstained from {report.AbstainedMatches} matches of the rankings");
        }

        if (report.StoppedAt is { } stopped)
        {
            yield return $"stopped at {stopped.Place} (--strict): OUT has the pairs before it";
        }

        if (report.MeanMargin is { } margin)
        {
            yield return FormattableString.Invariant($"mean margin {margin:0.000}");
        }
    }
}
