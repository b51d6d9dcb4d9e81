using System.Buffers.Binary;
using System.Text;

namespace RewardReasoning.Training.Tests;

/// <summary>Reads TensorBoard events back, by the description of the format alone.</summary>
internal static class EventReader
{
    public static IReadOnlyList<(long Step, string Tag, float Value)> Read(string folder)
    {
        byte[] file = File.ReadAllBytes(Directory.GetFiles(folder).Single());
        List<(long, string, float)> scalars = [];
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
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
