using System.CommandLine;
using System.Globalization;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm export gguf</c>: a model folder as one file for llama.cpp and Ollama.</summary>
internal static class ExportGgufCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = ModelCommand.FolderArgument();
        Option<string> output = new("--out")
        {
            Description = "The file; an existing one is replaced.",
            HelpName = "FILE.gguf",
            Required = true,
        };
        Option<string> type = new("--type")
        {
            Description = "How matrices are stored; stored: as the folder has them. q8_0 takes about a quarter of f32.",
            HelpName = string.Join('|', GgufExport.Types),
            DefaultValueFactory = _ => GgufExport.AsStored,
        };
        Command command = Verb.Create(
            terminal,
            "gguf",
            "Write a model folder as a GGUF file, tokenizer and chat template included, which llama.cpp and Ollama run.",
            """
            rrm export gguf runs/judge/model --out judge.gguf
            rrm export gguf hf://Qwen/Qwen3-0.6B --out qwen3.gguf --type q8_0
            """
        );
        command.Arguments.Add(folder);
        command.Options.Add(output);
        command.Options.Add(type);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                string name = parsed.GetRequiredValue(type);
                if (!GgufExport.Types.Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    throw new UsageException($"--type is '{name}'; it is {string.Join(", ", GgufExport.Types)}.");
                }

                string from = ModelFolders.Require(
                    await HubArgument.LocalModelAsync(parsed.GetRequiredValue(folder), terminal, cancellationToken)
                );
                string to = parsed.GetRequiredValue(output);
                IReadOnlyList<string> notes = await Task.Run(() => ModelFolder.ExportGguf(from, to, name), cancellationToken);
                foreach (string note in notes)
                {
                    terminal.WriteStatus($"rrm: warning: {note}");
                }

                terminal.WriteStatus(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{to}: {new FileInfo(to).Length / 1e6:N1} MB; rrm model info shows what it holds."
                    )
                );
                return ExitCodes.Done;
            }
        );
        return command;
    }
}
