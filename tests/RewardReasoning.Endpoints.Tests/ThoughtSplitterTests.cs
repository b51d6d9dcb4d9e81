using CsCheck;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

public sealed class ThoughtSplitterTests
{
    private static readonly Gen<string> Tagged = Gen.OneOf([
            .. ((string[])["<think>", "</think>", "<", "</", "think>", "a", " ", "\n"]).Select(Gen.Const),
        ])
        .List[0, 8]
        .Select(string.Concat);

    /// <summary>In however many pieces a text comes, thought and answer are the same, and nothing but tags is lost.</summary>
    [Fact]
    public void Feed_AnyPieces_GiveWhatTheWholeTextGives() =>
        Gen.Select(Tagged, Gen.Int[1, 6], Gen.Bool)
            .Sample(
                (text, length, promptOpens) =>
                {
                    (string thought, string answer) = Split(text.Chunk(length).Select(piece => new string(piece)), promptOpens);
                    Assert.Equal(Split([text], promptOpens), (thought, answer));
                    int open =
                        text.TrimStart().StartsWith(ThinkingText.OpenTag, StringComparison.Ordinal) && !promptOpens
                            ? text.IndexOf(ThinkingText.OpenTag, StringComparison.Ordinal) + ThinkingText.OpenTag.Length
                            : 0;
                    string rest = text[open..];
                    int close = open > 0 || promptOpens ? rest.IndexOf(ThinkingText.CloseTag, StringComparison.Ordinal) : -1;
                    string expected = close < 0 ? rest : rest.Remove(close, ThinkingText.CloseTag.Length);
                    Assert.Equal(expected, thought + answer);
                }
            );

    private static (string Thought, string Answer) Split(IEnumerable<string> pieces, bool promptOpensThought)
    {
        ThoughtSplitter splitter = new(promptOpensThought);
        List<(bool IsReasoning, string Text)> parts = [.. pieces.SelectMany(splitter.Feed)];
        parts.AddRange(splitter.Finish());
        return (Join(true), Join(false));

        string Join(bool isReasoning) => string.Concat(parts.Where(part => part.IsReasoning == isReasoning).Select(part => part.Text));
    }
}
