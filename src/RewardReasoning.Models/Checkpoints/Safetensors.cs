using System.Buffers.Binary;
using System.Text.Json;
using RewardReasoning.IO;
using TorchSharp;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>Writes safetensors files and folders as Hugging Face's libraries do.</summary>
internal static class Safetensors
{
    private const long ChunkBytes = 1 << 28;
    private static readonly JsonSerializerOptions IndentedJson = new() { WriteIndented = true };

    /// <summary>
    /// Writes one file: header padded to 8 bytes, tensors with the largest elements first so that each is aligned. The file appears whole
    /// or not at all.
    /// </summary>
    /// <param name="path">Where to write; an existing file is replaced.</param>
    /// <param name="tensors">Names and values, on any device.</param>
    /// <param name="type">Floating-point tensors are stored in this type; null keeps each tensor's own. Integers keep theirs.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; null writes <c>format: pt</c>, which transformers asks for.</param>
    public static void Write(
        string path,
        IReadOnlyList<(string Name, torch.Tensor Value)> tensors,
        torch.ScalarType? type = null,
        IReadOnlyDictionary<string, string>? metadata = null
    )
    {
        var ordered = tensors
            .Select(item => (item.Name, item.Value, Type: StoredType(item.Value, type)))
            .OrderByDescending(item => SafetensorsTypes.Size(item.Type))
            .ToList();
        byte[] header = Header(ordered, metadata ?? new Dictionary<string, string> { ["format"] = "pt" });
        AtomicFile.Write(
            path,
            stream =>
            {
                Span<byte> length = stackalloc byte[SafetensorsHeader.LengthBytes];
                BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
                stream.Write(length);
                stream.Write(header);
                foreach (var (_, value, storedType) in ordered)
                {
                    WriteData(stream, value, storedType);
                }
            }
        );
    }

    /// <summary>
    /// Writes the weights of a model folder: one <c>model.safetensors</c>, or shards with an index where they exceed
    /// <paramref name="maxShardBytes"/>. Weight files of an earlier save in the other layout are removed.
    /// </summary>
    public static void WriteFolder(
        string folder,
        IReadOnlyList<(string Name, torch.Tensor Value)> tensors,
        torch.ScalarType? type = null,
        long maxShardBytes = 5_000_000_000
    )
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxShardBytes);
        Directory.CreateDirectory(folder);
        List<List<(string Name, torch.Tensor Value)>> shards = Split(tensors, type, maxShardBytes);
        string single = Path.Combine(folder, SafetensorsFolder.SingleFileName);
        string index = Path.Combine(folder, SafetensorsFolder.IndexFileName);
        HashSet<string> written = new(StringComparer.Ordinal);
        if (shards.Count == 1)
        {
            Write(single, tensors, type);
            File.Delete(index);
        }
        else
        {
            Dictionary<string, string> weightMap = new(StringComparer.Ordinal);
            for (int i = 0; i < shards.Count; i++)
            {
                string name = $"model-{i + 1:00000}-of-{shards.Count:00000}.safetensors";
                Write(Path.Combine(folder, name), shards[i], type);
                written.Add(name);
                shards[i].ForEach(item => weightMap.Add(item.Name, name));
            }

            WriteIndex(index, weightMap, tensors.Sum(item => StoredBytes(item.Value, type)));
            File.Delete(single);
        }

        string[] shardFiles = Directory.GetFiles(folder, "model-?????-of-?????.safetensors");
        foreach (string stale in shardFiles.Where(file => !written.Contains(Path.GetFileName(file))))
        {
            File.Delete(stale);
        }
    }

    private static torch.ScalarType StoredType(torch.Tensor value, torch.ScalarType? type) =>
        type is { } wanted && value.is_floating_point() ? wanted : value.dtype;

    private static long StoredBytes(torch.Tensor value, torch.ScalarType? type) =>
        value.numel() * SafetensorsTypes.Size(StoredType(value, type));

    private static List<List<(string Name, torch.Tensor Value)>> Split(
        IReadOnlyList<(string Name, torch.Tensor Value)> tensors,
        torch.ScalarType? type,
        long maxShardBytes
    )
    {
        List<List<(string, torch.Tensor)>> shards =
        [
            [],
        ];
        long filled = 0;
        foreach ((string name, torch.Tensor value) in tensors)
        {
            long bytes = StoredBytes(value, type);
            if (filled > 0 && filled + bytes > maxShardBytes)
            {
                shards.Add([]);
                filled = 0;
            }

            shards[^1].Add((name, value));
            filled += bytes;
        }

        return shards;
    }

    private static byte[] Header(
        List<(string Name, torch.Tensor Value, torch.ScalarType Type)> tensors,
        IReadOnlyDictionary<string, string> metadata
    )
    {
        using MemoryStream buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            json.WritePropertyName("__metadata__");
            JsonSerializer.Serialize(json, metadata);
            long offset = 0;
            foreach (var (name, value, type) in tensors)
            {
                long end = offset + (value.numel() * SafetensorsTypes.Size(type));
                json.WritePropertyName(name);
                var entry = new
                {
                    dtype = SafetensorsTypes.Spelling(type),
                    shape = value.shape,
                    data_offsets = new[] { offset, end },
                };
                JsonSerializer.Serialize(json, entry);
                offset = end;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % SafetensorsHeader.LengthBytes != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }

    private static void WriteIndex(string path, Dictionary<string, string> weightMap, long totalBytes) =>
        AtomicFile.Write(
            path,
            stream =>
                JsonSerializer.Serialize(stream, new { metadata = new { total_size = totalBytes }, weight_map = weightMap }, IndentedJson)
        );

    private static void WriteData(Stream stream, torch.Tensor value, torch.ScalarType type)
    {
        using IDisposable noGrad = torch.no_grad();
        using DisposeScope scope = torch.NewDisposeScope();
        torch.Tensor flat = value.detach().reshape(-1);
        long step = ChunkBytes / SafetensorsTypes.Size(type);
        for (long at = 0; at < flat.numel(); at += step)
        {
            using torch.Tensor part = flat.narrow(0, at, Math.Min(step, flat.numel() - at)).to(type, torch.CPU).contiguous();
            stream.Write(part.bytes);
        }
    }
}
