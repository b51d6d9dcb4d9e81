using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Parquet;
using Parquet.Schema;
using RewardReasoning.Data.Export.Trl;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using Xunit;

namespace RewardReasoning.Data.Tests.Export;

/// <summary>Against files that TRL 1.16 and datasets 5.2 load (Fixtures/README.md).</summary>
public sealed class TrlRowsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("explicit-text", TrlShape.Text)]
    [InlineData("explicit-messages", TrlShape.Messages)]
    [InlineData("implicit-messages-margin", TrlShape.ImplicitMessages)]
    public async Task Write_RowsThatTrlReads_AreWrittenAsTheyWere(string name, TrlShape shape)
    {
        DataRow[] rows = await RowReader.ReadAsync(ExportFolder.Fixture($"{name}.jsonl"), Token).ToArrayAsync(Token);
        Assert.Equal(14, rows.Length);
        Assert.All(
            rows,
            row =>
            {
                PairContent pair = Assert.IsType<PairContent>(RowRecognizer.Recognize(row));
                double margin = row.Field("margin") is { } text
                    ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture)
                    : 0.25;
                TrlPair preference = new(pair.Query, pair.Comparison.Response1, pair.Comparison.Response2, margin);
                Assert.Null(new TrlRows(shape, withMargin: true).FaultOf(preference));
                JsonElement written = Written(preference, shape);
                Assert.Equal(margin, written.GetProperty("margin").GetDouble());
                Assert.All(
                    (row.Fields ?? default).EnumerateObject(),
                    field => Assert.True(JsonElement.DeepEquals(field.Value, written.GetProperty(field.Name)), $"{row.Place}: {field.Name}")
                );
                Assert.Equal(
                    row.Fields?.EnumerateObject().Select(field => field.Name).Append("margin").Distinct(),
                    written.EnumerateObject().Select(field => field.Name)
                );
            }
        );
    }

    [Fact]
    public void Write_ImplicitText_SharesTheQuery()
    {
        JsonElement written = Written(new TrlPair(RowQuery.OfText("What is 2+2?"), "4", "5", 1), TrlShape.ImplicitText);
        Assert.Equal(
            ("What is 2+2?\n\n4", "What is 2+2?\n\n5"),
            (written.GetProperty("chosen").GetString(), written.GetProperty("rejected").GetString())
        );
    }

    [Theory]
    [InlineData("explicit-text", TrlShape.Text)]
    [InlineData("explicit-messages", TrlShape.Messages)]
    [InlineData("implicit-messages-margin", TrlShape.ImplicitMessages)]
    public async Task Columns_OfEveryShape_AreThoseThatPyArrowWrites(string name, TrlShape shape)
    {
        TrlRows format = new(shape, withMargin: true);
        string path = Path.Combine(Path.GetTempPath(), $"rrm-preference-{Guid.NewGuid():N}.parquet");
        try
        {
            await using (RowFileWriter writer = await RowFileWriter.CreateAsync(path, format.Columns(), TimeProvider.System, Token))
            {
                await writer.WriteAsync(json => format.Write(json, new(RowQuery.OfText("q"), "a", "b", 0.5)), Token);
                writer.Complete();
            }

            string[] expected = [.. (await LeavesAsync(ExportFolder.Fixture($"{name}.parquet"))).Append("margin Double 1 0").Distinct()];
            Assert.Equal(expected, await LeavesAsync(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Write_SeveralTurnsAsImplicitText_LabelsTheReplyLikeTheTurnsBefore()
    {
        RowQuery query = new([new ChatMessage(ChatRole.System, "Be brief."), new ChatMessage(ChatRole.User, "What is 2+2?")]);
        JsonElement written = Written(new TrlPair(query, "4", "5", 1), TrlShape.ImplicitText);
        Assert.Equal("System: Be brief.\n\nUser: What is 2+2?\n\nAssistant: 4", written.GetProperty("chosen").GetString());
        Assert.Equal("System: Be brief.\n\nUser: What is 2+2?\n\nAssistant: 5", written.GetProperty("rejected").GetString());
    }

    [Fact]
    public void FaultOf_WhatTrainersCannotTake_SaysWhy()
    {
        RowQuery query = RowQuery.OfText("q");
        RowQuery endsWithAssistant = new([new ChatMessage(ChatRole.User, "q"), new ChatMessage(ChatRole.Assistant, "a")]);
        Assert.Contains("same text", FaultOf(new(query, "a", "a", 1), TrlShape.Messages), StringComparison.Ordinal);
        Assert.Contains("empty", FaultOf(new(query, "a", "", 1), TrlShape.Text), StringComparison.Ordinal);
        Assert.Null(FaultOf(new(query, "a", "", 1), TrlShape.Messages));
        Assert.Contains("query is empty", FaultOf(new(RowQuery.OfText(""), "a", "b", 1), TrlShape.ImplicitText), StringComparison.Ordinal);
        Assert.Contains("'assistant'", FaultOf(new(endsWithAssistant, "a", "b", 1), TrlShape.ImplicitMessages), StringComparison.Ordinal);
        Assert.Null(FaultOf(new(endsWithAssistant, "a", "b", 1), TrlShape.Text));
        Assert.Contains("no margin", FaultOf(new(query, "a", "b", null), TrlShape.Messages), StringComparison.Ordinal);
    }

    private static string? FaultOf(TrlPair pair, TrlShape shape) => new TrlRows(shape, withMargin: true).FaultOf(pair);

    private static JsonElement Written(TrlPair pair, TrlShape shape)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            new TrlRows(shape, withMargin: true).Write(writer, pair);
        }

        return JsonElement.Parse(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static async Task<string[]> LeavesAsync(string path)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(path, cancellationToken: Token);
        return
        [
            .. reader.Schema.DataFields.Select(field =>
                $"{field.Path.ToString().Replace('/', '.')} {Type(field)} {field.MaxDefinitionLevel} {field.MaxRepetitionLevel}"
            ),
        ];

        static string Type(DataField field) =>
            field.ClrType == typeof(double) ? "Double"
            : field.ClrType == typeof(ReadOnlyMemory<char>) ? "Text"
            : field.ClrType.Name;
    }
}
