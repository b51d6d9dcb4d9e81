using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm export</c>: data and models for other programs.</summary>
internal static class ExportCommand
{
    public static Command Create(Terminal terminal, TimeProvider time)
    {
        Command command = Verb.Create(
            terminal,
            "export",
            "Write labelled pairs as other trainers read them, files with which trainers ask for rewards, and models for llama.cpp.",
            """
            rrm export verl pairs.jsonl --out judge-on-verl --gpus 8
            rrm export trl judged.jsonl --out dpo.parquet
            rrm export reward-client trl
            rrm export gguf runs/judge/model --out judge.gguf
            """
        );
        command.Subcommands.Add(ExportVerlCommand.Create(terminal, time));
        command.Subcommands.Add(ExportTrlCommand.Create(terminal, time));
        command.Subcommands.Add(ExportRewardClientCommand.Create(terminal));
        command.Subcommands.Add(ExportGgufCommand.Create(terminal));
        return command;
    }
}
