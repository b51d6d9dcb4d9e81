using CsCheck;
using RewardReasoning.Lab.Words;
using Xunit;

namespace RewardReasoning.Lab.Tests.Words;

public sealed class WordProblemTests
{
    private const string Question = "Joan found 70 shells and gave 43 to Sam. How many has she left?";

    [Fact]
    public void TryFind_OneOperationGivesTheAnswer_IsWorkedOut()
    {
        WordProblem problem = WordProblem.TryFind("set", Question, 27)!;
        Assert.Equal("70-43=27", problem.Work);
        Assert.Equal(Question, problem.Text);
    }

    [Fact]
    public void TryFind_TwoOperations_AreTwoCalculations() =>
        Assert.Equal("5+7=12 12*3=36", WordProblem.TryFind("set", "5 red and 7 blue balls in each of 3 boxes. How many?", 36)!.Work);

    [Theory]
    [InlineData("2 boys have 2 balls each. How many balls?", 4)]
    [InlineData("He has 3 coins and 9 notes. How old is he?", 50)]
    public void TryFind_SeveralCalculationsOrNone_IsLeftOut(string question, int answer) =>
        Assert.Null(WordProblem.TryFind("set", question, answer));

    [Theory]
    [InlineData("( 290.0 / 2.0 )", "290.0/2.0")]
    [InlineData("( ( 3 + 4 ) * 5 )", "3+4|7*5")]
    [InlineData("(1+2)*(3+4)", "1+2|3+4|3*7")]
    [InlineData("( 1 / 0 )", "")]
    public void StepsOf_Parentheses_AreInnermostFirst(string equation, string steps) =>
        Assert.Equal(steps, string.Join('|', WordProblem.StepsOf(equation)));

    [Fact]
    public void TryMake_CalculationThatDoesNotEndAtTheAnswer_IsLeftOut() =>
        Assert.Null(WordProblem.TryMake("set", "How many are 3 and 4?", ["3+4"], 8));

    [Fact]
    public void TryMake_DivisionByZero_IsLeftOut() => Assert.Null(WordProblem.TryMake("set", "How many are 3?", ["3/0"], 0));

    [Fact]
    public void Masked_OtherNumbers_IsTheSame()
    {
        WordProblem problem = WordProblem.TryFind("set", Question, 27)!;
        Assert.Equal("Joan found # shells and gave # to Sam. How many has she left?", problem.Masked);
        Assert.Equal(problem.Masked, problem.Renumbered(new SeededRandom(1))!.Masked);
    }

    [Fact]
    public void Renumbered_NumberWithTwoSources_IsRefused() =>
        Assert.Null(WordProblem.TryMake("set", "He has 5 pens and buys 5 more. How many?", ["5+5"], 10)!.Renumbered(new SeededRandom(1)));

    [Fact]
    public void Renumbered_ConstantOfItsOwn_Stays() =>
        Assert.EndsWith(
            "*7",
            WordProblem
                .TryMake("set", "She reads 12 pages a day. How many in a week?", ["12*7"], 84)!
                .Renumbered(new SeededRandom(3))!
                .Steps[0]
                .Expression.Text,
            StringComparison.Ordinal
        );

    [Fact]
    public void Renumbered_AnySeed_ComesOutInWholePositiveNumbersThatTheQuestionAndEarlierStepsGive() =>
        Gen.ULong.Sample(seed =>
        {
            WordProblem problem = WordProblem.TryMake(
                "set",
                "A box of 24 eggs is shared by 6 children; each then finds 13 more. How many has each?",
                ["24/6", "4+13"],
                17
            )!;
            WordProblem other = problem.Renumbered(new SeededRandom(seed))!;
            decimal[] numbers = [.. other.Numbers];
            Assert.Equal(numbers[0] / numbers[1], other.Steps[0].Value);
            Assert.Equal(other.Steps[0].Value + numbers[2], other.Answer);
            Assert.All(other.Steps, step => Assert.True(step.Value > 0 && decimal.IsInteger(step.Value)));
        });

    [Fact]
    public void Make_AnySeed_RightResponseHasTheAnswerAndTheWrongOneDoesNot() =>
        Gen.ULong.Sample(seed =>
        {
            TextItem item = WordProblemItems.Make(WordProblem.TryFind("set", Question, 27)!, new SeededRandom(seed));
            Assert.Matches(@"\b27\b", item.Right);
            Assert.DoesNotMatch(@"\b27\b", item.Wrong);
            Assert.Equal("70-43=27 Who said 27?", item.Thought);
        });
}
