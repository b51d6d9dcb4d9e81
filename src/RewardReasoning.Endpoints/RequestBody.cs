using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;

namespace RewardReasoning.Endpoints;

/// <summary>The JSON of one chat completion request, by what <see cref="ServerQuirks"/> says of the server.</summary>
internal sealed class RequestBody(EndpointOptions endpoint)
{
    private const int RoomForFields = 512;
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ServerQuirks _quirks = ServerQuirks.Of(endpoint.Flavour);

    /// <summary>Writes it.</summary>
    /// <param name="messages">What the model reads.</param>
    /// <param name="options">How it is sampled.</param>
    /// <param name="maxTokens">Cap on the generated tokens, in place of the one in the options.</param>
    /// <param name="stream">Whether the answer comes in pieces.</param>
    /// <exception cref="NotSupportedException">A prefill is asked of a server without.</exception>
    public ReadOnlyMemory<byte> Write(IReadOnlyList<ChatMessage> messages, ChatOptions? options, int? maxTokens, bool stream)
    {
        string? prefill = Property<string>(options, ChatOptionKeys.Prefill);
        if (prefill is not null && _quirks.Prefill == PrefillStyle.None)
        {
            throw new NotSupportedException(
                $"A prefill was asked for, which servers of the flavour {_quirks.Flavour} do not have. Set the flavour that the server is."
            );
        }

        ArrayBufferWriter<byte> buffer = new(RoomForFields + messages.Sum(message => message.Text.Length * 5 / 4));
        using (Utf8JsonWriter json = new(buffer, Format))
        {
            json.WriteStartObject();
            if (IsOurs("model"))
            {
                json.WriteString("model", options?.ModelId ?? endpoint.Model);
            }

            if (IsOurs("messages"))
            {
                WriteMessages(json, messages, options?.Instructions, prefill);
            }

            WriteSampling(json, options);
            Write(json, _quirks.TokenLimitField, maxTokens);
            WriteSwitches(json, options, prefill is not null, stream);
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
            json.WriteStartArray("stop");
            foreach (string stop in stops)
            {
                json.WriteStringValue(stop);
            }

            json.WriteEndArray();
        }
    }

    private void WriteSwitches(Utf8JsonWriter json, ChatOptions? options, bool hasPrefill, bool stream)
    {
        if (stream)
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

    private bool IsOurs(string field) => endpoint.ExtraFields?.ContainsKey(field) != true;

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
    /// Chat templates that render a thought put a line break after its tag, and a server finds the prefill only if it agrees.
    /// </summary>
    private static string WithTemplateNewline(string prefill) =>
        prefill.StartsWith(ThinkingText.OpenTag, StringComparison.Ordinal) && !prefill.AsSpan(ThinkingText.OpenTag.Length).StartsWith("\n")
            ? prefill.Insert(ThinkingText.OpenTag.Length, "\n")
            : prefill;

    /// <summary>Half a surrogate pair has no UTF-8 form; it becomes U+FFFD, as it would in every encoder.</summary>
    private static string WellFormed(string text) =>
        text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
