using System.Text;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Hub;

namespace RewardReasoning.Cli.Hub;

/// <summary>
/// Recipes that name files on the hub: they are loaded, and in the recipe's text the copies take the place of the addresses.
/// </summary>
internal static class HubRecipe
{
    private static readonly JsonReaderOptions Commented = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

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
        foreach (string address in AddressesIn(text))
        {
            string copy = HubAddress.Parse(address) is { Kind: HubRepositoryKind.Model, Path: "" }
                ? await HubArgument.LocalModelAsync(address, terminal, cancellationToken)
                : await HubArgument.LocalAsync(address, terminal, cancellationToken);
            local = local.Replace($"\"{address}\"", $"\"{JsonEncodedText.Encode(copy)}\"", StringComparison.Ordinal);
        }

        return local == text ? null : local;
    }

    private static HashSet<string> AddressesIn(string json)
    {
        HashSet<string> addresses = [];
        Utf8JsonReader reader = new(Encoding.UTF8.GetBytes(json), Commented);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.String && reader.GetString() is { } text && HubAddress.IsHub(text))
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
