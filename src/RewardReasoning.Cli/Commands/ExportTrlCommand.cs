using System.CommandLine;
using RewardReasoning.Cli.Exporting;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Export;
using RewardReasoning.Data.Export.Trl;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm export trl</c>: preference pairs for TRL's DPOTrainer and RewardTrainer.</summary>
internal static class ExportTrlCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        ExportArguments arguments = new();
        Option<string> output = new("--out")
        {
            Description = "The file: .jsonl (.gz, .zst) or .parquet.",
            HelpName = "FILE",
            Required = true,
        };
        TrlShapeArgument shape = new();
        Option<bool> margin = new("--margin")
        {
            Description = "Add a margin to every row: its own, or the lead of its votes; rows without one are left out.",
        };
        Command command = Verb.Create(
            terminal,
            "trl",
            "Write pairs in the shapes that TRL's DPOTrainer and RewardTrainer read.",
            """
            rrm export trl pairs.jsonl --out dpo.jsonl
            rrm export trl judged.jsonl --out reward.parquet --shape implicit-messages --margin
            """
        );
        arguments.AddTo(command);
        command.Options.Add(output);
        shape.AddTo(command);
        command.Options.Add(margin);

        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                TrlRows format = new(shape.Read(parsed), parsed.GetValue(margin));
                RowSource input = await arguments.InputAsync(parsed, terminal, cancellationToken);
                string path = parsed.GetRequiredValue(output);
                RowTarget.OfFile(path).RequireUsable(input, columnsAreKnown: true);
                ExportReport report = await new TrlExport(format, time).WriteAsync(
                    input.ReadAsync(cancellationToken),
                    path,
                    (row, fault) => ExportArguments.Complain(terminal, row, fault),
                    cancellationToken
                );
                return arguments.Finish(parsed, terminal, report, path);
            }
        );
        return command;
    }
}
