using System.Globalization;
using System.Text.Json;
using RewardReasoning.Lab.Arithmetic;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Lab.Tests.Arithmetic;

public sealed class WorkedSolutionTests
{
    [Theory]
    [InlineData("28.3-9.6", "28.3-9.6:3-6:13-6=7.8-9-1:18-9-1=8,2-0-1=1=18.7")]
    [InlineData("276/12", "276/12:27/12=2:24>3,36/12=3:36>0=23")]
    [InlineData("375/25", "375/25:37/25=1;37-25:7-5=2,3-2=1=12>12,125/25=5:125>0=15")]
    [InlineData("362/4", "362/4:36/4=9>0,2/4=0>2.20/4=5>0=90.5")]
    [InlineData("20*120", "20*120:12*2'00:2*2=4,1*2=2=24'00=2400")]
    [InlineData("1/3*60", "1/3*60|1*60/3|1*60=60|60/3:6/3=2>0,0/3=0>0=20")]
    [InlineData("3-8", "3-8:8-3=5=-5")]
    [InlineData("1.50", "1.5=1.5")]
    [InlineData("18/(2/3)", "18/(2/3)|18*3/2|18*3:8*3=24,1*3+2=5=54|54/2:5/2=2>1,14/2=7>0=27")]
    public void TryWrite_ByHand_GivesTheseSteps(string expression, string steps) =>
        Assert.Equal(steps, WorkedSolution.TryWrite(Parse(expression))?.Text);

    [Fact]
    public void TryWrite_QuotientWithoutEnd_IsNull() => Assert.Null(WorkedSolution.TryWrite(Parse("1/3+1/3")));

    [Fact]
    public void TryWrite_SampledExpressions_EndInTheirExactValue()
    {
        ExpressionSampler sampler = new([Parse("48/2"), Parse("3*(4.5+2)"), Parse("1/4*400"), Parse("20*120")], new SeededRandom(1));
        for (int i = 0; i < 3000; i++)
        {
            ArithmeticProblem problem = sampler.Next();
            Assert.Equal(problem.Expression.Evaluate()?.ToDecimal(6), problem.Solution.Value);
            Assert.EndsWith("=" + Expression.Format(problem.Solution.Value), problem.Solution.Text, StringComparison.Ordinal);
            Assert.False(ArithmeticSplit.IsHeldOut(problem.Expression));
        }
    }

    [Fact]
    public void TryWrite_RealExpressions_AllButAFewPerThousandAreSolvedRightly()
    {
        int count = 0;
        int unsolved = 0;
        foreach (string line in File.ReadLines(Fixtures.Data("gsm8k/calc-train.jsonl")))
        {
            using JsonDocument row = JsonDocument.Parse(line);
            decimal value = decimal.Parse(row.RootElement.GetProperty("value").GetString() ?? "", CultureInfo.InvariantCulture);
            WorkedSolution? solution = Expression.TryParse(row.RootElement.GetProperty("expr").GetString() ?? "") is { } expression
                ? WorkedSolution.TryWrite(expression)
                : null;
            count++;
            unsolved += solution is null ? 1 : 0;
            Assert.True(solution is null || solution.Value == value, $"{line}: {solution}");
        }

        Assert.Equal(11_021, count);
        Assert.InRange(unsolved, 0, 33);
    }

    private static Expression Parse(string text) => Assert.IsType<Expression>(Expression.TryParse(text));
}
