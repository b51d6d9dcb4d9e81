using System.CommandLine;
using RewardReasoning.Cli.Exporting;
using RewardReasoning.Cli.Scoring;
using RewardReasoning.Data.Export;
using RewardReasoning.Data.Export.Trl;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm export trl</c>: preference pairs for TRL's DPOTrainer and RewardTrainer.</summary>
internal static class ExportTrlCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        ExportArguments arguments = new();
        Option<string> output = new("--out") { Description = "The file: .jsonl (.gz, .zst) or .parquet.", HelpName = "FILE", Required = true };
        Option<string> shape = new("--shape")
        {
            Description = "The prompt in a field of its own (explicit, for DPO), or at the beginning of both responses (implicit).",
            HelpName = "explicit|implicit",
            DefaultValueFactory = _ => "explicit",
        };
        Option<bool> text = new("--text") { Description = "Strings in place of lists of messages." };
        Option<bool> margin = new("--margin") { Description = "Add a margin to every row: its own, or the lead of its votes; rows without one are left out." };
        Command command = Verb.Create(
            terminal,
            "trl",
            "Write pairs in the shapes that TRL's DPOTrainer and RewardTrainer read.",
            """
            rrm export trl pairs.jsonl --out dpo.jsonl
            rrm export trl judged.jsonl --out reward.parquet --shape implicit --margin
            """);
        arguments.AddTo(command);
        foreach (Option option in new Option[] { output, shape, text, margin })
        {
            command.Options.Add(option);
        }

        command.SetAction(async (parsed, cancellationToken) =>
        {
            TrlShape wanted = (parsed.GetRequiredValue(shape), parsed.GetValue(text)) switch
            {
                ("explicit", false) => TrlShape.ExplicitMessages,
                ("explicit", true) => TrlShape.ExplicitText,
                ("implicit", false) => TrlShape.ImplicitMessages,
                ("implicit", true) => TrlShape.ImplicitText,
                var (name, _) => throw new UsageException($"--shape is '{name}'; it is explicit or implicit."),
            };
            RowInput input = await arguments.InputAsync(parsed, terminal, cancellationToken);
            string path = parsed.GetRequiredValue(output);
            ExportArguments.CheckOutput(path, input);
            ExportReport report = await new TrlExport(new(wanted, parsed.GetValue(margin)), time).WriteAsync(
                arguments.Rows(parsed, input, cancellationToken), path, (row, fault) => ExportArguments.Complain(terminal, row, fault), cancellationToken);
            return arguments.Finish(parsed, terminal, report, path);
        });
        return command;
    }
}
