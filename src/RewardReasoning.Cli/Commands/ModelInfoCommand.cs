using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm model info</c>: what a model folder holds, from its headers alone.</summary>
internal static class ModelInfoCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = ModelCommand.ModelArgument();
        Option<bool> json = new("--json") { Description = "Print it as one JSON object." };
        Command command = Verb.Create(
            terminal,
            "info",
            "Show what a model folder or GGUF file holds; no weights are loaded.",
            """
            rrm model info models/rrm-mini
            rrm model info models/rrm-mini --json
            rrm model info judge.gguf
            """
        );
        command.Arguments.Add(folder);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                string local = await HubArgument.LocalModelAsync(parsed.GetRequiredValue(folder), terminal, cancellationToken);
                if (GgufPath.Is(local))
                {
                    GgufText.Write(terminal, GgufFile.Open(GgufPath.Require(local)), faults: null, parsed.GetValue(json));
                    return ExitCodes.Done;
                }

                ModelInfoJson info = Read(ModelFolders.Require(local));
                if (parsed.GetValue(json))
                {
                    terminal.Out.WriteLine(JsonSerializer.Serialize(info, OutputJson.Indented.ModelInfoJson));
                }
                else
                {
                    Write(terminal, info);
                }

                return ExitCodes.Done;
            }
        );
        return command;
    }

    private static ModelInfoJson Read(string folder)
    {
        DecoderConfig config = DecoderConfig.Load(folder);
        using SafetensorsFolder weights = SafetensorsFolder.Open(folder);
        SafetensorsEntry[] entries = [.. weights.Names.Select(weights.Find).OfType<SafetensorsEntry>()];
        Tokenizer? tokenizer = File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
        JudgeFiles files = JudgeFiles.Read(folder);
        return new ModelInfoJson(
            Path.GetFullPath(folder),
            config.Architecture.ToString(),
            entries.Sum(entry => entry.Shape.Aggregate(1L, (product, size) => product * size)),
            [.. entries.Select(entry => entry.Type.ToString()).Distinct().Order(StringComparer.Ordinal)],
            entries.Sum(entry => entry.ByteCount),
            config.LayerCount,
            config.HiddenSize,
            config.IntermediateSize,
            config.HeadCount,
            config.KeyValueHeadCount,
            config.HeadDimension,
            config.VocabularySize,
            config.MaxPositions,
            config.RopeTheta,
            config.RopeScaling?.Kind.ToString(),
            config.TieWordEmbeddings,
            tokenizer?.VocabularySize,
            ChatTemplate.IsIn(folder),
            files.Prompt is not null,
            files.Domain?.Says,
            ModelFolder.Warnings(folder)
        );
    }

    private static void Write(Terminal terminal, ModelInfoJson info)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        (string Name, string Value)[] lines =
        [
            ("folder", info.Folder),
            ("architecture", info.Architecture),
            (
                "parameters",
                string.Create(
                    culture,
                    $"{info.Parameters:N0} stored as {string.Join(", ", info.StoredAs)} ({info.WeightBytes / 1e6:N1} MB)"
                )
            ),
            ("layers", info.Layers.ToString(culture)),
            ("hidden", string.Create(culture, $"{info.Hidden}, feed-forward {info.FeedForward}")),
            ("attention", string.Create(culture, $"{info.Heads} heads of {info.HeadDimension}, {info.KeyValueHeads} of keys and values")),
            (
                "positions",
                string.Create(
                    culture,
                    $"{info.MaxPositions}, rope theta {info.RopeTheta}{(info.RopeScaling is { } scaling ? $", scaled by {scaling}" : "")}"
                )
            ),
            ("vocabulary", string.Create(culture, $"{info.Vocabulary}{(info.TiedEmbeddings ? ", embedding and head tied" : "")}")),
            ("tokenizer", info.TokenizerVocabulary is { } tokens ? string.Create(culture, $"{tokens} tokens") : "none"),
            ("chat template", info.HasChatTemplate ? "its own" : "none"),
            ("judge prompt", info.HasJudgePrompt ? "its own" : "the built-in one"),
            ("judges", info.Domain ?? "anything"),
        ];
        foreach ((string name, string value) in lines)
        {
            terminal.Out.WriteLine($"{name, -14} {value}");
        }

        foreach (string warning in info.Warnings)
        {
            terminal.Error.WriteLine($"rrm: {warning}");
        }
    }
}
