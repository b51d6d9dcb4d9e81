using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Parquet;
using Parquet.Schema;
using RewardReasoning.Data.Preferences;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Preferences;

/// <summary>Against files that TRL 1.16 and datasets 5.2 load (Fixtures/README.md).</summary>
public sealed class PreferenceRowTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("explicit-text", PreferenceShape.Text)]
    [InlineData("explicit-messages", PreferenceShape.Messages)]
    [InlineData("implicit-messages-margin", PreferenceShape.ImplicitMessages)]
    public async Task WriteTo_RowsThatTrlReads_AreWrittenAsTheyWere(string name, PreferenceShape shape)
    {
        DataRow[] rows = await RowReader.ReadAsync(Fixture($"{name}.jsonl"), Token).ToArrayAsync(Token);
        Assert.Equal(14, rows.Length);
        Assert.All(rows, row =>
        {
            PairContent pair = Assert.IsType<PairContent>(RowRecognizer.Recognize(row));
            double margin = row.Field("margin") is { } text ? double.Parse(text, System.Globalization.CultureInfo.InvariantCulture) : 0.25;
            PreferenceRow preference = new(pair.Query, pair.Comparison.Response1, pair.Comparison.Response2, margin);
            Assert.Null(preference.FaultFor(shape));
            JsonElement written = Written(preference, shape);
            Assert.Equal(margin, written.GetProperty("margin").GetDouble());
            Assert.All(
                (row.Fields ?? default).EnumerateObject(),
                field => Assert.True(JsonElement.DeepEquals(field.Value, written.GetProperty(field.Name)), $"{row.Place}: {field.Name}"));
            Assert.Equal(row.Fields?.EnumerateObject().Select(field => field.Name).Append("margin").Distinct(), written.EnumerateObject().Select(field => field.Name));
        });
    }

    [Fact]
    public void WriteTo_ImplicitText_SharesTheQuery()
    {
        JsonElement written = Written(new PreferenceRow(RowQuery.OfText("What is 2+2?"), "4", "5", 1), PreferenceShape.ImplicitText);
        Assert.Equal(("What is 2+2?\n\n4", "What is 2+2?\n\n5"), (written.GetProperty("chosen").GetString(), written.GetProperty("rejected").GetString()));
    }

    [Theory]
    [InlineData("explicit-text", PreferenceShape.Text)]
    [InlineData("explicit-messages", PreferenceShape.Messages)]
    [InlineData("implicit-messages-margin", PreferenceShape.ImplicitMessages)]
    public async Task Columns_OfEveryShape_AreThoseThatPyArrowWrites(string name, PreferenceShape shape)
    {
        string path = Path.Combine(Path.GetTempPath(), $"rrm-preference-{Guid.NewGuid():N}.parquet");
        try
        {
            await using (RowFileWriter writer = await RowFileWriter.CreateAsync(path, PreferenceRow.Columns(shape), TimeProvider.System, Token))
            {
                await writer.WriteAsync(json => new PreferenceRow(RowQuery.OfText("q"), "a", "b", 0.5).WriteTo(json, shape), Token);
                writer.Complete();
            }

            string[] expected = [.. (await LeavesAsync(Fixture($"{name}.parquet"))).Append("margin Double 1 0").Distinct()];
            Assert.Equal(expected, await LeavesAsync(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void FaultFor_WhatTrainersCannotTake_SaysWhy()
    {
        RowQuery query = RowQuery.OfText("q");
        RowQuery endsWithAssistant = new([new ChatMessage(ChatRole.User, "q"), new ChatMessage(ChatRole.Assistant, "a")]);
        Assert.Contains("equal", new PreferenceRow(query, "a", "a", 1).FaultFor(PreferenceShape.Messages), StringComparison.Ordinal);
        Assert.Contains("empty", new PreferenceRow(query, "a", "", 1).FaultFor(PreferenceShape.Text), StringComparison.Ordinal);
        Assert.Null(new PreferenceRow(query, "a", "", 1).FaultFor(PreferenceShape.Messages));
        Assert.Contains("query is empty", new PreferenceRow(RowQuery.OfText(""), "a", "b", 1).FaultFor(PreferenceShape.ImplicitText), StringComparison.Ordinal);
        Assert.Contains("'assistant'", new PreferenceRow(endsWithAssistant, "a", "b", 1).FaultFor(PreferenceShape.ImplicitMessages), StringComparison.Ordinal);
        Assert.Null(new PreferenceRow(endsWithAssistant, "a", "b", 1).FaultFor(PreferenceShape.Text));
    }

    private static JsonElement Written(PreferenceRow row, PreferenceShape shape)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter writer = new(stream))
        {
            row.WriteTo(writer, shape);
        }

        return JsonElement.Parse(Encoding.UTF8.GetString(stream.ToArray()));
    }

    private static async Task<string[]> LeavesAsync(string path)
    {
        await using ParquetReader reader = await ParquetReader.CreateAsync(path, cancellationToken: Token);
        return [.. reader.Schema.DataFields.Select(field => $"{field.Path.ToString().Replace('/', '.')} {Type(field)} {field.MaxDefinitionLevel} {field.MaxRepetitionLevel}")];

        static string Type(DataField field) => field.ClrType == typeof(double) ? "Double" : field.ClrType == typeof(ReadOnlyMemory<char>) ? "Text" : field.ClrType.Name;
    }

    private static string Fixture(string name) => Path.Combine(SharedFolder.RepositoryRoot, "tests", "RewardReasoning.Data.Tests", "Fixtures", name);
}
