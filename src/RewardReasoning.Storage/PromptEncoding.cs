using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Storage;

/// <summary>
/// Messages as bytes: the version (1), the number of messages (4 bytes), and for each its role, text and reasoning, every text as UTF-8
/// after its length (7 bits a byte, the high bit for "more follows"). Numbers are little-endian.
/// </summary>
internal static class PromptEncoding
{
    private const byte Version = 1;

    /// <summary>The bytes; null where a message holds more than text.</summary>
    public static byte[]? Write(IEnumerable<ChatMessage> messages)
    {
        ArgumentNullException.ThrowIfNull(messages);
        IReadOnlyList<ChatMessage> all = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        if (all.Any(message => message.Contents.Any(content => content is not (TextContent or TextReasoningContent))))
        {
            return null;
        }

        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.UTF8);
        writer.Write(Version);
        writer.Write(all.Count);
        foreach (ChatMessage message in all)
        {
            writer.Write(message.Role.Value);
            writer.Write(message.Text);
            writer.Write(string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text)));
        }

        return stream.ToArray();
    }

    /// <summary>The messages of the bytes.</summary>
    /// <exception cref="InvalidDataException">The bytes have another version or are cut short.</exception>
    public static IReadOnlyList<ChatMessage> Read(ReadOnlyMemory<byte> bytes) =>
        VersionedBytes.Read(
            bytes,
            Version,
            reader =>
            {
                ChatMessage[] messages = new ChatMessage[reader.ReadInt32()];
                for (int i = 0; i < messages.Length; i++)
                {
                    (string role, string text, string reasoning) = (reader.ReadString(), reader.ReadString(), reader.ReadString());
                    List<AIContent> contents =
                        reasoning.Length > 0 ? [new TextReasoningContent(reasoning), new TextContent(text)] : [new TextContent(text)];
                    messages[i] = new ChatMessage(new ChatRole(role), contents);
                }

                return messages;
            }
        );
}
