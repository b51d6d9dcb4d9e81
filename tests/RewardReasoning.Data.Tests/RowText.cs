using System.Text;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Tests;

/// <summary>Rows from texts.</summary>
internal static class RowText
{
    public static DataRow Parse(string json) => ReadAsync(json, "pairs.jsonl").GetAwaiter().GetResult().Single();

    public static Task<DataRow[]> ReadAsync(string text, string name) => ReadAsync(Encoding.UTF8.GetBytes(text), name);

    public static async Task<DataRow[]> ReadAsync(byte[] bytes, string name) =>
        await RowReader
            .ReadAsync(new MemoryStream(bytes), name, Xunit.TestContext.Current.CancellationToken)
            .ToArrayAsync(Xunit.TestContext.Current.CancellationToken);
}
