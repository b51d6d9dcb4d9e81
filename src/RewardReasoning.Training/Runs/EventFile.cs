using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// One file of TensorBoard events: records of length, masked CRC-32C of the length, data, and masked CRC-32C of the data; the data is an
/// <c>Event</c> message of tensorboard/compat/proto/event.proto with scalars alone, one for each step, at the time it was logged.
/// </summary>
internal sealed class EventFile : IDisposable
{
    private const byte DoubleField = 1;
    private const byte BytesField = 2;
    private const byte SingleField = 5;
    private readonly FileStream _file;

    private EventFile(FileStream file) => _file = file;

    /// <summary>A new file, alone in its folder.</summary>
    public static EventFile Create(string folder, DateTimeOffset now)
    {
        Directory.CreateDirectory(folder);
        foreach (string old in Directory.EnumerateFiles(folder, "events.out.tfevents.*").ToList())
        {
            File.Delete(old);
        }

        string name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{now.ToUnixTimeSeconds()}.rrm");
        EventFile events = new(new FileStream(Path.Combine(folder, name), FileMode.Create, FileAccess.Write, FileShare.ReadWrite));
        MemoryStream first = new();
        WriteDouble(first, 1, now.ToUnixTimeSeconds());
        WriteBytes(first, 3, "brain.Event:2"u8);
        events.Append(first.ToArray());
        return events;
    }

    /// <summary>Writes the scalars of a step.</summary>
    /// <param name="step">The step.</param>
    /// <param name="time">Seconds since 1970.</param>
    /// <param name="scalars">Name and value of each.</param>
    public void Write(int step, double time, IEnumerable<(string Tag, float Value)> scalars)
    {
        MemoryStream summary = new();
        Span<byte> bits = stackalloc byte[sizeof(float)];
        foreach ((string tag, float value) in scalars)
        {
            MemoryStream scalar = new();
            WriteBytes(scalar, 1, Encoding.UTF8.GetBytes(tag));
            WriteTag(scalar, 2, SingleField);
            BinaryPrimitives.WriteSingleLittleEndian(bits, value);
            scalar.Write(bits);
            WriteBytes(summary, 1, scalar.ToArray());
        }

        MemoryStream message = new();
        WriteDouble(message, 1, time);
        WriteTag(message, 2, 0);
        WriteNumber(message, (ulong)step);
        WriteBytes(message, 5, summary.ToArray());
        Append(message.ToArray());
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private void Append(byte[] data)
    {
        byte[] record = new byte[sizeof(ulong) + sizeof(uint) + data.Length + sizeof(uint)];
        BinaryPrimitives.WriteUInt64LittleEndian(record, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(sizeof(ulong)), MaskedChecksum(record.AsSpan(0, sizeof(ulong))));
        data.CopyTo(record, sizeof(ulong) + sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(record.Length - sizeof(uint)), MaskedChecksum(data));
        _file.Write(record);
        _file.Flush();
    }

    private static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        uint checksum = uint.MaxValue;
        foreach (byte value in data)
        {
            checksum = BitOperations.Crc32C(checksum, value);
        }

        return BitOperations.RotateRight(~checksum, 15) + 0xa282ead8;
    }

    private static void WriteDouble(MemoryStream message, int field, double value)
    {
        WriteTag(message, field, DoubleField);
        Span<byte> bits = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bits, value);
        message.Write(bits);
    }

    private static void WriteBytes(MemoryStream message, int field, ReadOnlySpan<byte> value)
    {
        WriteTag(message, field, BytesField);
        WriteNumber(message, (ulong)value.Length);
        message.Write(value);
    }

    private static void WriteTag(MemoryStream message, int field, int kind) => WriteNumber(message, (ulong)((field << 3) | kind));

    private static void WriteNumber(MemoryStream message, ulong value)
    {
        for (; value > 0x7f; value >>= 7)
        {
            message.WriteByte((byte)(value | 0x80));
        }

        message.WriteByte((byte)value);
    }
}
