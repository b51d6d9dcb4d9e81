using System.Text.Json;
using TorchSharp;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>
/// The weights of a model folder: one <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> lists; in a folder
/// that <see cref="AdaptedFolder"/> made, those of the base with the adapters merged in.
/// </summary>
internal sealed class SafetensorsFolder : IDisposable
{
    /// <summary>Name of the only weight file of a folder that is not sharded.</summary>
    public const string SingleFileName = "model.safetensors";

    /// <summary>Name of the list of shards.</summary>
    public const string IndexFileName = "model.safetensors.index.json";

    /// <summary>In a folder with adapters applied, the link to the base's folder.</summary>
    public const string BaseName = "base";

    /// <summary>In a folder with adapters applied, the link to the adapters' folder.</summary>
    public const string AdapterName = "adapter";

    private readonly List<SafetensorsFile> _files = [];
    private readonly Dictionary<string, SafetensorsFile> _fileOf = new(StringComparer.Ordinal);

    private SafetensorsFolder? _base;
    private AdapterWeights? _adapters;

    private SafetensorsFolder(string folder) => Folder = folder;

    /// <summary>The folder it was opened with.</summary>
    public string Folder { get; }

    /// <summary>Every tensor of the folder.</summary>
    public IReadOnlyCollection<string> Names => _base?.Names ?? _fileOf.Keys;

    /// <summary>The weight files.</summary>
    public IEnumerable<string> FilePaths =>
        [.. _base?.FilePaths ?? [], .. _adapters?.FilePaths ?? [], .. _files.Select(file => file.FilePath)];

    /// <summary>Opens and checks every weight file, and that each shard holds what the index says.</summary>
    /// <exception cref="RewardReasoningException">A file is missing or damaged, or a shard and the index disagree.</exception>
    public static SafetensorsFolder Open(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new CheckpointException(folder, "there is no such folder.");
        }

        SafetensorsFolder opened = new(folder);
        try
        {
            string single = Path.Combine(folder, SingleFileName),
                index = Path.Combine(folder, IndexFileName);
            if (Directory.Exists(Path.Combine(folder, AdapterName)))
            {
                opened._base = Open(Path.Combine(folder, BaseName));
                opened._adapters = AdapterWeights.Open(Path.Combine(folder, AdapterName), opened._base);
            }
            else if (File.Exists(single))
            {
                SafetensorsFile file = opened.Add(single);
                foreach (string name in file.Entries.Keys)
                {
                    opened._fileOf.Add(name, file);
                }
            }
            else if (File.Exists(index))
            {
                opened.AddShards(index);
            }
            else
            {
                throw new CheckpointException(
                    folder,
                    $"holds neither {SingleFileName} nor {IndexFileName}. A model folder needs its weights; fetch them again."
                );
            }

            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Where a tensor is stored, or null when the folder has none of that name.</summary>
    public SafetensorsEntry? Find(string name) =>
        _base is not null ? _base.Find(name)
        : _fileOf.TryGetValue(name, out SafetensorsFile? file) ? file.Entries[name]
        : null;

    /// <summary>The path of the file that holds the tensor, or the folder when none does: for error messages.</summary>
    public string PathOf(string name) =>
        _base is not null ? _base.PathOf(name)
        : _fileOf.TryGetValue(name, out SafetensorsFile? file) ? file.FilePath
        : Folder;

    /// <summary>
    /// A copy on the CPU in the type of the file, or in float32 where adapters are merged in; it belongs to the caller's dispose scope.
    /// </summary>
    /// <exception cref="RewardReasoningException">The folder has no tensor of that name.</exception>
    public torch.Tensor Read(string name) =>
        _base is not null && _adapters is not null ? _adapters.Apply(name, _base.Read(name))
        : _fileOf.TryGetValue(name, out SafetensorsFile? file) ? file.Read(name)
        : throw new CheckpointException(Folder, $"no weight file holds tensor {name}.");

    /// <inheritdoc/>
    public void Dispose()
    {
        _adapters?.Dispose();
        _base?.Dispose();
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }
    }

    private SafetensorsFile Add(string path)
    {
        SafetensorsFile file = SafetensorsFile.Open(path);
        _files.Add(file);
        return file;
    }

    private void AddShards(string index)
    {
        string inside = Path.GetFullPath(Folder) + Path.DirectorySeparatorChar;
        foreach (var shard in ReadWeightMap(index).GroupBy(item => Path.GetFullPath(item.Shard, inside), StringComparer.Ordinal))
        {
            string path = shard.Key;
            if (!path.StartsWith(inside, StringComparison.Ordinal))
            {
                throw new CheckpointException(
                    index,
                    $"weight_map puts tensor {shard.First().Name} into {shard.First().Shard}, which is outside of the model's folder."
                );
            }

            if (!File.Exists(path))
            {
                throw new CheckpointException(
                    path,
                    $"{IndexFileName} puts {shard.Count()} tensors into this shard, such as {shard.First().Name}, and it is not "
                        + "there. Fetch it again."
                );
            }

            SafetensorsFile file = Add(path);
            foreach ((string name, _) in shard)
            {
                if (!file.Entries.ContainsKey(name))
                {
                    throw new CheckpointException(
                        path,
                        $"{IndexFileName} puts tensor {name} into this shard, which does not hold it. Shards and index are not of "
                            + "one checkpoint; fetch them again."
                    );
                }

                _fileOf.Add(name, file);
            }
        }
    }

    private static List<(string Name, string Shard)> ReadWeightMap(string index)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(index));
            List<(string, string)> map = [];
            HashSet<string> seen = new(StringComparer.Ordinal);
            foreach (JsonProperty item in document.RootElement.GetProperty("weight_map").EnumerateObject())
            {
                if (!seen.Add(item.Name))
                {
                    throw new CheckpointException(index, $"weight_map names tensor {item.Name} twice.");
                }

                map.Add((item.Name, item.Value.GetString() ?? ""));
            }

            return map;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new CheckpointException(
                index,
                "is no index of shards; it must be a JSON object whose weight_map gives each tensor its file. Fetch it again.",
                error
            );
        }
    }
}
