using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Data.Hub;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Building;

/// <summary>What was built of what. It holds no times: the same recipe over the same files gives the same manifest.</summary>
internal sealed record BuildManifest
{
    /// <summary>SHA-256 of the recipe.</summary>
    public required string Recipe { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>The judge that annotated, by its identity; null where none did.</summary>
    public string? Judge { get; init; }

    /// <summary>The sources.</summary>
    public required IReadOnlyList<SourceManifest> Sources { get; init; }

    /// <summary>What pairs were checked against.</summary>
    public required IReadOnlyList<BenchmarkManifest> Benchmarks { get; init; }

    /// <summary>The files that were written.</summary>
    public required IReadOnlyList<OutputManifest> Outputs { get; init; }

    /// <summary>Indented JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, ManifestJson.Readable.BuildManifest) + "\n";
}

/// <summary>A source: its files, and what became of its rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Licence">Its licence.</param>
/// <param name="Weight">Its weight; null where all is taken.</param>
/// <param name="Files">The files that were read.</param>
/// <param name="Models">Models that were asked for outputs, by their identity.</param>
/// <param name="Counts">What became of rows and pairs.</param>
/// <param name="Train">Pairs in the training part.</param>
/// <param name="HeldOut">Pairs in the held-out part.</param>
internal sealed record SourceManifest(
    string Name,
    string Kind,
    string Licence,
    double? Weight,
    IReadOnlyList<BuildFile> Files,
    IReadOnlyList<string> Models,
    SourceCounts Counts,
    long Train,
    long HeldOut
);

/// <summary>A benchmark that pairs were checked against.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Queries">Queries found in it.</param>
/// <param name="Files">Its files.</param>
internal sealed record BenchmarkManifest(string Name, long Queries, IReadOnlyList<BuildFile> Files);

/// <summary>A file of built pairs.</summary>
/// <param name="File">The file.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="BetterFirst">Rows whose better response is first.</param>
/// <param name="BetterLonger">Rows whose better response is the longer one, in characters.</param>
/// <param name="BetterShorter">Rows whose better response is the shorter one.</param>
internal sealed record OutputManifest(BuildFile File, long Rows, long BetterFirst, long BetterLonger, long BetterShorter);

/// <summary>A file by its content.</summary>
/// <param name="Path">Its path as the recipe names it, or its name; of a file of the hub its address, with the commit.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Sha256">Its hash.</param>
internal sealed record BuildFile(string Path, long Bytes, string Sha256)
{
    internal static async Task<BuildFile> OfAsync(string path, string? shown = null, CancellationToken cancellationToken = default)
    {
        FileStream file = RowFile.OpenFile(path);
        await using (file.ConfigureAwait(false))
        {
            byte[] hash = await SHA256.HashDataAsync(file, cancellationToken).ConfigureAwait(false);
            return new BuildFile(shown ?? HubCache.AddressOf(path) ?? path, file.Length, Convert.ToHexStringLower(hash));
        }
    }

    internal static async Task<IReadOnlyList<BuildFile>> OfAsync(IEnumerable<string> paths, CancellationToken cancellationToken)
    {
        List<BuildFile> files = [];
        foreach (string path in paths)
        {
            files.Add(await OfAsync(path, null, cancellationToken).ConfigureAwait(false));
        }

        return files;
    }
}

[JsonSerializable(typeof(BuildManifest))]
internal sealed partial class ManifestJson : JsonSerializerContext
{
    public static ManifestJson Readable { get; } =
        new(
            new JsonSerializerOptions
            {
                PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
                Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
                WriteIndented = true,
            }
        );
}
