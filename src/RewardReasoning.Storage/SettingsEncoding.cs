using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Storage;

/// <summary>
/// Everything but the messages that a completion depends on, as bytes: the version (1), then two lists (members of
/// <see cref="ChatOptions"/> by the names of the OpenAI interface, and its additional properties), each with its length in 4 bytes and
/// sorted by name. An entry is its name, a byte for its kind and its value: 1 bool (a byte), 2 integer (8 bytes), 3 single, 4 double,
/// 5 text, 6 list of texts (count in 4 bytes). What is not set is not written, so that later settings leave earlier keys as they are.
/// </summary>
internal static class SettingsEncoding
{
    private const byte Version = 1;

    /// <summary>The bytes; null where the options hold something that has no byte form.</summary>
    public static byte[]? Write(ChatOptions? options)
    {
        if (
            options
            is { Tools.Count: > 0 }
                or { ResponseFormat: ChatResponseFormatJson }
                or { RawRepresentationFactory: not null }
                or { ConversationId: not null }
                or { ContinuationToken: not null }
        )
        {
            return null;
        }

        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.UTF8);
        writer.Write(Version);
        return TryWrite(writer, Members(options)) && TryWrite(writer, options?.AdditionalProperties ?? []) ? stream.ToArray() : null;
    }

    /// <summary>
    /// The settings of the bytes by name: members, then additional properties; numbers as <see cref="long"/>, <see cref="float"/> or <see
    /// cref="double"/>.
    /// </summary>
    /// <exception cref="InvalidDataException">The bytes have another version or are damaged.</exception>
    public static IReadOnlyList<KeyValuePair<string, object>> Read(ReadOnlyMemory<byte> bytes) =>
        VersionedBytes.Read(bytes, Version, reader => (KeyValuePair<string, object>[])[.. ReadList(reader), .. ReadList(reader)]);

    private static Dictionary<string, object?> Members(ChatOptions? options) =>
        options is null
            ? []
            : new()
            {
                ["instructions"] = string.IsNullOrEmpty(options.Instructions) ? null : options.Instructions,
                ["model"] = options.ModelId,
                ["temperature"] = options.Temperature,
                ["top_p"] = options.TopP,
                ["top_k"] = options.TopK,
                ["max_tokens"] = options.MaxOutputTokens,
                ["frequency_penalty"] = options.FrequencyPenalty,
                ["presence_penalty"] = options.PresencePenalty,
                ["seed"] = options.Seed,
                ["stop"] = options.StopSequences is { Count: > 0 } stop ? stop : null,
                ["reasoning_effort"] = options.Reasoning?.Effort?.ToString(),
                ["reasoning_output"] = options.Reasoning?.Output?.ToString(),
            };

    private static bool TryWrite(BinaryWriter writer, IEnumerable<KeyValuePair<string, object?>> settings)
    {
        (string Name, object Value)[] set = [.. settings.SelectMany(Set).OrderBy(setting => setting.Name, StringComparer.Ordinal)];
        writer.Write(set.Length);
        return Array.TrueForAll(set, setting => TryWrite(writer, setting.Name, setting.Value));

        static IEnumerable<(string Name, object Value)> Set(KeyValuePair<string, object?> setting) =>
            setting.Value is { } value ? [(setting.Key, value)] : [];
    }

    private static bool TryWrite(BinaryWriter writer, string name, object value)
    {
        writer.Write(name);
        switch (value)
        {
            case bool flag:
                writer.Write((byte)1);
                writer.Write(flag);
                return true;
            case int or long or short or byte:
                writer.Write((byte)2);
                writer.Write(Convert.ToInt64(value, System.Globalization.CultureInfo.InvariantCulture));
                return true;
            case float single:
                writer.Write((byte)3);
                writer.Write(single == 0 ? 0f : single); // no negative zero
                return true;
            case double number:
                writer.Write((byte)4);
                writer.Write(number == 0 ? 0d : number);
                return true;
            case string text:
                writer.Write((byte)5);
                writer.Write(text);
                return true;
            case IEnumerable<string> texts:
                string[] list = [.. texts];
                writer.Write((byte)6);
                writer.Write(list.Length);
                Array.ForEach(list, writer.Write);
                return true;
            default:
                return false;
        }
    }

    private static IEnumerable<KeyValuePair<string, object>> ReadList(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            yield return KeyValuePair.Create(reader.ReadString(), ReadValue(reader));
        }
    }

    private static object ReadValue(BinaryReader reader) =>
        reader.ReadByte() switch
        {
            1 => reader.ReadBoolean(),
            2 => reader.ReadInt64(),
            3 => reader.ReadSingle(),
            4 => reader.ReadDouble(),
            5 => reader.ReadString(),
            6 => ReadTexts(reader),
            byte kind => throw new InvalidDataException($"A kept setting has the unknown kind {kind}."),
        };

    private static string[] ReadTexts(BinaryReader reader)
    {
        string[] texts = new string[reader.ReadInt32()];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.ReadString();
        }

        return texts;
    }
}
