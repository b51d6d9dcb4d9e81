using System.Text.Json;
using RewardReasoning.Lab.Arithmetic;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Lab.Tests.Arithmetic;

public sealed class ArithmeticWorldTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("world-").FullName;

    [Fact]
    public void Write_NoHeldOutExpression_IsInATrainingFile()
    {
        Write("a");
        HashSet<string> heldOut = [.. Rows("a", "heldout-pairs.jsonl").Select(row => Normal(row, "query"))];
        Assert.NotEmpty(heldOut);
        Assert.DoesNotContain(Rows("a", "pairs.jsonl"), row => heldOut.Contains(Normal(row, "query")));
        Assert.DoesNotContain(Rows("a", "documents.jsonl"), row => heldOut.Contains(Normal(row, "prompt")));
        Assert.DoesNotContain(Rows("a", "questions.jsonl"), row => heldOut.Contains(Normal(row, "query")));
    }

    [Fact]
    public void Write_Questions_AreExpressionsWithoutTheirValues()
    {
        Write("a");
        JsonElement[] questions = [.. Rows("a", "questions.jsonl")];
        Assert.Equal(300, questions.Length);
        Assert.All(questions, row => Assert.Equal("query", Assert.Single(row.EnumerateObject()).Name));
        Assert.All(questions, row => Assert.NotEqual("not an expression", Normal(row, "query")));
    }

    [Fact]
    public void Write_SameRecipe_WritesTheSameBytes()
    {
        Write("a");
        Write("b");
        foreach (string file in Directory.EnumerateFiles(Path.Combine(_folder, "a")))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder, "b", Path.GetFileName(file))));
        }
    }

    [Fact]
    public void Write_HeldOutFile_IsTheOneThatFiguresAreMeasuredOn()
    {
        Write("a");
        Assert.Equal(
            File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "recipes/rrm-mini/heldout.jsonl")),
            File.ReadAllText(Path.Combine(_folder, "a", "heldout.jsonl"))
        );
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Normal(JsonElement row, string field) =>
        Expression.TryParse((row.GetProperty(field).GetString() ?? "").Split('\n')[0])?.Normalized ?? "not an expression";

    private void Write(string name) =>
        ArithmeticWorld.Write(
            new ArithmeticWorldRecipe
            {
                Out = Path.Combine(_folder, name),
                Expressions = Path.Combine(SharedFolder.RepositoryRoot, "recipes/rrm-mini/gsm8k-expressions.jsonl"),
                JudgePrompt = Path.Combine(SharedFolder.RepositoryRoot, "recipes/rrm-mini/model/judge-prompt.txt"),
                Documents = 2_000,
                Pairs = 500,
                Questions = 300,
            }
        );

    private IEnumerable<JsonElement> Rows(string name, string file)
    {
        foreach (string line in File.ReadLines(Path.Combine(_folder, name, file)))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            yield return row.RootElement.Clone();
        }
    }
}
