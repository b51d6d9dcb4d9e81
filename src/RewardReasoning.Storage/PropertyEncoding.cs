using System.Runtime.InteropServices;

namespace RewardReasoning.Storage;

/// <summary>
/// One additional property of a response as bytes: a byte for its kind, then its value. The most probable tokens are written with each
/// text once, for the same few come back all the time.
/// </summary>
internal static class PropertyEncoding
{
    public static bool CanWrite(object? value) =>
        value is bool or int or long or float or double or string or string[] or float[] or KeyValuePair<string, float>[][];

    public static void Write(BinaryWriter writer, object? value)
    {
        switch (value)
        {
            case bool flag:
                writer.Write((byte)1);
                writer.Write(flag);
                break;
            case int number:
                writer.Write((byte)2);
                writer.Write(number);
                break;
            case long number:
                writer.Write((byte)3);
                writer.Write(number);
                break;
            case float number:
                writer.Write((byte)4);
                writer.Write(number);
                break;
            case double number:
                writer.Write((byte)5);
                writer.Write(number);
                break;
            case string text:
                writer.Write((byte)6);
                writer.Write(text);
                break;
            case string[] texts:
                writer.Write((byte)7);
                WriteTexts(writer, texts);
                break;
            case float[] numbers:
                writer.Write((byte)8);
                WriteNumbers(writer, numbers);
                break;
            case KeyValuePair<string, float>[][] places:
                writer.Write((byte)9);
                WritePlaces(writer, places);
                break;
            default:
                throw new ArgumentException($"A {value?.GetType().Name ?? "null"} has no byte form.");
        }
    }

    public static object Read(BinaryReader reader) =>
        reader.ReadByte() switch
        {
            1 => reader.ReadBoolean(),
            2 => reader.ReadInt32(),
            3 => reader.ReadInt64(),
            4 => reader.ReadSingle(),
            5 => reader.ReadDouble(),
            6 => reader.ReadString(),
            7 => ReadTexts(reader),
            8 => ReadNumbers(reader),
            9 => ReadPlaces(reader),
            byte kind => throw new InvalidDataException($"A kept property has the unknown kind {kind}."),
        };

    /// <summary>The different texts in the order they come, then for each place the number of its text.</summary>
    private static void WriteTexts(BinaryWriter writer, string[] texts)
    {
        Dictionary<string, int> numbers = new(StringComparer.Ordinal);
        List<string> different = [];
        int[] places = new int[texts.Length];
        int at = 0;
        foreach (string text in texts)
        {
            ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(numbers, text, out bool known);
            if (!known)
            {
                number = different.Count;
                different.Add(text);
            }

            places[at++] = number;
        }

        writer.Write7BitEncodedInt(different.Count);
        different.ForEach(writer.Write);
        writer.Write7BitEncodedInt(places.Length);
        Array.ForEach(places, writer.Write7BitEncodedInt);
    }

    private static string[] ReadTexts(BinaryReader reader)
    {
        string[] different = new string[reader.Read7BitEncodedInt()];
        for (int i = 0; i < different.Length; i++)
        {
            different[i] = reader.ReadString();
        }

        string[] texts = new string[reader.Read7BitEncodedInt()];
        for (int i = 0; i < texts.Length; i++)
        {
            int number = reader.Read7BitEncodedInt();
            texts[i] =
                number >= 0 && number < different.Length
                    ? different[number]
                    : throw new InvalidDataException("A kept list of texts is damaged.");
        }

        return texts;
    }

    private static void WriteNumbers(BinaryWriter writer, ReadOnlySpan<float> numbers)
    {
        writer.Write7BitEncodedInt(numbers.Length);
        foreach (float number in numbers)
        {
            writer.Write(number);
        }
    }

    private static float[] ReadNumbers(BinaryReader reader)
    {
        float[] numbers = new float[reader.Read7BitEncodedInt()];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = reader.ReadSingle();
        }

        return numbers;
    }

    private static void WritePlaces(BinaryWriter writer, KeyValuePair<string, float>[][] places)
    {
        writer.Write7BitEncodedInt(places.Length);
        foreach (KeyValuePair<string, float>[] place in places)
        {
            writer.Write7BitEncodedInt(place.Length);
        }

        WriteTexts(writer, [.. places.SelectMany(place => place.Select(token => token.Key))]);
        WriteNumbers(writer, [.. places.SelectMany(place => place.Select(token => token.Value))]);
    }

    private static KeyValuePair<string, float>[][] ReadPlaces(BinaryReader reader)
    {
        int[] lengths = new int[reader.Read7BitEncodedInt()];
        for (int i = 0; i < lengths.Length; i++)
        {
            lengths[i] = reader.Read7BitEncodedInt();
        }

        string[] texts = ReadTexts(reader);
        float[] numbers = ReadNumbers(reader);
        if (texts.Length != numbers.Length || lengths.Sum() != texts.Length)
        {
            throw new InvalidDataException("A kept list of tokens is damaged.");
        }

        int at = 0;
        return Array.ConvertAll(
            lengths,
            length => Enumerable.Range(0, length).Select(_ => KeyValuePair.Create(texts[at], numbers[at++])).ToArray()
        );
    }
}
