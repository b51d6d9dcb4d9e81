using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests;

public sealed class ReasoningTextTests
{
    /// <summary>What models of each family write: text, reasoning, answer, whether the reasoning was closed.</summary>
    public static TheoryData<string, string, string, bool?> Families =>
        new()
        {
            { "no markers", "", "no markers", null },
            { "<think>a</think>b", "a", "b", true },
            { " \n<think>a", "a", "", false },
            { "<thinking>a</thinking>b", "a", "b", true },
            { "<thinking>\\boxed{Assistant 1}", "\\boxed{Assistant 1}", "", false },
            { "<thought>a</thought>b", "a", "b", true },
            { "<thought>a </think> b", "a </think> b", "", false },
            { "<reasoning>a</reasoning>b", "a", "b", true },
            { "[THINK]a[/THINK]b", "a", "b", true },
            { "[THINK]a \\boxed{Assistant 2}", "a \\boxed{Assistant 2}", "", false },
            { "◁think▷a◁/think▷b", "a", "b", true },
            { "<|begin_of_thought|>a<|end_of_thought|>b", "a", "b", true },
            { "<|START_THINKING|>a<|END_THINKING|>b", "a", "b", true },
            { "<seed:think>a</seed:think>b", "a", "b", true },
            { "<|channel|>analysis<|message|>a", "a", "", false },
            { "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>", "a", "b", true },
            { "<|start|>assistant<|channel|>analysis<|message|>a<|end|>", "a", "", false },
            { "<|channel|>commentary<|message|>\\boxed{Assistant 1}<|end|>", "\\boxed{Assistant 1}", "", false },
            { "<|channel|>final<|message|>b", "", "b", true },
        };

    [Theory]
    [MemberData(nameof(Families))]
    public void Split_EveryFamily_IsKnown(string text, string reasoning, string answer, bool? closed) =>
        Assert.Equal(new ReasoningText(reasoning, answer, closed), ReasoningText.Split(text));

    [Theory]
    [MemberData(nameof(Families))]
    public void Parse_BoxInsideUnclosedReasoning_IsNoVerdict(string text, string reasoning, string answer, bool? closed)
    {
        Assert.Equal(closed is null ? text : reasoning + answer, reasoning + answer);
        Assert.Equal(Verdict.Unparsable, VerdictParser.Parse(text));
    }

    [Theory]
    [InlineData("The page uses <thinking> tags. \\boxed{Assistant 1}", Verdict.First)]
    [InlineData("Response 1 holds </thought>. \\boxed{Assistant 2}", Verdict.Second)]
    [InlineData("<think>it quotes </think> once</think>\\boxed{Assistant 2}", Verdict.Second)]
    public void Parse_QuotedTagsOfOtherFamilies_AreText(string text, Verdict verdict) => Assert.Equal(verdict, VerdictParser.Parse(text));

    [Fact]
    public void From_ReasoningApart_AnAnswerThatQuotesAClosingTagKeepsItsVerdict()
    {
        ChatResponse response = new(
            new ChatMessage(
                ChatRole.Assistant,
                [
                    new TextReasoningContent("Response 2 holds </think>."),
                    new TextContent(@"\boxed{Assistant 1} Reason: the other one leaks a stray `</think>` tag."),
                ]
            )
        );
        Assert.Equal(Verdict.First, VerdictParser.Parse(Completion.From(response, TimeSpan.Zero)));

        response.AdditionalProperties = new() { [ChatResponseKeys.ReasoningClosed] = true, [ChatResponseKeys.ReasoningApart] = true };
        Assert.Equal(Verdict.First, VerdictParser.Parse(Completion.From(response, TimeSpan.Zero)));
    }

    [Fact]
    public void Split_PromptOpened_NeedsOnlyTheClosingTag() =>
        Assert.Equal(new ReasoningText("a", "b", true), ReasoningText.Split("a</think>b", promptOpensReasoning: true));

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<think>a</think>\n\nanswer ", "answer")]
    [InlineData("a</think>answer", "answer")]
    [InlineData("<think>a</think>x<think>b</think>answer", "answer")]
    [InlineData("<think>cut", null)]
    [InlineData("<think>a</think>x<think>cut", null)]
    [InlineData("<think>a</think>  ", null)]
    [InlineData("", null)]
    public void AnswerOf_Response_IsWhatFollowsItsReasoning(string response, string? answer) =>
        Assert.Equal(answer, ReasoningText.AnswerOf(response));
}
