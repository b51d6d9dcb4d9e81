using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Pairs;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm score</c>: judges every row of a pair file.</summary>
internal sealed class ScoreCommand
{
    private const int MinWindow = 256;

    private readonly Terminal _terminal;
    private readonly TimeProvider _time;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Argument<string[]> _in = new("IN")
    {
        Description = "Pairs: JSON lines, JSON lists or Parquet (.gz and .zst too), folders or patterns of them, or - for standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _out = new("--out") { Description = "Where the judged rows go, in the order of IN; - for standard output.", HelpName = "OUT", Required = true };
    private readonly Option<int?> _limit = new("--limit") { Description = "Judge only the first N rows.", HelpName = "N" };
    private readonly Option<bool> _strict = new("--strict") { Description = "Stop at the first row that cannot be judged." };
    private readonly Option<bool> _keepReasoning = new("--keep-reasoning") { Description = "Keep the reasoning of every vote in OUT." };
    private readonly Option<string[]> _by = new("--by") { Description = "Break the summary down by a field of the rows (a dotted path); may be repeated.", HelpName = "FIELD" };
    private readonly Option<string?> _summary = new("--summary") { Description = "Write the summary to a file, as JSON.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the summary to standard output as JSON." };

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
            "Judge every pair of a file: one row out for each row in, in the same order.",
            """
            rrm score pairs.jsonl --out judged.jsonl
            rrm score pairs.jsonl.gz --out judged.jsonl.gz --votes 9 --order both --keep-reasoning
            rrm score labelled.jsonl --out judged.jsonl --by operands --summary summary.json
            rrm score - --out - --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B <pairs.jsonl >judged.jsonl
            """);
        command.Arguments.Add(score._in);
        foreach (Option option in new Option[] { score._out, score._limit, score._strict, score._keepReasoning, score._by, score._summary, score._json })
        {
            command.Options.Add(option);
        }

        score._judging.AddTo(command);
        score._model.AddTo(command);
        command.SetAction(score.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string output = parsed.GetRequiredValue(_out);
        RowInput input = RowInput.Of(parsed.GetRequiredValue(_in), _terminal);
        CheckFiles(input, output, parsed.GetValue(_json));
        if (parsed.GetValue(_limit) is < 1 and { } limit)
        {
            throw new UsageException($"--limit is {limit}; it is at least 1.");
        }

        ModelSource source = _model.Read(parsed, _terminal);
        JudgeOptions options = _judging.Read(parsed, source);
        ScoreSummary summary = new(parsed.GetValue(_by) ?? []);
        using IChatClient client = await _judging.OpenAsync(parsed, source, _terminal, cancellationToken);
        long start = _time.GetTimestamp();
        long? total = await CountRowsAsync(input, parsed.GetValue(_limit), cancellationToken);
        await ScoreProgress.RunAsync(_terminal, total, async report =>
        {
            RowJudge judge = new(_judging.CreateJudge(parsed, client, options, _terminal));
            await using RowOutput writer = new(output, _terminal, _time);
            IAsyncEnumerable<DataRow> rows = input.ReadAsync(cancellationToken).Take(parsed.GetValue(_limit) ?? int.MaxValue);
            int window = Math.Max(MinWindow, 4 * options.Concurrency);
            bool warned = options.Order != VoteOrder.Given;
            await foreach (ScoredRow scored in OrderedWindow.SelectAsync(rows, options.Concurrency, window, judge.ScoreAsync, cancellationToken))
            {
                if (scored.Error is not null)
                {
                    Complain(scored, parsed.GetValue(_strict));
                }

                if (!warned && scored.Content is PairContent { IsNamedByLabel: true })
                {
                    _terminal.WriteStatus("rrm: warning: with --order given, the chosen response of every row is shown first; the default order has no such habit.");
                    warned = true;
                }

                summary.Add(scored.Row, scored.Content, scored.Judgment);
                await writer.WriteAsync(json => scored.WriteTo(json, parsed.GetValue(_keepReasoning)));
                report(summary.Rows, summary.Rows - summary.Judged, summary.Judged / _time.GetElapsedTime(start).TotalSeconds);
            }

            writer.Complete();
        });
        return await FinishAsync(parsed, summary.Report(_time.GetElapsedTime(start)), cancellationToken);
    }

    internal static void CheckFiles(RowInput input, string output, bool json)
    {
        if (output != RowInput.StandardStream)
        {
            RowFileWriter.RequireSupported(output);
            if (input.Paths.Any(path => Path.GetFullPath(path) == Path.GetFullPath(output)))
            {
                throw new UsageException($"--out is '{output}', which is read too; name another file.");
            }
        }
        else if (json)
        {
            throw new UsageException("--json and --out - both write to standard output; write the summary with --summary FILE.");
        }
    }

    /// <summary>How many rows there are to judge, for the progress bar; reading them is nothing beside judging them.</summary>
    private async Task<long?> CountRowsAsync(RowInput input, int? limit, CancellationToken cancellationToken) =>
        !_terminal.ErrorIsTerminal || input.IsStandardInput
            ? null
            : await input.ReadAsync(cancellationToken).Take(limit ?? int.MaxValue).LongCountAsync(cancellationToken);

    private void Complain(ScoredRow scored, bool strict)
    {
        string place = $"{scored.Row.Place}: {scored.Error}";
        if (strict)
        {
            throw new UsageException($"{place} (--strict stops here; OUT holds the rows before it.)");
        }

        _terminal.WriteStatus($"rrm: {place}");
    }

    private async Task<int> FinishAsync(ParseResult parsed, ScoreReport report, CancellationToken cancellationToken)
    {
        foreach (string line in ScoreReportText.Lines(report))
        {
            _terminal.Error.WriteLine(line);
        }

        string json = JsonSerializer.Serialize(report, OutputJson.Indented.ScoreReport);
        if (parsed.GetValue(_summary) is { } file)
        {
            await File.WriteAllTextAsync(file, json + "\n", cancellationToken);
        }

        if (parsed.GetValue(_json))
        {
            _terminal.Out.WriteLine(json);
        }

        return report.Total.Missing > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }
}
