using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm model</c>: what people need when a model misbehaves.</summary>
internal static class ModelCommand
{
    public static Command Create(Terminal terminal)
    {
        Command command = Verb.Create(
            terminal,
            "model",
            "Download a model from the Hugging Face hub, or inspect a model folder.",
            """
            rrm model pull Qwen/Qwen3-0.6B
            rrm model info models/rrm-mini
            rrm model check FOLDER --against expected.safetensors
            rrm model rewrite FOLDER --out NEW
            echo '"12*4+7"' | rrm model tokenize models/rrm-mini
            """
        );
        command.Subcommands.Add(ModelPullCommand.Create(terminal));
        command.Subcommands.Add(ModelInfoCommand.Create(terminal));
        command.Subcommands.Add(ModelCheckCommand.Create(terminal));
        command.Subcommands.Add(ModelTokenizeCommand.Create(terminal));
        command.Subcommands.Add(ModelRewriteCommand.Create(terminal));
        return command;
    }

    /// <summary>A model in either form.</summary>
    public static Argument<string> ModelArgument() =>
        new("MODEL")
        {
            Description = "Hugging Face folder of a Qwen2, Qwen3 or Llama model, a GGUF file, or hf://OWNER/NAME of a model on the hub.",
        };

    public static Argument<string> FolderArgument() =>
        new("FOLDER") { Description = "Hugging Face folder of a Qwen2, Qwen3 or Llama model, or hf://OWNER/NAME of one on the hub." };
}
