using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Models.Gguf;

namespace RewardReasoning.Cli.Output;

/// <summary>Prints what a GGUF file holds.</summary>
internal static class GgufText
{
    /// <param name="terminal">Where to.</param>
    /// <param name="file">The file.</param>
    /// <param name="faults">What a check found; null where none was made.</param>
    /// <param name="json">Whether as one JSON object.</param>
    public static void Write(Terminal terminal, GgufFile file, IReadOnlyList<string>? faults, bool json)
    {
        GgufJson info = GgufJson.Of(file, faults);
        if (json)
        {
            terminal.Out.WriteLine(JsonSerializer.Serialize(info, OutputJson.Indented.GgufJson));
            return;
        }

        CultureInfo culture = CultureInfo.InvariantCulture;
        (string Name, string Value)[] lines =
        [
            ("file", info.File),
            ("name", info.Name ?? "none"),
            ("architecture", info.Architecture),
            (
                "parameters",
                string.Create(culture, $"{info.Parameters:N0} stored as {string.Join(", ", info.StoredAs)} ({info.FileBytes / 1e6:N1} MB)")
            ),
            ("layers", Number(info.Layers)),
            ("hidden", $"{Number(info.Hidden)}, feed-forward {Number(info.FeedForward)}"),
            ("attention", $"{Number(info.Heads)} heads, {Number(info.KeyValueHeads)} of keys and values"),
            (
                "positions",
                string.Create(culture, $"{Number(info.MaxPositions)}, rope theta {info.RopeTheta}")
                    + (info.RopeScaling is { } scaling ? $", scaled by {scaling}" : "")
            ),
            ("tokenizer", $"{Number(info.Vocabulary)} tokens, pre-tokenizer {info.PreTokenizer ?? "none"}"),
            ("chat template", info.HasChatTemplate ? "its own" : "none"),
        ];
        foreach ((string name, string value) in lines)
        {
            terminal.Out.WriteLine($"{name, -14} {value}");
        }
    }

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "?";
}
