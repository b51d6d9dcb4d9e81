using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RewardReasoning.Endpoints;

/// <summary>
/// What must not be shown: keys, and values of headers and of an address's query that look like keys. A server may repeat one, as it is or
/// escaped for JSON, a URL or HTML; all these forms are found.
/// </summary>
internal sealed partial class Secrets
{
    private const string Mask = "***";
    private const int LeastLength = 6;
    private static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    private static readonly string[] Names =
    [
        "key",
        "token",
        "secret",
        "password",
        "passwd",
        "pwd",
        "auth",
        "authorization",
        "signature",
        "sig",
        "cookie",
        "credential",
        "credentials",
    ];

    /// <summary>Names are also written in one, such as <c>apikey</c>.</summary>
    private static readonly string[] Endings = ["key", "token", "secret", "password"];

    private readonly Lock _lock = new();
    private volatile Dictionary<string, Regex> _known = [];

    /// <summary>Where the key comes from, for messages; null if there is none.</summary>
    public string? KeySource { get; init; }

    /// <summary>
    /// The secrets of options: the key once it is known, and what their headers, addresses and fields hold under telling names.
    /// </summary>
    public static Secrets Of(EndpointOptions options, EndpointKey? key)
    {
        Secrets secrets = new() { KeySource = key?.Source };
        IEnumerable<string> values =
        [
            .. options.Headers.Where(header => IsSecret(header.Key)).Select(header => header.Value),
            .. options.Urls.SelectMany(Parameters).Where(pair => IsSecret(pair.Name)).Select(pair => pair.Value),
            .. SecretsIn(options.ExtraFields),
        ];
        foreach (string value in values)
        {
            secrets.Add(value);
        }

        return secrets;
    }

    /// <summary>Whether something of this name is not to be shown or kept, such as <c>api_key</c> or <c>access-token</c>.</summary>
    public static bool IsSecret(string name) =>
        Words().Split(name).Any(word => Names.Contains(word, StringComparer.OrdinalIgnoreCase))
        || Endings.Any(ending => name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));

    /// <summary>The address with the values of secret parameters masked, and without credentials.</summary>
    public static Uri Redacted(Uri url)
    {
        string query = string.Join(
            '&',
            url.Query.TrimStart('?')
                .Split('&')
                .Select(pair => pair.Split('=', 2) is [var name, _] && IsSecret(name) ? $"{name}={Mask}" : pair)
        );
        return new UriBuilder(url)
        {
            Query = query,
            UserName = "",
            Password = "",
        }.Uri;
    }

    /// <summary>An argument of a command line without what is secret in it.</summary>
    public static string RedactedArgument(string argument)
    {
        if (argument.StartsWith('{'))
        {
            try
            {
                return JsonNode.Parse(argument) is JsonObject fields ? Redacted(fields).ToJsonString() : argument;
            }
            catch (JsonException)
            {
                return argument;
            }
        }

        return argument.Contains("://", StringComparison.Ordinal) && Uri.TryCreate(argument, UriKind.Absolute, out Uri? url)
            ? url.UserInfo.Length == 0 && !Parameters(url).Any(pair => IsSecret(pair.Name))
                ? argument
                : Redacted(url).OriginalString
            : argument.Split('=', 2) is [var name, _] && IsSecret(name)
                ? $"{name}={Mask}"
                : argument;
    }

    /// <summary>A copy of the fields with the values of secret ones masked, at any depth; the same object if there are none.</summary>
    public static JsonObject Redacted(JsonObject fields)
    {
        if (!SecretsIn(fields).Any())
        {
            return fields;
        }

        JsonObject copy = [];
        foreach ((string name, JsonNode? value) in fields)
        {
            copy[name] = value switch
            {
                JsonObject inner => Redacted(inner).DeepClone(),
                JsonValue when IsSecret(name) && value.GetValueKind() == JsonValueKind.String => Mask,
                _ => value?.DeepClone(),
            };
        }

        return copy;
    }

    /// <summary>Adds a value that must not be shown. Very short ones stay: masking every "a" would make errors unreadable.</summary>
    public void Add(string secret)
    {
        if (secret.Length < LeastLength || _known.ContainsKey(secret))
        {
            return;
        }

        lock (_lock)
        {
            _known = new(_known) { [secret] = Pattern(secret) };
        }
    }

    /// <summary>The text with every secret masked.</summary>
    public string Hide(string text)
    {
        foreach (Regex pattern in _known.Values)
        {
            text = pattern.Replace(text, Mask);
        }

        return text;
    }

    /// <summary>The exception, if nothing that it would print holds a secret; else null.</summary>
    public Exception? Checked(Exception? error) =>
        error is not null && error.ToString() is var shown && Hide(shown) != shown ? null : error;

    private static IEnumerable<string> SecretsIn(JsonObject? fields) =>
        (fields ?? []).SelectMany(field =>
            field.Value switch
            {
                JsonObject inner => SecretsIn(inner),
                JsonValue value when IsSecret(field.Key) && value.GetValueKind() == JsonValueKind.String => [value.GetValue<string>()],
                _ => [],
            }
        );

    private static IEnumerable<(string Name, string Value)> Parameters(Uri url) =>
        !url.IsAbsoluteUri
            ? []
            : url
                .Query.TrimStart('?')
                .Split('&')
                .Select(pair => pair.Split('=', 2))
                .Where(pair => pair.Length == 2)
                .Select(pair => (pair[0], Uri.UnescapeDataString(pair[1])));

    [GeneratedRegex("[^A-Za-z]+")]
    private static partial Regex Words();

    /// <summary>The secret with each of its letters as it is or in one of its escaped forms.</summary>
    private static Regex Pattern(string secret) =>
        new(
            string.Concat(
                secret.Select(letter =>
                    char.IsAsciiLetterOrDigit(letter)
                        ? $"{letter}"
                        : $@"(?:\\?{Regex.Escape($"{letter}")}|(?i:%{(int)letter:x2}|\\u{(int)letter:x4}|"
                            + $@"&\#x?{(int)letter:x};|&\#{(int)letter};))"
                )
            ),
            RegexOptions.CultureInvariant,
            MatchTimeout
        );
}
