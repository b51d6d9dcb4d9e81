using System.CommandLine;
using System.Text.Json;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Evaluation.Scoring;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm score</c>: judges every row of a file of pairs or candidates.</summary>
internal sealed class ScoreCommand
{
    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly BudgetArguments _budget = new();
    private readonly RankingArguments _ranking = new();
    private readonly RowSelection _rows = new();
    private readonly OutOption _out = new(
        "Where the judged rows go, in the order of IN: .jsonl (.gz, .zst) or .parquet; - for standard output."
    );

    private readonly Option<bool> _strict = new("--strict") { Description = "Stop at the first row that cannot be judged." };
    private readonly Option<bool> _keepReasoning = new("--keep-reasoning") { Description = "Keep the reasoning of every vote in OUT." };
    private readonly Option<string[]> _by = new("--by")
    {
        Description = "Break the summary down by a field of the rows (a dotted path); may be repeated.",
        HelpName = "FIELD",
    };
    private readonly SummaryArguments _summary = new();

    private ScoreCommand(Terminal terminal, TimeProvider time)
    {
        _terminal = terminal;
        _time = time;
    }

    public static Command Create(Terminal terminal, TimeProvider time)
    {
        ScoreCommand score = new(terminal, time);
        Command command = Verb.Create(
            terminal,
            "score",
            "Judge every pair of a file, and rank every list of candidates: one row out for each row in, in the same order.",
            """
            rrm score pairs.jsonl --out judged.jsonl
            rrm score pairs.jsonl.gz --out judged.jsonl.gz --votes 9 --order both --keep-reasoning
            rrm score pairs.jsonl --out judged.jsonl --budget-tokens 500000
            rrm score labelled.jsonl --out judged.jsonl --by operands --summary summary.json
            rrm score candidates.jsonl --out rewards.jsonl --mode random --opponents 4 --method elo
            rrm score pairs.parquet --out part-2.parquet --shard 2/8 --store postgres://judge@db/rewards
            rrm score pairs.jsonl --out judged.jsonl --budget-tokens 500000 --screen models/direct-mini --quick-loss 0.01
            rrm score pairs.jsonl --out judged.jsonl --jury jury.toml
            rrm score pairs.jsonl --out judged.jsonl --criteria criteria.toml --endpoint http://localhost:8000/v1 --model qwen3
            rrm score - --out - --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B <pairs.jsonl >judged.jsonl
            """
        );
        score._rows.AddTo(command);
        score._out.AddTo(command);
        foreach (Option option in new Option[] { score._strict, score._keepReasoning, score._by })
        {
            command.Options.Add(option);
        }

        score._summary.AddTo(command);
        score._ranking.AddTo(command);
        score._judging.AddTo(command, withAbstention: true, withFirstStage: true, withCriteria: true);
        score._budget.AddTo(command);
        score._model.AddTo(command, withJury: true);
        command.SetAction(score.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        RowSource rows = await _rows.ReadAsync(parsed, _terminal, cancellationToken);
        RowTarget target = _out.Read(parsed, _terminal, _summary.GoesToOutput(parsed));
        target.RequireUsable(rows);
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions options = _budget.Read(parsed, _judging, source);
        ScoreOptions scoring = new()
        {
            Ranking = _ranking.Read(parsed, options, _judging.MayTie(parsed)),
            KeepReasoning = parsed.GetValue(_keepReasoning),
            By = parsed.GetValue(_by) ?? [],
            StopAtFirstMissing = parsed.GetValue(_strict),
        };
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        ScoreReport report = await new RunView(_terminal, _time).RunAsync(run =>
            new FileScorer(judge, _budget.Within(parsed, scoring) with { Run = run }).ScoreAsync(rows, target, cancellationToken)
        );
        foreach (string line in ScoreReportText.Lines(report))
        {
            _terminal.Error.WriteLine(line);
        }

        string json = JsonSerializer.Serialize(report, OutputJson.Indented.ScoreReport);
        await _summary.WriteAsync(parsed, json, _terminal, cancellationToken);
        return ExitCodes.Of(report.IsComplete, report.HasAbstained);
    }
}
