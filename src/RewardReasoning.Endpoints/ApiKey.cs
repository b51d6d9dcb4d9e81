namespace RewardReasoning.Endpoints;

/// <summary>The API key of <see cref="EndpointOptions"/>: where it comes from, and nothing that would print it.</summary>
internal sealed class ApiKey
{
    private readonly string _key;

    private ApiKey(string key, string source)
    {
        _key = key;
        Source = source;
    }

    /// <summary>Where it comes from, for messages.</summary>
    public string Source { get; }

    /// <summary>The key of checked options; null where they name none.</summary>
    public static ApiKey? Of(EndpointOptions options) =>
        options switch
        {
            { ApiKeyVariable: { } variable } => new(
                Environment.GetEnvironmentVariable(variable)?.Trim() ?? "",
                $"the environment variable {variable}"
            ),
            { ApiKeyFile: { } file } => new(File.ReadAllText(file).Trim(), $"the file {file}"),
            _ => null,
        };

    /// <summary>Why there is no key where one is named.</summary>
    public static IEnumerable<string> Faults(EndpointOptions options)
    {
        if (options is { ApiKeyVariable: not null, ApiKeyFile: not null })
        {
            yield return "ApiKeyVariable and ApiKeyFile are both given; the key comes from one of them.";
        }
        else if (options.ApiKeyFile is { } file && !File.Exists(file))
        {
            yield return $"There is no file {file}; it should hold the API key.";
        }
        else if (Of(options) is { } key && (key._key.Length == 0 || key._key.Any(letter => letter is < '!' or > '~')))
        {
            yield return key._key.Length > 0 ? $"{Sentence(key.Source)} holds more than a key: blanks or control characters are inside."
            : options.ApiKeyVariable is null ? $"{Sentence(key.Source)} is empty; it should hold the API key."
            : $"{Sentence(key.Source)} is not set; it should hold the API key.";
        }
    }

    /// <summary>The request header that carries it.</summary>
    public System.Net.Http.Headers.AuthenticationHeaderValue Header() => new("Bearer", _key);

    /// <summary>The text with the key blotted out.</summary>
    public string Hide(string text) => text.Replace(_key, "***", StringComparison.Ordinal);

    /// <summary>Never the key.</summary>
    public override string ToString() => Source;

    private static string Sentence(string source) => char.ToUpperInvariant(source[0]) + source[1..];
}
