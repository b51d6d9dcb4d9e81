using System.Buffers.Binary;
using System.Text;
using Xunit;

namespace RewardReasoning.Training.Tests;

/// <summary>Reads TensorBoard events back, by the description of the format alone.</summary>
internal static class EventReader
{
    public static IReadOnlyList<(long Step, string Tag, float Value)> Read(string folder)
    {
        byte[] file = File.ReadAllBytes(Directory.GetFiles(folder).Single());
        List<(long, string, float)> scalars = [];
        for (int at = 0; at < file.Length; )
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(MaskedChecksum(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            Assert.Equal(
                MaskedChecksum(file.AsSpan(at + 12, length)),
                BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length))
            );
            Dictionary<int, List<byte[]>> record = Fields(file.AsSpan(at + 12, length));
            long step = record.TryGetValue(2, out List<byte[]>? steps) ? BinaryPrimitives.ReadInt64LittleEndian(steps[0]) : 0;
            foreach (byte[] scalar in record.TryGetValue(5, out List<byte[]>? summaries) ? Fields(summaries[0])[1] : [])
            {
                Dictionary<int, List<byte[]>> value = Fields(scalar);
                scalars.Add((step, Encoding.UTF8.GetString(value[1][0]), BinaryPrimitives.ReadSingleLittleEndian(value[2][0])));
            }

            at += 12 + length + 4;
        }

        return scalars;
    }

    /// <summary>
    /// CRC-32C bit by bit, which is 0xE3069283 of the digits 1 to 9, turned and moved as TensorFlow's record format does.
    /// </summary>
    public static uint MaskedChecksum(ReadOnlySpan<byte> data)
    {
        uint checksum = Checksum(data);
        return ((checksum >> 15) | (checksum << 17)) + 0xa282ead8;
    }

    public static uint Checksum(ReadOnlySpan<byte> data)
    {
        uint checksum = 0xffffffff;
        foreach (byte value in data)
        {
            checksum ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                checksum = (checksum >> 1) ^ ((checksum & 1) * 0x82f63b78);
            }
        }

        return ~checksum;
    }

    private static Dictionary<int, List<byte[]>> Fields(ReadOnlySpan<byte> message)
    {
        Dictionary<int, List<byte[]>> fields = [];
        int at = 0;
        while (at < message.Length)
        {
            ulong tag = Number(message, ref at);
            byte[] value = (tag & 7) switch
            {
                0 => BitConverter.GetBytes(Number(message, ref at)),
                1 => Take(message, ref at, 8),
                2 => Take(message, ref at, (int)Number(message, ref at)),
                _ => Take(message, ref at, 4),
            };
            (fields.TryGetValue((int)(tag >> 3), out List<byte[]>? list) ? list : fields[(int)(tag >> 3)] = []).Add(value);
        }

        return fields;
    }

    private static byte[] Take(ReadOnlySpan<byte> message, ref int at, int count)
    {
        at += count;
        return message[(at - count)..at].ToArray();
    }

    private static ulong Number(ReadOnlySpan<byte> message, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
