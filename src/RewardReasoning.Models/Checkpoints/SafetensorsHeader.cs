using System.Text.Json;
using TorchSharp;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>
/// Reads and checks the header of a safetensors file: u64 little-endian length, then a JSON object of
/// <c>name: {dtype, shape, data_offsets: [begin, end]}</c> and an optional <c>__metadata__</c> of strings; the data follow it.
/// </summary>
internal static class SafetensorsHeader
{
    public const int LengthBytes = 8;
    private const long LargestHeader = 100_000_000;
    private const string MetadataKey = "__metadata__";

    public static (Dictionary<string, SafetensorsEntry> Entries, Dictionary<string, string> Metadata) Parse(
        string path,
        long fileLength,
        Func<long, int, byte[]> read
    )
    {
        if (fileLength < LengthBytes)
        {
            throw new CheckpointException(
                path,
                $"the file has {fileLength} bytes, too few for a safetensors header. It is empty or was not written to its end; "
                    + "fetch it again."
            );
        }

        ulong declared = BitConverter.ToUInt64(read(0, LengthBytes));
        if (declared > LargestHeader || (long)declared > fileLength - LengthBytes)
        {
            throw new CheckpointException(
                path,
                $"the header claims {declared} bytes, the file has {fileLength}. This is no safetensors file, or it was not written "
                    + "to its end; fetch it again."
            );
        }

        JsonDocument header;
        try
        {
            header = JsonDocument.Parse(read(LengthBytes, (int)declared));
        }
        catch (JsonException error)
        {
            throw new CheckpointException(
                path,
                $"the header is not JSON ({error.Message}). This is no safetensors file, or it is damaged; fetch it again.",
                error
            );
        }

        using (header)
        {
            return ParseEntries(path, header.RootElement, LengthBytes + (long)declared, fileLength);
        }
    }

    private static (Dictionary<string, SafetensorsEntry>, Dictionary<string, string>) ParseEntries(
        string path,
        JsonElement root,
        long dataStart,
        long fileLength
    )
    {
        Dictionary<string, SafetensorsEntry> entries = new(StringComparer.Ordinal);
        Dictionary<string, string> metadata = new(StringComparer.Ordinal);
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(path, $"the header is a JSON {root.ValueKind}; it must be an object of tensors.");
        }

        foreach (JsonProperty property in root.EnumerateObject())
        {
            if (property.Name == MetadataKey)
            {
                ReadMetadata(path, property.Value, metadata);
            }
            else if (!entries.TryAdd(property.Name, ParseEntry(path, property.Name, property.Value, dataStart, fileLength)))
            {
                throw new CheckpointException(path, $"the header names tensor {property.Name} twice.");
            }
        }

        CheckCoverage(path, entries.Values, dataStart, fileLength);
        return (entries, metadata);
    }

    private static void ReadMetadata(string path, JsonElement value, Dictionary<string, string> metadata)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new CheckpointException(path, $"{MetadataKey} is a JSON {value.ValueKind}; it must be an object of strings.");
        }

        foreach (JsonProperty item in value.EnumerateObject())
        {
            metadata[item.Name] = item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString() ?? "" : item.Value.GetRawText();
        }
    }

    private static SafetensorsEntry ParseEntry(string path, string name, JsonElement value, long dataStart, long fileLength)
    {
        if (
            value.ValueKind != JsonValueKind.Object
            || !value.TryGetProperty("dtype", out JsonElement type)
            || type.ValueKind != JsonValueKind.String
            || !TryReadNumbers(value, "shape", out long[] shape)
            || !TryReadNumbers(value, "data_offsets", out long[] offsets)
            || offsets.Length != 2
        )
        {
            throw new CheckpointException(
                path,
                $"tensor {name} is described as {value.GetRawText()}; it needs dtype, shape and data_offsets [begin, end]."
            );
        }

        if (!SafetensorsTypes.TryParse(type.GetString(), out torch.ScalarType scalarType))
        {
            throw new CheckpointException(
                path,
                $"tensor {name} has dtype {type.GetString()}; these can be read: {SafetensorsTypes.AllSpellings}."
            );
        }

        if (offsets[1] < offsets[0] || offsets[1] > fileLength - dataStart)
        {
            throw new CheckpointException(
                path,
                $"tensor {name} is at bytes {offsets[0]} to {offsets[1]} of the data, the file holds {fileLength - dataStart}. It "
                    + "was not written to its end, or it is damaged; fetch it again."
            );
        }

        long bytes;
        try
        {
            bytes = shape.Aggregate((long)SafetensorsTypes.Size(scalarType), (product, size) => checked(product * size));
        }
        catch (OverflowException error)
        {
            throw new CheckpointException(path, $"tensor {name} has the impossible shape [{string.Join(", ", shape)}].", error);
        }

        if (offsets[1] - offsets[0] != bytes)
        {
            throw new CheckpointException(
                path,
                $"tensor {name} of shape [{string.Join(", ", shape)}] and dtype {type.GetString()} needs {bytes} bytes, its "
                    + $"data_offsets give {offsets[1] - offsets[0]}. The file is damaged; fetch it again."
            );
        }

        return new SafetensorsEntry(name, scalarType, shape, dataStart + offsets[0], bytes);
    }

    private static bool TryReadNumbers(JsonElement owner, string key, out long[] numbers)
    {
        numbers = [];
        if (!owner.TryGetProperty(key, out JsonElement list) || list.ValueKind != JsonValueKind.Array)
        {
            return false;
        }

        numbers = new long[list.GetArrayLength()];
        for (int i = 0; i < numbers.Length; i++)
        {
            if (list[i].ValueKind != JsonValueKind.Number || !list[i].TryGetInt64(out numbers[i]) || numbers[i] < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>As the format demands, the tensors cover the data without overlap, hole or rest.</summary>
    private static void CheckCoverage(string path, IEnumerable<SafetensorsEntry> entries, long dataStart, long fileLength)
    {
        long end = dataStart;
        string last = "the header";
        foreach (SafetensorsEntry entry in entries.Where(entry => entry.ByteCount > 0).OrderBy(entry => entry.Offset))
        {
            if (entry.Offset != end)
            {
                string fault = entry.Offset < end ? "overlaps" : "leaves a hole after";
                throw new CheckpointException(
                    path,
                    $"the data of tensor {entry.Name} {fault} {last}. The file is damaged; fetch it again."
                );
            }

            (end, last) = (entry.Offset + entry.ByteCount, $"that of {entry.Name}");
        }

        if (end != fileLength)
        {
            throw new CheckpointException(
                path,
                $"the tensors end at byte {end}, the file has {fileLength}. The file is damaged; fetch it again."
            );
        }
    }
}
