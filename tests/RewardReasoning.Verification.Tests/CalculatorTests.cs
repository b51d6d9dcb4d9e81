using System.Globalization;
using CsCheck;
using Xunit;

namespace RewardReasoning.Verification.Tests;

public sealed class CalculatorTests
{
    private const long MaxBytes = 64 << 20;

    [Theory]
    [InlineData("12*37", "444")]
    [InlineData(" 12 * 37 + 5 ", "449")]
    [InlineData("(278+67)*7/2", "1207.5")]
    [InlineData("1/3*60", "20")]
    [InlineData("2^10 - 24", "1000")]
    [InlineData("-3 - -5", "2")]
    [InlineData("0.1+0.2", "0.3")]
    [InlineData("15% * 80", "12")]
    [InlineData("1,250 * 4", "5000")]
    [InlineData("20/3", "≈6.666666667")]
    [InlineData("sqrt(2)", "≈1.414213562")]
    [InlineData("sqrt(144)", "12")]
    [InlineData(@"\frac{3}{4} + \frac{1}{4}", "1")]
    [InlineData("12 × 4 ÷ 3", "16")]
    [InlineData("5!", "120")]
    [InlineData("2*pi", "≈6.283185307")]
    [InlineData("7", "7")]
    [InlineData("0*5", "0")]
    public void Compute_Expression_IsItsValue(string expression, string value) => Assert.Equal(value, Calculator.Compute(expression));

    [Theory]
    [InlineData("")]
    [InlineData("x + 1")]
    [InlineData("1/0")]
    [InlineData("12*")]
    [InlineData("sqrt(-4)")]
    [InlineData("twelve thousand reasons")]
    [InlineData("(3, 4)")]
    [InlineData("2 < 3")]
    [InlineData("10^{10^{10}}")]
    [InlineData("9^9^9")]
    [InlineData("1000000!")]
    [InlineData("import os")]
    public void Compute_NoRealValue_IsNull(string expression) => Assert.Null(Calculator.Compute(expression));

    [Fact]
    public void Compute_WholeNumbers_AreExactAsDecimalsAre()
    {
        Gen<int> number = Gen.Int[-9_999, 9_999];
        Gen.Select(number, Gen.Char["+-*"], number, Gen.Char["+-*"], number)
            .Sample(
                (a, first, b, second, c) =>
                {
                    decimal right = second == '*' ? (decimal)b * c : b;
                    decimal left = second == '*' ? Of(a, first, right) : Of(Of(a, first, b), second, c);
                    Assert.Equal(
                        left.ToString(CultureInfo.InvariantCulture),
                        Calculator.Compute(string.Create(CultureInfo.InvariantCulture, $"{a}{first}({b}){second}({c})"))
                    );
                },
                iter: 2_000
            );

        static decimal Of(decimal a, char operation, decimal b) =>
            operation switch
            {
                '+' => a + b,
                '-' => a - b,
                _ => a * b,
            };
    }

    [Fact]
    public void Compute_AnyText_IsAnsweredWithLittleWork()
    {
        Gen<string> text = Gen.OneOf(
            Gen.String[0, 80],
            Gen.Char["0123456789+-*/^!().,%√π\\{}<>= eE"].Array[0, 120].Select(characters => new string(characters))
        );
        text.Sample(
            expression =>
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                string? value = Calculator.Compute(expression);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxBytes);
                Assert.True(value is null or { Length: > 0 and < 64 }, $"{expression} gives {value}");
            },
            iter: 3_000,
            threads: 1
        );
    }
}
