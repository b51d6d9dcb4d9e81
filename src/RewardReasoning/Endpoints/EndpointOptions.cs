using System.Text.Json.Nodes;

namespace RewardReasoning.Endpoints;

/// <summary>
/// Which server answers behind the OpenAI-compatible interface. They agree on the basics and differ in prefill, in the sampling fields
/// that they know, and in what they sample with when a field is left out.
/// </summary>
public enum ServerFlavour
{
    /// <summary>Any server: only fields that all of them take; no prefill.</summary>
    Generic,

    /// <summary>OpenAI's own service, and others that insist on <c>max_completion_tokens</c>.</summary>
    OpenAI,

    /// <summary>vLLM.</summary>
    Vllm,

    /// <summary>SGLang.</summary>
    SGLang,

    /// <summary>The server of llama.cpp.</summary>
    LlamaCpp,

    /// <summary>Ollama.</summary>
    Ollama,
}

/// <summary>Where and how an <see cref="EndpointChatClient"/> asks.</summary>
public sealed record EndpointOptions
{
    /// <summary>
    /// Address of the server, usually ending in <c>/v1</c>. A bare host gets <c>/v1</c>; a full <c>…/chat/completions</c> is kept.
    /// </summary>
    public required Uri Url { get; init; }

    /// <summary>The model's name on the server.</summary>
    public required string Model { get; init; }

    /// <summary>Which version of the model that is, where its name alone does not say: completions of another one are not taken for its own.</summary>
    /// <value>null (the name says it all).</value>
    public string? Revision { get; init; }

    /// <summary>Name of the environment variable that holds the API key. The key itself appears in no error.</summary>
    /// <value>null (no key is sent).</value>
    public string? ApiKeyVariable { get; init; }

    /// <summary>Which server it is.</summary>
    /// <value><see cref="ServerFlavour.Generic"/>.</value>
    public ServerFlavour Flavour { get; init; }

    /// <summary>Whether the model's chat template ends with <c>&lt;think&gt;</c> and the server leaves thoughts in the content.</summary>
    /// <value>false.</value>
    public bool PromptOpensThought { get; init; }

    /// <summary>Whether the server returns log-probs; they are asked for only where this is set, since many refuse the field.</summary>
    /// <value>false.</value>
    public bool LogProbs { get; init; }

    /// <summary>Further fields of the request's JSON object; they win over our own of the same name.</summary>
    /// <value>null (none).</value>
    public JsonObject? ExtraFields { get; init; }

    /// <summary>How often a request is tried before its failure is reported.</summary>
    /// <value>8, at least 1.</value>
    public int Tries { get; init; } = 8;

    /// <summary>No try begins later than this after the first failure.</summary>
    /// <value>10 minutes.</value>
    public TimeSpan RetryWindow { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Wait after the first failure; it doubles with each further one, up to a minute, and half of it is chance.</summary>
    /// <value>1 second.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection may take to be made.</summary>
    /// <value>15 seconds.</value>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long one try may take, from asking to the last byte.</summary>
    /// <value>30 minutes.</value>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a streamed answer may pause.</summary>
    /// <value>5 minutes.</value>
    public TimeSpan StreamIdleTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Told of each failed try that will be repeated: the failure, the number of the try, and the wait before the next.</summary>
    /// <value>null (nobody).</value>
    public Action<EndpointException, int, TimeSpan>? OnRetry { get; init; }

    /// <summary>Checks all values together.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate()
    {
        List<string> faults = [];
        Check(
            Url.IsAbsoluteUri && Url.Scheme is "http" or "https",
            $"Url is {(Url.IsAbsoluteUri ? Url.GetLeftPart(UriPartial.Authority) : Url)}; it is an absolute http or https address, such as http://localhost:8000/v1.");
        Check(!Url.IsAbsoluteUri || Url.UserInfo.Length == 0, "Url holds credentials; they would not be sent. Put the key into an environment variable and name that.");
        Check(!string.IsNullOrWhiteSpace(Model), "Model is empty; give the name under which the server serves it.");
        Check(Tries >= 1, $"Tries is {Tries}; at least 1 is needed.");
        Check(RetryWindow >= TimeSpan.Zero, $"RetryWindow is {RetryWindow}; it is 0 or more.");
        Check(FirstDelay >= TimeSpan.Zero, $"FirstDelay is {FirstDelay}; it is 0 or more.");
        Check(ConnectTimeout > TimeSpan.Zero, $"ConnectTimeout is {ConnectTimeout}; it is above 0.");
        Check(RequestTimeout > TimeSpan.Zero, $"RequestTimeout is {RequestTimeout}; it is above 0.");
        Check(StreamIdleTimeout > TimeSpan.Zero, $"StreamIdleTimeout is {StreamIdleTimeout}; it is above 0.");
        Check(
            ApiKeyVariable is null || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(ApiKeyVariable)),
            $"The environment variable {ApiKeyVariable} is not set; it should hold the API key.");
        if (faults.Count > 0)
        {
            throw new ArgumentException($"EndpointOptions: {string.Join(Environment.NewLine, faults)}");
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
