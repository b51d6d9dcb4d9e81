using System.Text.Json;
using Parquet;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Export;

/// <summary>A folder for files of a test, and what was written there.</summary>
internal sealed class ExportFolder : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("rrm-export-").FullName;

    public string At(string name) => Path.Combine(_path, name);

    public static string Fixture(string name) =>
        Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Data.Tests", "Fixtures", name);

    public static async Task<DataRow[]> ReadAsync(string path) =>
        await RowReader.ReadAsync(path, TestContext.Current.CancellationToken).ToArrayAsync(TestContext.Current.CancellationToken);

    /// <summary>Path and type of every leaf of a Parquet file, as the fixtures name them.</summary>
    public static async Task<string[]> LeavesAsync(string path)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(path, cancellationToken: TestContext.Current.CancellationToken);
        return
        [
            .. reader.Schema.DataFields.Select(field =>
                $"{field.Path.ToString().Replace('/', '.')} {PhysicalOf(field.ClrType)} {field.IsNullable}"
            ),
        ];
    }

    /// <summary>The same of a fixture, all of whose leaves are optional.</summary>
    public static string[] LeavesOf(JsonElement fixture) =>
        [
            .. fixture
                .GetProperty("parquet_leaves")
                .EnumerateArray()
                .Select(leaf => $"{leaf.GetProperty("path")} {leaf.GetProperty("physical")} True"),
        ];

    public void Dispose() => Directory.Delete(_path, recursive: true);

    private static string PhysicalOf(Type type) =>
        type == typeof(long) ? "INT64"
        : type == typeof(int) ? "INT32"
        : type == typeof(bool) ? "BOOLEAN"
        : type == typeof(double) ? "DOUBLE"
        : "BYTE_ARRAY";
}
