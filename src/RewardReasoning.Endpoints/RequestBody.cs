using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>The JSON of one chat completion request, by what <see cref="ServerQuirks"/> says of the server.</summary>
internal sealed class RequestBody(EndpointOptions endpoint)
{
    private const int RoomForFields = 512;
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ServerQuirks _quirks = ServerQuirks.Of(endpoint.Flavour);
    private volatile FrozenSet<string> _leftOut = FrozenSet<string>.Empty;
    private volatile bool _streams = true;
    private volatile bool _newerLimitName;
    private volatile int _contextTokens = endpoint.ContextTokens ?? 0;

    /// <summary>
    /// Whether an answer is asked for as a stream, whoever reads it: only in a stream is it seen that a server fell silent. Fields of the
    /// caller's own decide first.
    /// </summary>
    public bool Streams =>
        endpoint.ExtraFields?.TryGetPropertyValue("stream", out JsonNode? own) == true
            ? own?.GetValueKind() == JsonValueKind.True
            : _streams;

    /// <summary>The length of the model's context, once the server or a refusal has told it; null before.</summary>
    public int? ContextTokens
    {
        get => _contextTokens is > 0 and var known ? known : null;
        set => _contextTokens = value ?? 0;
    }

    /// <summary>The kind of server.</summary>
    public ServerFlavour Flavour => endpoint.Flavour;

    /// <summary>The name of the model that a request asks.</summary>
    public string ModelOf(ChatOptions? options) => options?.ModelId ?? endpoint.Model;

    /// <summary>
    /// Learns from a refusal how this server wants to be asked; from then on every request is written so. Returns what was learnt, in
    /// words; null where the refusal is about something else.
    /// </summary>
    public string? Learn(EndpointException refusal)
    {
        string[] unknown = [.. refusal.UnknownFields.Where(field => !_leftOut.Contains(field) && IsOurs(field))];
        if (unknown.Length > 0)
        {
            // top_logprobs is nothing without logprobs.
            string[] gone = unknown.Contains("logprobs") ? [.. unknown, "top_logprobs"] : unknown;
            _leftOut = _leftOut.Union(gone).ToFrozenSet();
            return $"The server does not take {string.Join(", ", unknown)}; requests are sent without from now on.";
        }

        if (refusal.WantsStream is { } stream && stream != Streams && IsOurs("stream"))
        {
            _streams = stream;
            return $"The server answers {(stream ? "streams" : "without streaming")} only; it is asked so from now on.";
        }

        if (refusal.WantsMaxCompletionTokens && !_newerLimitName && _quirks.TokenLimitField == "max_tokens")
        {
            _newerLimitName = true;
            return "The server wants max_completion_tokens instead of max_tokens; it is used from now on.";
        }

        return null;
    }

    /// <summary>Writes it.</summary>
    /// <param name="messages">What the model reads.</param>
    /// <param name="options">How it is sampled.</param>
    /// <param name="maxTokens">Cap on the generated tokens, in place of the one in the options.</param>
    /// <exception cref="NotSupportedException">A prefill is asked of a server without.</exception>
    public ReadOnlyMemory<byte> Write(IReadOnlyList<ChatMessage> messages, ChatOptions? options, int? maxTokens)
    {
        string? prefill = Property<string>(options, ChatOptionKeys.Prefill);
        if (prefill is not null && _quirks.Prefill == PrefillStyle.None)
        {
            throw new NotSupportedException(
                $"A prefill was asked for, which servers of the flavour {_quirks.Flavour} do not have. Set the flavour of the server."
            );
        }

        ArrayBufferWriter<byte> buffer = new(RoomForFields + messages.Sum(message => message.Text.Length * 5 / 4));
        using (Utf8JsonWriter json = new(buffer, Format))
        {
            json.WriteStartObject();
            if (IsOurs("model"))
            {
                json.WriteString("model", ModelOf(options));
            }

            if (IsOurs("messages"))
            {
                WriteMessages(json, messages, options?.Instructions, prefill);
            }

            WriteSampling(json, options);
            Write(json, _newerLimitName ? "max_completion_tokens" : _quirks.TokenLimitField, maxTokens);
            WriteSwitches(json, options, prefill is not null);
            foreach ((string name, JsonNode? value) in endpoint.ExtraFields ?? [])
            {
                if (value is not null)
                {
                    json.WritePropertyName(name);
                    value.WriteTo(json);
                }
            }

            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }

    /// <summary>The cap on the thought that a request asks of the server itself; null for none.</summary>
    public ThoughtCap? CapOf(ChatOptions? options) =>
        endpoint.CapsThinking && _quirks.ThinkingCap is { } means && Property<int?>(options, ChatOptionKeys.ThinkingBudget) is { } budget
            ? new(budget, means.MessageField is null ? "" : BeforeClosing(Property<string>(options, ChatOptionKeys.ThinkingStub) ?? ""))
            : null;

    private static string BeforeClosing(string stub) =>
        stub.IndexOf(ReasoningText.CloseTag, StringComparison.Ordinal) is > 0 and var close ? stub[..close].TrimEnd() : "";

    public static T? Property<T>(ChatOptions? options, string key) =>
        options?.AdditionalProperties?.TryGetValue(key, out object? value) == true && value is T typed ? typed : default;

    private static void WriteMessages(Utf8JsonWriter json, IReadOnlyList<ChatMessage> messages, string? instructions, string? prefill)
    {
        json.WriteStartArray("messages");
        if (!string.IsNullOrEmpty(instructions))
        {
            WriteMessage(json, "system", instructions);
        }

        foreach (ChatMessage message in messages)
        {
            WriteMessage(json, message.Role.Value, message.Text);
        }

        if (prefill is not null)
        {
            WriteMessage(json, "assistant", WithTemplateNewline(prefill));
        }

        json.WriteEndArray();
    }

    private static void WriteMessage(Utf8JsonWriter json, string role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role", role);
        json.WriteString("content", WellFormed(content));
        json.WriteEndObject();
    }

    private void WriteSampling(Utf8JsonWriter json, ChatOptions? options)
    {
        Write(json, "temperature", options?.Temperature);
        Write(json, "top_p", options?.TopP);
        Write(json, "top_k", options?.TopK ?? _quirks.TopKOff);
        Write(json, "min_p", Property<float?>(options, ChatOptionKeys.MinP) ?? (_quirks.MinP ? 0 : null));
        Write(json, "seed", options?.Seed);
        if (options?.StopSequences is { } stops && IsOurs("stop"))
        {
            WriteTexts(json, "stop", stops);
        }
    }

    private void WriteSwitches(Utf8JsonWriter json, ChatOptions? options, bool hasPrefill)
    {
        if (Streams)
        {
            Write(json, "stream", true);
            WriteObject(json, "stream_options", "include_usage", true);
        }

        if (endpoint.LogProbs && Property<int?>(options, ChatOptionKeys.LogProbs) is { } top)
        {
            Write(json, "logprobs", true);
            Write(json, "top_logprobs", top);
        }

        if (hasPrefill && _quirks.Prefill == PrefillStyle.ContinueFinalMessage)
        {
            Write(json, "continue_final_message", true);
            Write(json, "add_generation_prompt", false);
        }

        if (CapOf(options) is { } cap && _quirks.ThinkingCap is { } means)
        {
            WriteCap(json, options, cap, means);
        }

        if (hasPrefill && Property<string[]>(options, ChatOptionKeys.AllowedNextTokens) is { } allowed)
        {
            WriteChoice(json, allowed);
        }

        bool withoutThought = options?.Reasoning?.Effort == ReasoningEffort.None || (hasPrefill && _quirks.PrefillTurnsThinkingOff);
        switch (withoutThought ? _quirks.ThinkingSwitch : ThinkingSwitch.None)
        {
            case ThinkingSwitch.TemplateOption:
                WriteObject(json, "chat_template_kwargs", "enable_thinking", false);
                break;
            case ThinkingSwitch.ReasoningEffort when IsOurs("reasoning_effort"):
                json.WriteString("reasoning_effort", "none");
                break;
        }
    }

    private void WriteCap(Utf8JsonWriter json, ChatOptions? options, ThoughtCap cap, ThinkingCap means)
    {
        Write(json, means.Field, cap.Tokens);
        if (means.MessageField is { } field && cap.Message.Length > 0 && IsOurs(field))
        {
            json.WriteString(field, cap.Message);
        }

        if (means.WritesStub && Property<string>(options, ChatOptionKeys.ThinkingStub) is { } stub)
        {
            json.WriteString("thinking_stub", stub);
            WriteTexts(json, "thinking_stub_choices", Property<string[]>(options, ChatOptionKeys.ThinkingStubChoices) ?? []);
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string field, IEnumerable<string> texts)
    {
        json.WriteStartArray(field);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    /// <summary>What may be generated, by the server's own means.</summary>
    private void WriteChoice(Utf8JsonWriter json, string[] allowed)
    {
        switch (_quirks.Choice)
        {
            case ChoiceStyle.StructuredOutputs when IsOurs("structured_outputs"):
                json.WriteStartObject("structured_outputs");
                WriteTexts(json, "choice", allowed);
                json.WriteEndObject();
                break;
            case ChoiceStyle.Grammar when IsOurs("grammar"):
                json.WriteString("grammar", $"root ::= {string.Join(" | ", allowed.Select(choice => $"\"{choice}\""))}");
                break;
            case ChoiceStyle.Regex when IsOurs("regex"):
                json.WriteString("regex", $"({string.Join('|', allowed.Select(Regex.Escape))})");
                break;
        }
    }

    private bool IsOurs(string field) => endpoint.ExtraFields?.ContainsKey(field) != true && !_leftOut.Contains(field);

    private void Write(Utf8JsonWriter json, string field, long? value)
    {
        if (value is { } number && IsOurs(field))
        {
            json.WriteNumber(field, number);
        }
    }

    private void Write(Utf8JsonWriter json, string field, float? value)
    {
        if (value is { } number && IsOurs(field))
        {
            json.WriteNumber(field, number);
        }
    }

    private void Write(Utf8JsonWriter json, string field, bool value)
    {
        if (IsOurs(field))
        {
            json.WriteBoolean(field, value);
        }
    }

    private void WriteObject(Utf8JsonWriter json, string field, string inner, bool value)
    {
        if (IsOurs(field))
        {
            json.WriteStartObject(field);
            json.WriteBoolean(inner, value);
            json.WriteEndObject();
        }
    }

    /// <summary>
    /// Most chat templates that render a thought put a line break after its tag, and a server finds the prefill only if it agrees. A
    /// thought that is closed without one before the closing tag is of a model that has none at its beginning either.
    /// </summary>
    public static string WithTemplateNewline(string prefill) =>
        prefill.StartsWith(ReasoningText.OpenTag, StringComparison.Ordinal)
        && !prefill.AsSpan(ReasoningText.OpenTag.Length).StartsWith("\n")
        && (
            !prefill.Contains(ReasoningText.CloseTag, StringComparison.Ordinal)
            || prefill.Contains("\n" + ReasoningText.CloseTag, StringComparison.Ordinal)
        )
            ? prefill.Insert(ReasoningText.OpenTag.Length, "\n")
            : prefill;

    /// <summary>Half a surrogate pair has no UTF-8 form; it becomes U+FFFD, as it would in every encoder.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}

/// <summary>A cap on a thought that the server keeps.</summary>
/// <param name="Tokens">The most tokens of the thought.</param>
/// <param name="Message">What the server writes into the thought before it closes it; empty for nothing.</param>
internal readonly record struct ThoughtCap(int Tokens, string Message);
