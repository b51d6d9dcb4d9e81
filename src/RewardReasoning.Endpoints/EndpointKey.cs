using System.Net.Http.Headers;

namespace RewardReasoning.Endpoints;

/// <summary>The API key of <see cref="EndpointOptions"/>: where it comes from, how it is sent, and nothing that would print it.</summary>
internal sealed class EndpointKey
{
    /// <summary>The header in which Azure's older interface and many API gateways take it.</summary>
    private const string AzureHeader = "api-key";

    private readonly Func<CancellationToken, ValueTask<string>> _value;
    private readonly string? _header;
    private readonly bool _isVariable;

    private EndpointKey(Func<CancellationToken, ValueTask<string>> value, string source, string? header)
    {
        _value = value;
        _header = header;
        Source = source;
        _isVariable = source.StartsWith("the environment variable", StringComparison.Ordinal);
    }

    private EndpointKey(string value, string source, string? header)
        : this(_ => ValueTask.FromResult(value), source, header) { }

    /// <summary>Where it comes from, for messages.</summary>
    public string Source { get; }

    /// <summary>The key of checked options; null where they name none.</summary>
    public static EndpointKey? Of(EndpointOptions options) =>
        options switch
        {
            { ApiKey: { } key } => new(key, "the options", options.ApiKeyHeader),
            { ApiKeyProvider: { } provider } => new(provider, "the callback of the options", options.ApiKeyHeader),
            { ApiKeyVariable: { } variable } => new(
                Environment.GetEnvironmentVariable(variable)?.Trim() ?? "",
                $"the environment variable {variable}",
                options.ApiKeyHeader
            ),
            { ApiKeyFile: { } file } => new(File.ReadAllText(file).Trim(), $"the file {file}", options.ApiKeyHeader),
            _ => null,
        };

    /// <summary>Why there is no key where one is named.</summary>
    public static IEnumerable<string> Faults(EndpointOptions options)
    {
        string[] named =
        [
            .. new (string Name, bool Given)[]
            {
                (nameof(options.ApiKey), options.ApiKey is not null),
                (nameof(options.ApiKeyProvider), options.ApiKeyProvider is not null),
                (nameof(options.ApiKeyVariable), options.ApiKeyVariable is not null),
                (nameof(options.ApiKeyFile), options.ApiKeyFile is not null),
            }
                .Where(entry => entry.Given)
                .Select(entry => entry.Name),
        ];
        if (named.Length > 1)
        {
            yield return $"{string.Join(" and ", named)} are {(named.Length == 2 ? "both" : "all")} given; the key comes from one of them.";
        }
        else if (options.ApiKeyFile is { } file && !File.Exists(file))
        {
            yield return $"There is no file {file}; it should hold the API key.";
        }
        else if (options.ApiKeyProvider is null && Of(options) is { } key && FaultOf(key) is { } fault)
        {
            yield return fault;
        }
    }

    /// <summary>Puts the key into a request's headers, and among what must not be shown.</summary>
    public async ValueTask AddToAsync(HttpRequestMessage message, Secrets secrets, CancellationToken cancellationToken)
    {
        string key = await _value(cancellationToken).ConfigureAwait(false);
        secrets.Add(key);
        if (_header is not null)
        {
            message.Headers.TryAddWithoutValidation(_header, key);
            return;
        }

        message.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (IsAzure(message.RequestUri))
        {
            message.Headers.TryAddWithoutValidation(AzureHeader, key);
        }
    }

    /// <summary>Never the key.</summary>
    public override string ToString() => Source;

    private static string? FaultOf(EndpointKey key)
    {
        string value = key._value(CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return value.Length == 0 ? $"{Sentence(key.Source)} {(key._isVariable ? "is not set" : "is empty")}; it should hold the API key."
            : value.Any(letter => letter is < '!' or > '~')
                ? $"{Sentence(key.Source)} holds more than a key: blanks or control characters are inside."
            : null;
    }

    private static bool IsAzure(Uri? url) =>
        url is not null
        && url.AbsolutePath.Contains("/openai/", StringComparison.OrdinalIgnoreCase)
        && url.Query.Contains("api-version=", StringComparison.OrdinalIgnoreCase);

    private static string Sentence(string source) => char.ToUpperInvariant(source[0]) + source[1..];
}
