using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm data inspect</c>: how a file is recognised, and its oddities.</summary>
internal static class DataInspectCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string[]> files = new("FILE")
        {
            Description = "Files, folders or patterns ('**/*.parquet'), or - for standard input.",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<bool> json = new("--json") { Description = "Print one JSON list." };
        Command command = Verb.Create(
            terminal,
            "inspect",
            "Show how files are recognised: kind of rows, fields, lengths, labels, oddities.",
            """
            rrm data inspect pairs.jsonl
            rrm data inspect "data/**/*.parquet" --json
            """
        );
        command.Arguments.Add(files);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
                await RunAsync(
                    terminal,
                    await RowSelection.OfAsync(parsed.GetRequiredValue(files), terminal, cancellationToken),
                    parsed.GetValue(json),
                    cancellationToken
                )
        );
        return command;
    }

    /// <summary>Refused files are reported with the others, and the exit code is 3; if all are refused it is 2.</summary>
    private static async Task<int> RunAsync(Terminal terminal, RowSource input, bool asJson, CancellationToken cancellationToken)
    {
        List<FileInspection> inspections = [];
        foreach (Task<FileInspection> inspecting in Inspections(terminal, input, cancellationToken))
        {
            FileInspection inspection = await inspecting;
            inspections.Add(inspection);
            foreach (string line in asJson ? [] : Lines(inspection))
            {
                terminal.Out.WriteLine(line);
            }
        }

        if (asJson)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(inspections, OutputJson.Indented.ListFileInspection));
        }

        int refused = inspections.Count(inspection => inspection.Refused is not null);
        return refused == 0 ? ExitCodes.Done
            : refused == inspections.Count ? ExitCodes.BadUsage
            : ExitCodes.SomeMissing;
    }

    private static IEnumerable<Task<FileInspection>> Inspections(Terminal terminal, RowSource input, CancellationToken cancellationToken) =>
        input.IsStream
            ? [InspectAsync(terminal.In, cancellationToken)]
            : input.Paths.Select(path => FileInspector.InspectAsync(path, cancellationToken));

    private static async Task<FileInspection> InspectAsync(Stream standardInput, CancellationToken cancellationToken)
    {
        await using RowFile file = await RowFile.OpenAsync(standardInput, "standard input", cancellationToken);
        return await FileInspector.InspectAsync(file, cancellationToken);
    }

    private static IEnumerable<string> Lines(FileInspection file)
    {
        if (file.Refused is not null)
        {
            yield return $"{file.File}: refused: {file.Refused}";
            yield break;
        }

        string packed = file.Compression == "none" ? "" : $", {file.Compression}";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"{file.File}: {file.Format?.Replace('_', ' ')}{packed}, {file.Rows} rows: "
                + $"{string.Join("; ", file.Kinds.Select(kind => Share(kind, file)))}"
        );
        if (file.Labels is { } labels)
        {
            yield return FormattableString.Invariant($"  labels: {labels.First} first, {labels.Second} second, {labels.None} none");
        }

        int width = file.Fields.Select(field => field.Name.Length).DefaultIfEmpty().Max();
        foreach (FieldInspection field in file.Fields)
        {
            string rows = field.Rows == file.Rows ? "" : FormattableString.Invariant($", in {field.Rows} rows");
            string lengths = field.MeanLength is null
                ? ""
                : FormattableString.Invariant($", length {field.Shortest} to {field.Longest}, mean {field.MeanLength:0.#}");
            yield return $"  {field.Name.PadRight(width)}  {string.Join(" or ", field.Types)}{lengths}{rows}";
        }

        foreach (Oddity oddity in file.Oddities)
        {
            yield return FormattableString.Invariant(
                $"  note: {oddity.What} ({oddity.Rows} {(oddity.Rows == 1 ? "row" : "rows")}, first at {oddity.FirstPlace})"
            );
        }
    }

    private static string Share(KindCount kind, FileInspection file) =>
        FormattableString.Invariant($"{RowKinds.Describe(kind.Kind)}{(kind.Rows == file.Rows ? "" : $" ({kind.Rows})")}");
}
