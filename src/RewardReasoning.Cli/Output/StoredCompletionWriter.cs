using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Output;

/// <summary>Writes kept completions as JSON lines; docs/store.md describes the fields.</summary>
internal sealed class StoredCompletionWriter(Stream stream, bool withLogProbs)
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly ArrayBufferWriter<byte> _line = new(1 << 12);

    public void Write(StoredCompletion completion)
    {
        _line.ResetWrittenCount();
        using (Utf8JsonWriter json = new(_line, Options))
        {
            Write(json, completion, ResponseEncoding.Read(completion.Response));
        }

        _line.Write("\n"u8);
        stream.Write(_line.WrittenSpan);
    }

    private void Write(Utf8JsonWriter json, StoredCompletion completion, ChatResponse response)
    {
        CompletionRequest request = completion.Request;
        json.WriteStartObject();
        json.WriteString("key", request.Key.ToString());
        json.WriteString("model", request.Model.Name);
        json.WriteString("identity", request.Model.Identity);
        json.WriteString("created", completion.Created);
        json.WriteNumber("seconds", completion.Elapsed.TotalSeconds);
        json.WriteStartArray("messages");
        foreach (ChatMessage message in PromptEncoding.Read(request.Prompt))
        {
            json.WriteStartObject();
            json.WriteString("role", message.Role.Value);
            WriteThought(json, message.Contents);
            json.WriteString("content", message.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("settings");
        WriteAll(json, SettingsEncoding.Read(request.Settings));
        json.WriteEndObject();
        WriteThought(json, response.Messages.SelectMany(message => message.Contents));
        json.WriteString("content", response.Text);
        json.WriteString("finish_reason", response.FinishReason?.Value);
        WriteUsage(json, response.Usage);
        json.WriteStartObject("properties");
        WriteAll(
            json,
            (response.AdditionalProperties ?? []).Where(property =>
                withLogProbs || property.Value is not (float[] or string[] or KeyValuePair<string, float>[][])
            )
        );
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteThought(Utf8JsonWriter json, IEnumerable<AIContent> contents)
    {
        string thought = string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text));
        if (thought.Length > 0)
        {
            json.WriteString("reasoning", thought);
        }
    }

    private static void WriteUsage(Utf8JsonWriter json, UsageDetails? usage)
    {
        json.WriteStartObject("usage");
        WriteAll(
            json,
            new Dictionary<string, object?>
            {
                ["prompt_tokens"] = usage?.InputTokenCount,
                ["cached_tokens"] = usage?.CachedInputTokenCount,
                ["reasoning_tokens"] = usage?.ReasoningTokenCount,
                ["output_tokens"] = usage?.OutputTokenCount,
            }
        );
        json.WriteEndObject();
    }

    private static void WriteAll<T>(Utf8JsonWriter json, IEnumerable<KeyValuePair<string, T>> values)
    {
        foreach ((string name, T value) in values)
        {
            json.WritePropertyName(name);
            WriteValue(json, value);
        }
    }

    private static void WriteValue(Utf8JsonWriter json, object? value)
    {
        switch (value)
        {
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case int number:
                json.WriteNumberValue(number);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case float number when float.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case string text:
                json.WriteStringValue(text);
                break;
            case KeyValuePair<string, float> token:
                json.WriteStartArray();
                json.WriteStringValue(token.Key);
                WriteValue(json, token.Value);
                json.WriteEndArray();
                break;
            case System.Collections.IEnumerable list:
                json.WriteStartArray();
                foreach (object? item in list)
                {
                    WriteValue(json, item);
                }

                json.WriteEndArray();
                break;
            default:
                json.WriteNullValue();
                break;
        }
    }
}
