using System.Text;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;
using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Cli.Hub;

/// <summary>
/// Recipes that name files on the hub, or folders of adapters: they are loaded, and in the recipe's text the copies, and the adapters with
/// their base, take the place of the names.
/// </summary>
internal static class HubRecipe
{
    private static readonly JsonReaderOptions Commented = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>The field of adapters that are trained further, which need themselves and not a model.</summary>
    private const string AdaptersThatGoOn = "from";

    /// <summary>
    /// The text to be read in place of the file's; null for one without addresses, and where the file itself is at fault.
    /// </summary>
    /// <exception cref="HubException">A file cannot be had.</exception>
    public static async Task<string?> TextAsync(string path, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        string text = await File.ReadAllTextAsync(path, cancellationToken);
        string local = text;
        foreach (string address in NamesIn(text))
        {
            string copy =
                !HubAddress.IsHub(address) || HubAddress.Parse(address) is { Kind: HubRepositoryKind.Model, Path: "" }
                    ? await HubArgument.LocalModelAsync(address, terminal, cancellationToken)
                    : await HubArgument.LocalAsync(address, terminal, cancellationToken);
            local = local.Replace($"\"{address}\"", $"\"{JsonEncodedText.Encode(copy)}\"", StringComparison.Ordinal);
        }

        return local == text ? null : local;
    }

    private static bool IsResolved(string text) => HubAddress.IsHub(text) || (text.Length > 0 && AdapterWeights.AreIn(text));

    private static HashSet<string> NamesIn(string json)
    {
        HashSet<string> addresses = [];
        string? field = null;
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(json), Commented);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName)
                {
                    field = reader.GetString();
                }
                else if (
                    reader.TokenType == JsonTokenType.String
                    && field != AdaptersThatGoOn
                    && reader.GetString() is { } text
                    && IsResolved(text)
                )
                {
                    addresses.Add(text);
                }
            }

            return addresses;
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
