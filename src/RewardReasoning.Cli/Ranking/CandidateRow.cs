using System.Text.Json;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Ranking;

/// <summary>One row of a data file: a query and its candidate responses.</summary>
internal static class CandidateRow
{
    public static async Task<(string Query, IReadOnlyList<string> Responses)> ReadAsync(
        TextArgument texts,
        string path,
        CancellationToken cancellationToken
    )
    {
        string text = await texts.ReadAsync(path == "-" ? path : $"@{path}", "--row", cancellationToken);
        return RowRecognizer.Recognize(
            new DataRow
            {
                File = path,
                Number = 1,
                Fields = Parse(text, path),
            }
        ) switch
        {
            CandidatesContent row => (row.Query.Text, row.Responses),
            PairContent row => (row.Comparison.Query, [row.Comparison.Response1, row.Comparison.Response2]),
            FaultyContent row => throw new UsageException($"--row {path}: {row.Error}"),
            var other => throw new UsageException(
                $"--row {path} holds {RowKinds.Describe(other.Kind)}; a ranking needs a query and responses."
            ),
        };
    }

    private static JsonElement Parse(string text, string path)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw new UsageException($"--row {path} holds no JSON object; a row is one, with query and responses.");
        }
        catch (JsonException exception)
        {
            throw new UsageException(
                $"--row {path} is not one JSON object ({exception.Message}); a row is one, with query and responses. Take one line "
                    + $"of a file of many.",
                exception
            );
        }
    }
}
