using RewardReasoning.Verification.Answers;
using Xunit;

namespace RewardReasoning.Verification.Tests;

public sealed class AnswerExtractorTests
{
    [Theory]
    [InlineData(@"so $x=\boxed{\frac{1}{2}}$.", @"\frac{1}{2}")]
    [InlineData(@"\boxed{1} then \boxed{2}", "2")]
    [InlineData(@"\boxed{\{1,\,2\}} is it", @"\{1,\,2\}")]
    [InlineData(@"$\boxed{20}$ percent of them", @"20\%")]
    [InlineData(@"it is \boxed 5", "5")]
    [InlineData(@"cut off: \boxed{17", "17")]
    public void Find_Box_IsTheAnswer(string text, string answer)
    {
        StatedAnswer found = AnswerExtractor.Find(text);
        Assert.Equal((AnswerSource.Boxed, answer), (found.Source, found.Text));
    }

    [Theory]
    [InlineData(@"\boxed{3} and \boxed{4}", 2)]
    [InlineData(@"\boxed{3}, \boxed{4}, \boxed{5}", 3)]
    [InlineData(@"\boxed{3} = \boxed{4}", 1)]
    [InlineData(@"\boxed{3}, so the other is \boxed{4}", 1)]
    [InlineData(@"\boxed{3}. And \boxed{4}", 1)]
    public void Find_SeveralBoxes_BelongTogetherWhereNothingElseIsSaid(string text, int parts) =>
        Assert.Equal(parts, AnswerExtractor.Find(text).Parts.Count);

    [Theory]
    [InlineData("Thus the answer is 42.", "42")]
    [InlineData("**Answer:** $x^2$ and that is all.", "x^2")]
    [InlineData("Final Answer: The final answer is $(0, 1)$. I hope it is correct.", "$(0, 1)$")]
    [InlineData("The answer is 5, since 10/2 is 5 and 7 is prime.", "5")]
    [InlineData("Réponse : 12", "12")]
    [InlineData("#### 1,234", "1,234")]
    public void Find_StatedAnswer_EndsWithItsSentence(string text, string answer)
    {
        StatedAnswer found = AnswerExtractor.Find(text);
        Assert.Equal((AnswerSource.Stated, answer), (found.Source, found.Text));
    }

    [Fact]
    public void Find_FinalAnswerAfterABox_OutranksIt() =>
        Assert.Equal("$10$", AnswerExtractor.Find(@"The interest is \boxed{2}. Final Answer: The final answer is $10$.").Text);

    [Theory]
    [InlineData("We add 3 and 4 and get 7 in the end", "7")]
    [InlineData("She paid $10,200 + $255 in all, that is $10,455 today", "$10,455")]
    [InlineData("Hence the values are $3$ and $5$ here", "$3$ and $5$")]
    public void Find_Prose_GivesItsLastValue(string text, string answer)
    {
        StatedAnswer found = AnswerExtractor.Find(text);
        Assert.Equal((AnswerSource.Last, answer), (found.Source, found.Text));
    }

    [Fact]
    public void Find_Thought_IsLeftOut()
    {
        Assert.Equal("8", AnswerExtractor.Find(@"<think>\boxed{7}</think>It is \boxed{8}").Text);
        Assert.Equal(AnswerSource.None, AnswerExtractor.Find(@"<think>\boxed{7} and then").Source);
        Assert.Equal(AnswerSource.None, AnswerExtractor.Find(@"<think>\boxed{7}</think>").Source);
    }

    [Fact]
    public void Find_WhatTheModelWentOnWith_IsLeftOut()
    {
        Assert.Equal("4", AnswerExtractor.Find("The answer is 4.\n\nQuestion: What is 3 + 3?\nThe answer is 6.").Text);
        Assert.Equal("4", AnswerExtractor.Find("The answer is 4.<|im_start|>user 17").Text);
    }

    [Theory]
    [InlineData("at $x=2$ it is largest, at $x=4$ smallest")]
    [InlineData("5 apples and 3 oranges")]
    public void FindGold_AnswerInWords_StaysWhole(string gold) =>
        Assert.Equal((AnswerSource.Whole, gold), (AnswerExtractor.FindGold(gold).Source, AnswerExtractor.FindGold(gold).Text));

    [Theory]
    [InlineData("The answer is (C).", 'C')]
    [InlineData("I think the correct answer is C", 'C')]
    [InlineData("The answer is for sure D, it can't be A or B", 'D')]
    [InlineData(@"\boxed{\text{(B)}}", 'B')]
    [InlineData("C. x = 42", 'C')]
    [InlineData("(e)", 'E')]
    [InlineData("It is **Answer: F**", 'F')]
    [InlineData("None of them fits a pattern", null)]
    public void FindChoice_Text_GivesTheLetter(string text, char? letter) => Assert.Equal(letter, AnswerExtractor.FindChoice(text));
}
