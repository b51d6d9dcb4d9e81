using CsCheck;
using Xunit;

namespace RewardReasoning.Tests;

public sealed class ReasoningSplitterTests
{
    private static readonly Gen<string> Tagged = Gen.OneOf([
            .. ((string[])["<think>", "</think>", "<", "</", "think>", "a", " ", "\n"]).Select(Gen.Const),
        ])
        .List[0, 8]
        .Select(string.Concat);

    /// <summary>In however many pieces a text comes, reasoning and answer are the same, and nothing but tags is lost.</summary>
    [Fact]
    public void Feed_AnyPieces_GiveWhatTheWholeTextGives() =>
        Gen.Select(Tagged, Gen.Int[1, 6], Gen.Bool)
            .Sample(
                (text, length, promptOpens) =>
                {
                    (string reasoning, string answer) = Split(text.Chunk(length).Select(piece => new string(piece)), promptOpens);
                    Assert.Equal(Split([text], promptOpens), (reasoning, answer));
                    int open =
                        text.TrimStart().StartsWith(ReasoningText.OpenTag, StringComparison.Ordinal) && !promptOpens
                            ? text.IndexOf(ReasoningText.OpenTag, StringComparison.Ordinal) + ReasoningText.OpenTag.Length
                            : 0;
                    string rest = text[open..];
                    int close = open > 0 || promptOpens ? rest.IndexOf(ReasoningText.CloseTag, StringComparison.Ordinal) : -1;
                    string expected = close < 0 ? rest : rest.Remove(close, ReasoningText.CloseTag.Length);
                    Assert.Equal(expected, reasoning + answer);
                }
            );

    [Theory]
    [MemberData(nameof(ReasoningTextTests.Families), MemberType = typeof(ReasoningTextTests))]
    public void Feed_CharacterByCharacter_KnowsTheMarkersOfEveryFamily(string text, string reasoning, string answer, bool? closed)
    {
        ReasoningSplitter splitter = new();
        List<(bool IsReasoning, string Text)> parts = [.. text.SelectMany(letter => splitter.Feed(letter.ToString()))];
        parts.AddRange(splitter.Finish());
        Assert.Equal((reasoning, answer), (Join(parts, true), Join(parts, false)));
        Assert.Equal(closed, splitter.Opened ? splitter.Closed : null);
    }

    [Fact]
    public void Feed_ClosingTagWithoutAnOpening_IsReportedAndStaysInTheText()
    {
        ReasoningSplitter splitter = new();
        string text = Join([.. splitter.Feed("I compare.</thi"), .. splitter.Feed("nk>\\boxed{Assistant 1}"), .. splitter.Finish()], false);
        Assert.Equal(("I compare.</think>\\boxed{Assistant 1}", true, true), (text, splitter.Opened, splitter.Closed));
    }

    private static (string Reasoning, string Answer) Split(IEnumerable<string> pieces, bool promptOpensReasoning)
    {
        ReasoningSplitter splitter = new(promptOpensReasoning);
        List<(bool IsReasoning, string Text)> parts = [.. pieces.SelectMany(splitter.Feed)];
        parts.AddRange(splitter.Finish());
        return (Join(parts, true), Join(parts, false));
    }

    private static string Join(List<(bool IsReasoning, string Text)> parts, bool isReasoning) =>
        string.Concat(parts.Where(part => part.IsReasoning == isReasoning).Select(part => part.Text));
}
