using System.Text;
using RewardReasoning.IO;

namespace RewardReasoning.Models.Gguf;

/// <summary>A tensor that is to be written.</summary>
/// <param name="Name">As llama.cpp names it.</param>
/// <param name="Shape">The dimension whose numbers are neighbours comes first.</param>
/// <param name="Type">How its numbers are stored.</param>
/// <param name="Write">Writes exactly the bytes that shape and type need.</param>
internal sealed record GgufTensorSource(string Name, IReadOnlyList<long> Shape, GgufTensorType Type, Action<Stream> Write);

/// <summary>Writes GGUF files, version 3. A file appears whole or not at all.</summary>
internal static class GgufWriter
{
    private const uint Version = 3;

    /// <param name="path">Where to write; an existing file is replaced.</param>
    /// <param name="values">Settings: string, bool, uint, int, float, or arrays of strings or ints.</param>
    /// <param name="tensors">Written one after another, so that only one need be in memory.</param>
    public static void Write(string path, IReadOnlyList<(string Key, object Value)> values, IReadOnlyList<GgufTensorSource> tensors)
    {
        byte[] header = Header(values, tensors);
        AtomicFile.Write(
            path,
            stream =>
            {
                stream.Write(header);
                foreach (GgufTensorSource tensor in tensors)
                {
                    long start = stream.Position,
                        bytes = tensor.Type.BytesOf(tensor.Shape);
                    tensor.Write(stream);
                    if (stream.Position - start != bytes)
                    {
                        throw new InvalidOperationException(
                            $"The tensor {tensor.Name} wrote {stream.Position - start} bytes; {bytes} were announced."
                        );
                    }

                    Pad(stream);
                }
            }
        );
    }

    private static byte[] Header(IReadOnlyList<(string Key, object Value)> values, IReadOnlyList<GgufTensorSource> tensors)
    {
        using MemoryStream stream = new();
        using BinaryWriter writer = new(stream, Encoding.UTF8);
        writer.Write(GgufFile.Magic);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)values.Count);
        foreach ((string key, object value) in values)
        {
            WriteText(writer, key);
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach (GgufTensorSource tensor in tensors)
        {
            WriteText(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Count);
            tensor.Shape.ToList().ForEach(writer.Write);
            writer.Write(tensor.Type.Id);
            writer.Write((ulong)offset);
            offset += Aligned(tensor.Type.BytesOf(tensor.Shape));
        }

        Pad(stream);
        return stream.ToArray();
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                writer.Write((uint)GgufFile.ValueType.Text);
                WriteText(writer, text);
                break;
            case bool flag:
                writer.Write((uint)GgufFile.ValueType.Flag);
                writer.Write(flag);
                break;
            case uint number:
                writer.Write((uint)GgufFile.ValueType.UInt32);
                writer.Write(number);
                break;
            case int number:
                writer.Write((uint)GgufFile.ValueType.Int32);
                writer.Write(number);
                break;
            case float number:
                writer.Write((uint)GgufFile.ValueType.Float32);
                writer.Write(number);
                break;
            case string[] texts:
                WriteArray(writer, GgufFile.ValueType.Text, texts, text => WriteText(writer, text));
                break;
            case int[] numbers:
                WriteArray(writer, GgufFile.ValueType.Int32, numbers, writer.Write);
                break;
            default:
                throw new ArgumentException($"A setting is a {value.GetType().Name}, which is not written.", nameof(value));
        }
    }

    private static void WriteArray<T>(BinaryWriter writer, GgufFile.ValueType type, T[] values, Action<T> write)
    {
        writer.Write((uint)GgufFile.ValueType.Array);
        writer.Write((uint)type);
        writer.Write((ulong)values.Length);
        Array.ForEach(values, write);
    }

    private static void WriteText(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void Pad(Stream stream) => stream.Write(new byte[Aligned(stream.Position) - stream.Position]);

    private static long Aligned(long at) => (at + GgufFile.DefaultAlignment - 1) / GgufFile.DefaultAlignment * GgufFile.DefaultAlignment;
}
