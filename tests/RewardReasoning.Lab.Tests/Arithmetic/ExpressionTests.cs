using RewardReasoning.Lab.Arithmetic;
using Xunit;

namespace RewardReasoning.Lab.Tests.Arithmetic;

public sealed class ExpressionTests
{
    [Theory]
    [InlineData("12*4+7", "55")]
    [InlineData(".5*8", "4")]
    [InlineData("1.50 + 2", "3.5")]
    [InlineData("20%*50", "10")]
    [InlineData("2*(3+4)-1", "13")]
    [InlineData("-14+-8+1", "-21")]
    [InlineData("1/3*60", "20")]
    [InlineData("+3+3", "6")]
    public void Evaluate_AsPeopleWriteIt_GivesTheExactValue(string text, string value) =>
        Assert.Equal(
            decimal.Parse(value, System.Globalization.CultureInfo.InvariantCulture),
            Expression.TryParse(text)?.Evaluate()?.ToDecimal(6)
        );

    [Theory]
    [InlineData("")]
    [InlineData("12*")]
    [InlineData("(1+2")]
    [InlineData("1+2)")]
    [InlineData("1..2")]
    [InlineData("3//4")]
    [InlineData("hello")]
    [InlineData("2(3)")]
    public void TryParse_NoExpression_IsNull(string text) => Assert.Null(Expression.TryParse(text));

    [Fact]
    public void Evaluate_DivisionByZero_IsNull() => Assert.Null(Expression.TryParse("4/(2-2)")?.Evaluate());

    [Theory]
    [InlineData(".5*4", "0.50 * 4")]
    [InlineData("12.0+3", "12+3")]
    [InlineData("50%*8", "0.5*8")]
    public void IsHeldOut_OtherSpellingOfTheSameExpression_FallsOnTheSameSide(string one, string other)
    {
        Expression a = Assert.IsType<Expression>(Expression.TryParse(one));
        Expression b = Assert.IsType<Expression>(Expression.TryParse(other));
        Assert.Equal(a.Normalized, b.Normalized);
        Assert.Equal(ArithmeticSplit.IsHeldOut(a), ArithmeticSplit.IsHeldOut(b));
    }
}
