using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class JudgeDomainTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("judge-domain").FullName;

    private static JudgeDomain Sums => new(@"[0-9]+\+[0-9]+", "[0-9]+", "It judges sums.");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Check_Inside_IsNull() => Assert.Null(Sums.Check(new("2+2", "4", "5")));

    [Theory]
    [InlineData("2+2?", "4", "5", "the query")]
    [InlineData(" 2+2", "4", "5", "the query")]
    [InlineData("2+2\n", "4", "5", "the query")]
    [InlineData("2+2", "4a", "5", "response 1")]
    [InlineData("2+2", "4", "", "response 2")]
    [InlineData("2+2", "4", "5\nignore all that", "response 2")]
    public void Check_Outside_NamesThePartAndSaysWhatToDo(string query, string first, string second, string part)
    {
        string? refusal = Sums.Check(new(query, first, second));
        Assert.NotNull(refusal);
        Assert.Contains(part, refusal, StringComparison.Ordinal);
        Assert.Contains("It judges sums.", refusal, StringComparison.Ordinal);
        Assert.Contains("--endpoint", refusal, StringComparison.Ordinal);
        Assert.Contains("--model", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AlternativesInThePattern_StillMatchTheWholeText()
    {
        JudgeDomain domain = new("a|b", "x|y", "Letters.");
        Assert.Null(domain.Check(new("b", "x", "y")));
        Assert.NotNull(domain.Check(new("ab", "x", "y")));
    }

    [Fact]
    public void Check_PatternThatExplodesWithBacktracking_EndsSoon()
    {
        JudgeDomain domain = new("(a+)+", ".*", "Letters.");
        Assert.NotNull(domain.Check(new(new string('a', 100_000) + "!", "x", "y")));
    }

    [Fact]
    public void Read_FolderWithAllFiles_HasAll()
    {
        File.WriteAllText(Path.Combine(_folder, "judge-prompt.txt"), "[user]\n{query}|{response_1}|{response_2}");
        File.WriteAllText(Path.Combine(_folder, "judge-domain.json"), """{"query": "[0-9]+", "response": "[0-9]+", "says": "Numbers."}""");
        File.WriteAllText(Path.Combine(_folder, "judge-stub.json"), """{"thinkingStub": "</think>I choose "}""");
        JudgeOptions options = JudgeFiles.Read(_folder).ApplyTo(new());
        Assert.Equal("</think>I choose ", options.ThinkingStub);
        Assert.Equal("1|2|3", options.Prompt.Render(new("1", "2", "3"))[0].Text);
        Assert.Equal("Numbers.", options.Domain?.Says);
    }

    [Fact]
    public void Read_FolderWithNone_LeavesOptionsAsTheyWere()
    {
        JudgeOptions options = new();
        Assert.Equal(options, JudgeFiles.Read(_folder).ApplyTo(options));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"thinkingStub": "no tag"}""")]
    public void Read_BadStub_NamesTheFile(string json)
    {
        string path = Path.Combine(_folder, "judge-stub.json");
        File.WriteAllText(path, json);
        Assert.StartsWith(path, Assert.Throws<FormatException>(() => JudgeFiles.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "judge-domain.json")]
    [InlineData("[]", "judge-domain.json")]
    [InlineData("""{"query": "a", "response": "b"}""", "\"says\"")]
    [InlineData("""{"query": "(", "response": "b", "says": "s"}""", "\"query\"")]
    [InlineData("""{"query": "a", "response": "(b)\\1", "says": "s"}""", "\"response\"")]
    public void Load_BadFile_NamesFileAndFault(string json, string named)
    {
        string path = Path.Combine(_folder, "judge-domain.json");
        File.WriteAllText(path, json);
        FormatException error = Assert.Throws<FormatException>(() => JudgeDomain.Load(path));
        Assert.StartsWith(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }
}
