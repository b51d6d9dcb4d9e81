using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Storage;

/// <summary>
/// A response as bytes, from which an equal one can be made again: contents with thoughts and text apart, finish reason, usage, ids, and
/// the properties of <see cref="ChatResponseKeys"/>, log-probs included, bit for bit. Numbers are little-endian, texts UTF-8 after their
/// length, absent values a zero byte.
/// </summary>
internal static class ResponseEncoding
{
    private const byte Version = 1;

    /// <summary>
    /// The bytes; null where the response holds more than thoughts and text. Of the additional properties those with a byte form are
    /// written: bool, numbers, texts, and lists of texts, of singles and of the most probable tokens.
    /// </summary>
    public static byte[]? Write(ChatResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        if (
            response.Messages.Any(message =>
                message.Contents.Any(content => content is not (TextContent or TextReasoningContent or UsageContent))
            )
        )
        {
            return null;
        }

        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.UTF8);
        writer.Write(Version);
        WriteText(writer, response.ResponseId);
        WriteText(writer, response.ModelId);
        WriteText(writer, response.FinishReason?.Value);
        WriteNumber(writer, response.CreatedAt?.ToUnixTimeMilliseconds());
        WriteUsage(writer, response.Usage);
        writer.Write(response.Messages.Count);
        foreach (ChatMessage message in response.Messages)
        {
            WriteMessage(writer, message);
        }

        KeyValuePair<string, object?>[] properties =
        [
            .. (response.AdditionalProperties ?? []).Where(property => PropertyEncoding.CanWrite(property.Value)),
        ];
        writer.Write(properties.Length);
        foreach ((string name, object? value) in properties)
        {
            writer.Write(name);
            PropertyEncoding.Write(writer, value);
        }

        return stream.ToArray();
    }

    /// <summary>The response of the bytes, a new one with every call.</summary>
    /// <exception cref="InvalidDataException">The bytes have another version or are damaged.</exception>
    public static ChatResponse Read(ReadOnlyMemory<byte> bytes) =>
        VersionedBytes.Read(
            bytes,
            Version,
            reader =>
            {
                ChatResponse response = new()
                {
                    ResponseId = ReadText(reader),
                    ModelId = ReadText(reader),
                    FinishReason = ReadText(reader) is { } reason ? new ChatFinishReason(reason) : null,
                    CreatedAt = ReadNumber(reader) is { } created ? DateTimeOffset.FromUnixTimeMilliseconds(created) : null,
                    Usage = ReadUsage(reader),
                    Messages = [],
                    AdditionalProperties = [],
                };
                for (int left = reader.ReadInt32(); left > 0; left--)
                {
                    response.Messages.Add(ReadMessage(reader));
                }

                for (int left = reader.ReadInt32(); left > 0; left--)
                {
                    response.AdditionalProperties[reader.ReadString()] = PropertyEncoding.Read(reader);
                }

                return response;
            }
        );

    private static void WriteMessage(BinaryWriter writer, ChatMessage message)
    {
        AIContent[] contents = [.. message.Contents.Where(content => content is not UsageContent)];
        writer.Write(message.Role.Value);
        writer.Write(contents.Length);
        foreach (AIContent content in contents)
        {
            writer.Write(content is TextReasoningContent);
            writer.Write(
                content switch
                {
                    TextReasoningContent thought => thought.Text,
                    TextContent text => text.Text,
                    _ => "",
                }
            );
        }
    }

    private static ChatMessage ReadMessage(BinaryReader reader)
    {
        ChatMessage message = new(new ChatRole(reader.ReadString()), contents: []);
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            message.Contents.Add(
                reader.ReadBoolean() ? new TextReasoningContent(reader.ReadString()) : new TextContent(reader.ReadString())
            );
        }

        return message;
    }

    private static void WriteUsage(BinaryWriter writer, UsageDetails? usage)
    {
        writer.Write(usage is not null);
        if (usage is not null)
        {
            WriteNumber(writer, usage.InputTokenCount);
            WriteNumber(writer, usage.OutputTokenCount);
            WriteNumber(writer, usage.TotalTokenCount);
            WriteNumber(writer, usage.CachedInputTokenCount);
            WriteNumber(writer, usage.ReasoningTokenCount);
            writer.Write(usage.AdditionalCounts?.Count ?? 0);
            foreach ((string name, long count) in usage.AdditionalCounts ?? [])
            {
                writer.Write(name);
                writer.Write(count);
            }
        }
    }

    private static UsageDetails? ReadUsage(BinaryReader reader)
    {
        if (!reader.ReadBoolean())
        {
            return null;
        }

        UsageDetails usage = new()
        {
            InputTokenCount = ReadNumber(reader),
            OutputTokenCount = ReadNumber(reader),
            TotalTokenCount = ReadNumber(reader),
            CachedInputTokenCount = ReadNumber(reader),
            ReasoningTokenCount = ReadNumber(reader),
        };
        for (int left = reader.ReadInt32(); left > 0; left--)
        {
            (usage.AdditionalCounts ??= [])[reader.ReadString()] = reader.ReadInt64();
        }

        return usage;
    }

    private static void WriteText(BinaryWriter writer, string? text)
    {
        writer.Write(text is not null);
        if (text is not null)
        {
            writer.Write(text);
        }
    }

    private static string? ReadText(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadString() : null;

    private static void WriteNumber(BinaryWriter writer, long? number)
    {
        writer.Write(number is not null);
        if (number is { } known)
        {
            writer.Write(known);
        }
    }

    private static long? ReadNumber(BinaryReader reader) => reader.ReadBoolean() ? reader.ReadInt64() : null;
}
