using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Endpoints;

namespace RewardReasoning.Cli.Judging;

/// <summary>The options about a server itself: which one it is, and the key that it wants.</summary>
internal sealed class ServerArguments
{
    private readonly Option<string?> _server = new("--server")
    {
        Description = "The server at --endpoint, if you know it (rrm endpoint probe finds out): it decides which fields are sent.",
        HelpName = string.Join('|', Enum.GetValues<ServerFlavour>().Select(NameOf)),
    };

    private readonly Option<string?> _apiKeyVariable = new("--api-key-env")
    {
        Description = "Name of the environment variable that holds the server's API key.",
        HelpName = "VAR",
    };

    private readonly Option<string?> _apiKeyFile = new("--api-key-file")
    {
        Description = "File that holds the server's API key.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _apiKeyHeader = new("--api-key-header")
    {
        Description = "Header that carries the API key as it is, such as api-key (default: Authorization, as a bearer token).",
        HelpName = "NAME",
    };

    private readonly Option<string[]> _headers = new("--header")
    {
        Description =
            "Further header of every request to the server; give it again for each. For keys there are --api-key-env and --api-key-file.",
        HelpName = "NAME=VALUE",
    };

    public Option[] Options => [_apiKeyVariable, _apiKeyFile, _apiKeyHeader, _headers, _server];

    public void AddTo(Command command)
    {
        foreach (Option option in Options)
        {
            command.Options.Add(option);
        }
    }

    public EndpointOptions ApplyTo(ParseResult parsed, EndpointOptions options) =>
        options with
        {
            ApiKeyVariable = parsed.GetValue(_apiKeyVariable),
            ApiKeyFile = parsed.GetValue(_apiKeyFile),
            ApiKeyHeader = parsed.GetValue(_apiKeyHeader),
            Headers = HeadersOf(parsed.GetValue(_headers) ?? []),
            Flavour = FlavourOf(parsed.GetValue(_server)),
        };

    /// <summary>What the command line says of the key: where it is, never the key itself.</summary>
    public IEnumerable<string> KeyArguments(ParseResult parsed) =>
        new[] { _apiKeyVariable, _apiKeyFile, _apiKeyHeader }
            .SelectMany(option => parsed.GetValue(option) is { } value ? [option.Name, value] : Array.Empty<string>())
            .Concat((parsed.GetValue(_headers) ?? []).SelectMany(header => new[] { _headers.Name, EndpointOptions.Redacted(header) }));

    /// <exception cref="UsageException">It is not an http or https address.</exception>
    public static Uri UrlOf(string text, string name) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? url
            : throw new UsageException(
                $"{name} is '{text}'; it is an address that begins with http:// or https://, such as http://localhost:8000/v1."
            );

    /// <summary>A flavour as the command line names it.</summary>
    public static string NameOf(ServerFlavour flavour) => flavour.ToString().ToLowerInvariant();

    private static Dictionary<string, string> HeadersOf(IEnumerable<string> headers) =>
        headers
            .Select(header =>
                header.Split('=', 2) is [{ Length: > 0 } name, var value]
                    ? KeyValuePair.Create(name.Trim(), value.Trim())
                    : throw new UsageException($"--header is '{header}'; it is NAME=VALUE, such as X-Title=judge.")
            )
            .GroupBy(header => header.Key, StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(header => header.Value)));

    private static ServerFlavour FlavourOf(string? server) =>
        server is null ? ServerFlavour.Generic
        : Enum.GetValues<ServerFlavour>().Where(known => NameOf(known).Equals(server, StringComparison.OrdinalIgnoreCase)).ToArray()
            is [var one]
            ? one
        : throw new UsageException($"--server is '{server}'; it is {string.Join(", ", Enum.GetValues<ServerFlavour>().Select(NameOf))}.");
}
