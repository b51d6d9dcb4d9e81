using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.IO;

namespace RewardReasoning.Lab.Worlds;

/// <summary>A stretch of a completion and the weight of its tokens in the loss.</summary>
internal sealed record WeightedText(string Text, double Weight);

/// <summary>What the files of all worlds have in common.</summary>
internal static class WorldFiles
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes rows as JSON lines; a file that exists is written anew.</summary>
    public static void Write(string folder, string name, IEnumerable<JsonObject> rows) =>
        AtomicFile.WriteText(
            Path.Combine(folder, name),
            writer =>
            {
                foreach (JsonObject row in rows)
                {
                    writer.WriteLine(row.ToJsonString(Compact));
                }
            }
        );

    /// <summary>The row of a supervised document.</summary>
    public static JsonObject Document(string kind, string prompt, IReadOnlyList<WeightedText> completion) =>
        new()
        {
            ["kind"] = kind,
            ["prompt"] = prompt,
            ["completion"] =
                completion.Count == 1
                    ? completion[0].Text
                    : new JsonArray([
                        .. completion.Select(part => (JsonNode)new JsonObject { ["text"] = part.Text, ["weight"] = part.Weight }),
                    ]),
        };

    /// <summary>FNV-1a, 32 bits, over the characters: what is held out is so on every machine.</summary>
    public static uint Hash(string text)
    {
        uint hash = 2166136261;
        foreach (char c in text)
        {
            hash = (hash ^ c) * 16777619;
        }

        return hash;
    }
}
