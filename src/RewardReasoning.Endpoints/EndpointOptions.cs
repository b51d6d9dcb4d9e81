using System.Collections.Frozen;
using System.Text.Json.Nodes;
using RewardReasoning.Recipes;

namespace RewardReasoning.Endpoints;

/// <summary>Where and how an <see cref="EndpointChatClient"/> asks.</summary>
public sealed record EndpointOptions : ICheckedOptions
{
    /// <summary>
    /// Address of the server, usually ending in <c>/v1</c>. A bare host gets <c>/v1</c>; a full <c>…/chat/completions</c> is kept.
    /// </summary>
    public required Uri Url { get; init; }

    /// <summary>Further servers that serve the same model under the same name, are of the same flavour and take the same key.</summary>
    /// <value>None.</value>
    public IReadOnlyList<Uri> MoreUrls { get; init; } = [];

    /// <summary>The model's name on the server.</summary>
    public required string Model { get; init; }

    /// <summary>
    /// Which version of the model that is, where its name alone does not say: completions of another one are not taken for its own.
    /// </summary>
    /// <value>null (the name says it all).</value>
    public string? Revision { get; init; }

    /// <summary>Name of the environment variable that holds the API key. The key itself appears in no error.</summary>
    /// <value>null (no key is sent).</value>
    public string? ApiKeyVariable { get; init; }

    /// <summary>
    /// File that holds the API key and nothing else but blanks around it; an alternative to <see cref="ApiKeyVariable"/>.
    /// </summary>
    /// <value>null (no key is sent).</value>
    public string? ApiKeyFile { get; init; }

    /// <summary>The API key itself. It is sent and never shown; neither is it part of <see cref="ToString"/>.</summary>
    /// <value>null (no key is sent).</value>
    public string? ApiKey { get; init; }

    /// <summary>Gives the API key for each request, for keys that change. It is called from many threads.</summary>
    /// <value>null (no key is sent).</value>
    public Func<CancellationToken, ValueTask<string>>? ApiKeyProvider { get; init; }

    /// <summary>The header that carries the key as it is, such as <c>api-key</c> or <c>x-api-key</c>.</summary>
    /// <value>null (<c>Authorization: Bearer</c>; addresses of Azure's form get <c>api-key</c> too).</value>
    public string? ApiKeyHeader { get; init; }

    /// <summary>Further headers of every request.</summary>
    /// <value>None.</value>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The HTTP client to send with, for a handler of one's own; the caller disposes it, and its time-out applies too.</summary>
    /// <value>null (one is made for this use).</value>
    public HttpClient? HttpClient { get; init; }

    /// <summary>Which server it is.</summary>
    /// <value><see cref="ServerFlavour.Generic"/>.</value>
    public ServerFlavour Flavour { get; init; }

    /// <summary>Whether the model's chat template ends with <c>&lt;think&gt;</c> and the server leaves thoughts in the content.</summary>
    /// <value>false.</value>
    public bool PromptOpensThought { get; init; }

    /// <summary>
    /// Whether the server itself caps a thought, as a probe of it has shown: then a thinking budget takes one request instead of two.
    /// </summary>
    /// <value>false.</value>
    public bool CapsThinking { get; init; }

    /// <summary>Whether the server returns log-probs; they are asked for only where this is set, since many refuse the field.</summary>
    /// <value>false.</value>
    public bool LogProbs { get; init; }

    /// <summary>Further fields of the request's JSON object; they win over our own of the same name, and null leaves a field out.</summary>
    /// <value>null (none).</value>
    public JsonObject? ExtraFields { get; init; }

    /// <summary>The most tokens of prompt and completion together; no more are asked for.</summary>
    /// <value>null (found out when a request is refused for it), else at least 1.</value>
    public int? ContextTokens { get; init; }

    /// <summary>Requests in flight at each server.</summary>
    /// <value>null (as many as the caller starts), else at least 1.</value>
    public int? Concurrency { get; init; }

    /// <summary>Requests that each server is sent a minute, evenly spread.</summary>
    /// <value>null (no limit), else at least 1.</value>
    public int? RequestsPerMinute { get; init; }

    /// <summary>
    /// Tokens, read and written, that each server is asked for a minute: a request waits for what the ones before it took, itself counted
    /// by an estimate until its answer has the true number.
    /// </summary>
    /// <value>null (no limit), else at least 1.</value>
    public int? TokensPerMinute { get; init; }

    /// <summary>How often a request is tried, on whatever server, before its failure is reported.</summary>
    /// <value>8, at least 1.</value>
    public int Tries { get; init; } = 8;

    /// <summary>
    /// No try begins later than this after the first failure. Once every server has failed for so long, requests fail at once, but for one
    /// now and then that finds out whether a server is back.
    /// </summary>
    /// <value>10 minutes.</value>
    public TimeSpan RetryWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Wait after the first failure; it doubles with each further one, up to a minute, and half of it is chance.</summary>
    /// <value>1 second.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection may take to be made.</summary>
    /// <value>15 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one try may take, from sending it to the last byte; waiting for its turn does not count.</summary>
    /// <value>30 minutes.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long a streamed answer may pause; before its first piece too, at a server that has streamed before. At others that is the
    /// <see cref="RequestTimeout"/>.
    /// </summary>
    /// <value>5 minutes.</value>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A try that is silent for five times the 99th percentile of the silences in earlier answers gets a second one beside it, and the
    /// first answer wins; never before a silence of this length. Second tries are rationed to a quarter of the answers.
    /// </summary>
    /// <value>250 milliseconds.</value>
    public TimeSpan HedgeFloor { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The most bytes an answer may have; a longer one is not read to its end and counts as a refusal.</summary>
    /// <value>64 MiB, at least 1 KiB.</value>
    public long MaxAnswerBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Called with each failed try that will be repeated: the failure, the number of the try, and the wait before the next (zero where
    /// another server takes it).
    /// </summary>
    /// <value>null (nobody).</value>
    public Action<EndpointException, int, TimeSpan>? OnRetry { get; init; }

    /// <summary>Called with each thing that the client has found out about a server and goes by from then on, as a sentence.</summary>
    /// <value>null (nobody).</value>
    public Action<string>? OnNotice { get; init; }

    /// <summary>All servers, <see cref="Url"/> first.</summary>
    public IEnumerable<Uri> Urls => MoreUrls.Prepend(Url);

    /// <summary>An address as it may be shown and kept: without credentials, and with the values of secret parameters masked.</summary>
    public static Uri Redacted(Uri url)
    {
        ArgumentNullException.ThrowIfNull(url);
        return url.IsAbsoluteUri ? Secrets.Redacted(url) : url;
    }

    /// <summary>
    /// An argument of a command line as it may be shown and kept: an address, a JSON object of request fields, or NAME=VALUE with a name
    /// such as api-key. Anything else is returned as it is.
    /// </summary>
    public static string Redacted(string argument)
    {
        ArgumentNullException.ThrowIfNull(argument);
        return Secrets.RedactedArgument(argument);
    }

    /// <summary>Request fields as they may be shown and kept: with the values of secret ones masked.</summary>
    public static JsonObject Redacted(JsonObject fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return Secrets.Redacted(fields);
    }

    /// <summary>The servers and the model; no secret.</summary>
    public override string ToString() => $"{Model} at {string.Join(", ", Urls.Select(Redacted))}";

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        List<string> faults = [];
        foreach (Uri url in Urls)
        {
            CheckUrl(url);
        }

        Check(Urls.Distinct().Count() == 1 + MoreUrls.Count, "The same Url is given twice; name every server once.");
        Check(!string.IsNullOrWhiteSpace(Model), $"{names[nameof(Model)]} is empty; give the name under which the server serves it.");
        Check(
            Enum.IsDefined(Flavour),
            $"{names[nameof(Flavour)]} is {(int)Flavour}; it is one of {string.Join(", ", Enum.GetNames<ServerFlavour>())}."
        );
        Check(Concurrency is null or >= 1, $"{names[nameof(Concurrency)]} is {Concurrency}; at least 1 is needed.");
        Check(RequestsPerMinute is null or >= 1, $"{names[nameof(RequestsPerMinute)]} is {RequestsPerMinute}; at least 1 is needed.");
        Check(TokensPerMinute is null or >= 1, $"{names[nameof(TokensPerMinute)]} is {TokensPerMinute}; at least 1 is needed.");
        Check(Tries >= 1, $"{names[nameof(Tries)]} is {Tries}; at least 1 is needed.");
        Check(RetryWindow >= TimeSpan.Zero, $"{names[nameof(RetryWindow)]} is {RetryWindow}; it is 0 or more.");
        Check(FirstDelay >= TimeSpan.Zero, $"{names[nameof(FirstDelay)]} is {FirstDelay}; it is 0 or more.");
        Check(ConnectTimeout > TimeSpan.Zero, $"{names[nameof(ConnectTimeout)]} is {ConnectTimeout}; it is above 0.");
        Check(RequestTimeout > TimeSpan.Zero, $"{names[nameof(RequestTimeout)]} is {RequestTimeout}; it is above 0.");
        Check(StreamIdleTimeout > TimeSpan.Zero, $"{names[nameof(StreamIdleTimeout)]} is {StreamIdleTimeout}; it is above 0.");
        Check(HedgeFloor > TimeSpan.Zero, $"{names[nameof(HedgeFloor)]} is {HedgeFloor}; it is above 0.");
        Check(
            !CapsThinking || ServerQuirks.Of(Flavour).ThinkingCap is not null,
            $"{names[nameof(CapsThinking)]} is set, and {Flavour} servers have no such field."
        );
        Check(ContextTokens is null or >= 1, $"{names[nameof(ContextTokens)]} is {ContextTokens}; at least 1 is needed.");
        foreach (string name in Headers.Keys.Append(ApiKeyHeader).OfType<string>())
        {
            Check(IsHeaderName(name), $"A header is named '{name}'; a name has letters, digits and hyphens.");
        }

        foreach ((string name, string value) in Headers)
        {
            Check(!value.Any(char.IsControl), $"The header {name} has a value with control characters.");
        }

        Check(MaxAnswerBytes >= 1024, $"{names[nameof(MaxAnswerBytes)]} is {MaxAnswerBytes}; it is 1024 or more.");
        faults.AddRange(EndpointKey.Faults(this));
        return faults;

        static bool IsHeaderName(string name) =>
            name.Length > 0 && name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter));

        void CheckUrl(Uri url)
        {
            Check(
                url.IsAbsoluteUri && url.Scheme is "http" or "https",
                $"{names[nameof(Url)]} is {(url.IsAbsoluteUri ? url.GetLeftPart(UriPartial.Authority) : url)}; "
                    + "it is an absolute http or https address, such as http://localhost:8000/v1."
            );
            Check(
                !url.IsAbsoluteUri || url.UserInfo.Length == 0,
                $"{names[nameof(Url)]} holds credentials; they would not be sent. Put the key into an environment variable or a file and "
                    + $"name that."
            );
        }

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
