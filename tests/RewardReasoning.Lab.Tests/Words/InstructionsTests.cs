using RewardReasoning.Lab.Words;
using Xunit;

namespace RewardReasoning.Lab.Tests.Words;

public sealed class InstructionsTests
{
    private static readonly Instructions Made = new(
        Enumerable
            .Range(0, 60)
            .Select(i =>
                WordProblem.TryMake("set", $"{(char)('A' + (i % 26))}nn met {Name(i)} near {Name(i + 3)}. He has 3 and 4.", ["3+4"], 7)!
            )
    );

    public static TheoryData<string> Families => [.. Instructions.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Draw_ManySeeds_RightKeepsTheInstructionAndWrongDoesNot(string family)
    {
        for (ulong seed = 0; seed < 300; seed++)
        {
            TextItem item = Made.Draw(family, new SeededRandom(seed));
            Assert.True(Keeps(item, item.Right), $"{item.Query} / right: {item.Right}");
            Assert.False(Keeps(item, item.Wrong), $"{item.Query} / wrong: {item.Wrong}");
        }
    }

    [Fact]
    public void Constructor_TooFewSentences_SaysHowManyAreNeeded() =>
        Assert.Contains("at least 50", Assert.Throws<FormatException>(() => new Instructions([])).Message, StringComparison.Ordinal);

    /// <summary>The rule of each family, written anew from the query's words.</summary>
    private static bool Keeps(TextItem item, string response)
    {
        string last = item.Query.TrimEnd('.').Split(' ')[^1];
        string[] words = response.TrimEnd('.').Split(' ');
        string[] listed = [.. item.Query[(item.Query.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(',').Select(word => word.Trim())];
        return item.Family switch
        {
            "begins" => words[0] == last,
            "ends" => words[^1] == last,
            "contains" => words.Contains(last),
            "avoids" => !words.Contains(last),
            "case" => response
                == (item.Query.Contains("capital", StringComparison.Ordinal) ? response.ToUpperInvariant() : response.ToLowerInvariant()),
            "copy" => item.Query == $"Copy this sentence: {response}",
            "list" => response.Split(',').Length == int.Parse(item.Query.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture),
            "order" => response == string.Join(", ", listed.Order(StringComparer.Ordinal)),
            "reverse" => response == string.Join(", ", listed.Reverse()),
            "json" => System.Text.Json.JsonDocument.Parse(response).RootElement.TryGetProperty(last, out _),
            "unit" => response == item.Answer,
            "one-word" => words.Length == 1,
            _ => throw new InvalidOperationException(item.Family),
        };
    }

    private static string Name(int i)
    {
        char[] name = ['b', 'a', 'd', 'e', 'n'];
        name[0] = (char)('a' + (i % 26));
        name[2] = (char)('a' + (i / 26));
        return new string(name);
    }
}
