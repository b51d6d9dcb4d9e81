using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;
using TorchSharp;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>One safetensors file, mapped into memory. The whole header is checked on opening; tensors are copied out one by one.</summary>
internal sealed class SafetensorsFile : IDisposable
{
    /// <summary>Bytes moved at once: a span cannot describe a tensor beyond 2 GiB.</summary>
    private const long ChunkBytes = 1 << 28;

    private readonly MemoryMappedFile _map;
    private readonly MemoryMappedViewAccessor _view;

    private SafetensorsFile(
        string path,
        MemoryMappedFile map,
        MemoryMappedViewAccessor view,
        Dictionary<string, SafetensorsEntry> entries,
        Dictionary<string, string> metadata
    ) => (FilePath, _map, _view, Entries, Metadata) = (path, map, view, entries, metadata);

    /// <summary>The path it was opened with.</summary>
    public string FilePath { get; }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, SafetensorsEntry> Entries { get; }

    /// <summary>The strings of <c>__metadata__</c>; often <c>format: pt</c>.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>
    /// Maps the file and checks its header: offsets inside the file, sizes that fit the shapes, no name twice, no overlap.
    /// </summary>
    /// <exception cref="RewardReasoningException">The file is missing, cut short or no safetensors file.</exception>
    public static SafetensorsFile Open(string path)
    {
        MemoryMappedFile? map = null;
        MemoryMappedViewAccessor? view = null;
        try
        {
            using SafeFileHandle file = File.OpenHandle(path); // FileInfo would give the length of a symbolic link itself
            long length = RandomAccess.GetLength(file);
            if (length > 0) // an empty file cannot be mapped; the header check reports it
            {
                map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
                view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
            }

            var (entries, metadata) = SafetensorsHeader.Parse(
                path,
                length,
                (offset, count) =>
                {
                    byte[] bytes = new byte[count];
                    view?.ReadArray(offset, bytes, 0, count);
                    return bytes;
                }
            );
            return map is null || view is null
                ? throw new CheckpointException(path, "the file is empty.")
                : new SafetensorsFile(path, map, view, entries, metadata);
        }
        catch (Exception error)
        {
            view?.Dispose();
            map?.Dispose();
            switch (error)
            {
                case FileNotFoundException or DirectoryNotFoundException:
                    throw new CheckpointException(path, "there is no such file.", error);
                case IOException or UnauthorizedAccessException:
                    throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
                default:
                    throw;
            }
        }
    }

    /// <summary>A copy on the CPU in the type of the file; it belongs to the caller's dispose scope.</summary>
    /// <exception cref="RewardReasoningException">The file has no tensor of that name.</exception>
    public torch.Tensor Read(string name)
    {
        SafetensorsEntry entry = Entries.TryGetValue(name, out SafetensorsEntry? found)
            ? found
            : throw new CheckpointException(FilePath, $"there is no tensor {name} among its {Entries.Count}.");
        torch.Tensor tensor = torch.empty([.. entry.Shape], dtype: entry.Type, device: torch.CPU);
        if (entry.ByteCount == 0)
        {
            return tensor;
        }

        int elementSize = SafetensorsTypes.Size(entry.Type);
        long elements = entry.ByteCount / elementSize;
        using torch.Tensor flat = tensor.view(-1);
        for (long at = 0; at < elements; at += ChunkBytes / elementSize)
        {
            using torch.Tensor part = flat.narrow(0, at, Math.Min(ChunkBytes / elementSize, elements - at));
            _view.SafeMemoryMappedViewHandle.ReadSpan((ulong)(entry.Offset + (at * elementSize)), part.bytes);
        }

        return tensor;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _map.Dispose();
    }
}
