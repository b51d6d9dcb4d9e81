using System.Globalization;
using System.Numerics;
using System.Text.Json;
using CsCheck;
using Xunit;

namespace RewardReasoning.Verification.Tests;

public sealed class AnswerVerifierTests
{
    private static readonly AnswerVerifier Verifier = new();

    private static readonly JsonElement[] Rules = [.. VerifierCase.Rows("rules.jsonl")];

    public static TheoryData<string> Classes => [.. Rules.Select(rule => Text(rule, "class")).Distinct()];

    [Theory]
    [MemberData(nameof(Classes))]
    public void Verify_RulesOfAClass_GiveTheirVerdicts(string name)
    {
        Assert.All(
            Rules.Where(rule => Text(rule, "class") == name),
            rule =>
                Assert.Equal(
                    Text(rule, "verdict"),
                    Verifier.Verify(Text(rule, "gold"), Text(rule, "prediction")).ToString().ToLowerInvariant()
                )
        );
    }

    [Fact]
    public void Verify_CasesOfTestSuites_AllRightWithTheirOptionsAndNoneWronglyEqual()
    {
        VerifierCase[] cases = [.. VerifierCase.All.Where(one => one.Note is null)];
        Assert.Equal(304, cases.Length);
        Assert.All(
            cases,
            one => Assert.Equal(one.Equal, new AnswerVerifier(one.Options).Verify(one.Gold, one.Prediction) == AnswerVerdict.Equal)
        );
    }

    [Fact]
    public void Verify_CasesWithoutTheirOptions_NoneWronglyEqual()
    {
        VerifierCase[] cases = [.. VerifierCase.All.Where(one => one.Note is null)];
        Assert.DoesNotContain(cases, one => !one.Equal && Verifier.Verify(one.Gold, one.Prediction) == AnswerVerdict.Equal);
        Assert.InRange(cases.Count(one => one.Equal == (Verifier.Verify(one.Gold, one.Prediction) == AnswerVerdict.Equal)), 303, 304);
    }

    [Fact]
    public void Verify_Fractions_EqualExactlyWhenTheirValuesAre() =>
        Gen.Select(Gen.Int[-40, 40], Gen.Int[1, 40], Gen.Int[-40, 40], Gen.Int[1, 40])
            .Sample(
                (a, b, c, d) =>
                    Assert.Equal(
                        a * d == c * b ? AnswerVerdict.Equal : AnswerVerdict.Different,
                        Verifier.Verify($"\\frac{{{a}}}{{{b}}}", $"{c}/{d}")
                    )
            );

    [Fact]
    public void Verify_PolynomialAndItsFactors_AreEqualAndAnotherIsNot() =>
        Gen.Select(Gen.Int[-9, 9], Gen.Int[-9, 9], Gen.Int[1, 9])
            .Sample(
                (a, b, shift) =>
                {
                    string expanded = string.Create(CultureInfo.InvariantCulture, $"x^2 + {a + b}x + {a * b}")
                        .Replace("+ -", "- ", StringComparison.Ordinal);
                    string other = string.Create(CultureInfo.InvariantCulture, $"x^2 + {a + b}x + {(a * b) + shift}")
                        .Replace("+ -", "- ", StringComparison.Ordinal);
                    string factors = string.Create(CultureInfo.InvariantCulture, $"(x+{a})(x+{b})")
                        .Replace("+-", "-", StringComparison.Ordinal);
                    Assert.Equal(AnswerVerdict.Equal, Verifier.Verify(expanded, factors));
                    Assert.Equal(AnswerVerdict.Different, Verifier.Verify(other, factors));
                }
            );

    [Fact]
    public void Verify_WholeNumbersOfAnySize_EqualExactlyWhenTheirDigitsAre() =>
        Gen.Select(Gen.Byte.Array[1, 60], Gen.Bool)
            .Sample(
                (bytes, same) =>
                {
                    BigInteger number = new(bytes);
                    string grouped = number.ToString("N0", CultureInfo.InvariantCulture);
                    Assert.Equal(
                        same ? AnswerVerdict.Equal : AnswerVerdict.Different,
                        Verifier.Verify(
                            number.ToString(CultureInfo.InvariantCulture),
                            same ? grouped : (number + 1).ToString(CultureInfo.InvariantCulture)
                        )
                    );
                }
            );

    [Fact]
    public void Verify_AnyText_EndsAndRepeats() =>
        Gen.Select(Gen.String, Gen.String)
            .Sample((gold, prediction) => Assert.Equal(Verifier.Verify(gold, prediction), new AnswerVerifier().Verify(gold, prediction)));

    [Fact]
    public void Verify_ManyThreads_AgreeWithOne()
    {
        VerifierCase[] cases = [.. VerifierCase.All];
        AnswerVerdict[] alone = [.. cases.Select(one => Verifier.Verify(one.Gold, one.Prediction))];
        Parallel.For(
            0,
            4 * cases.Length,
            i => Assert.Equal(alone[i % cases.Length], Verifier.Verify(cases[i % cases.Length].Gold, cases[i % cases.Length].Prediction))
        );
    }

    [Fact]
    public void Verify_NotStrict_ForgivesNamesAndBrackets()
    {
        AnswerVerifier lenient = new(new VerifierOptions { Strict = false });
        Assert.Equal(AnswerVerdict.Equal, lenient.Verify("f(x)", "f(y)"));
        Assert.Equal(AnswerVerdict.Different, Verifier.Verify("f(x)", "f(y)"));
        Assert.Equal(AnswerVerdict.Equal, lenient.Verify("(1,3)", "\\{1,3\\}"));
        Assert.Equal(AnswerVerdict.Different, Verifier.Verify("(1,3)", "\\{1,3\\}"));
    }

    [Fact]
    public void Verify_FewerDecimals_ComparesToThem()
    {
        AnswerVerifier coarse = new(new VerifierOptions { Decimals = 4 });
        Assert.Equal(AnswerVerdict.Equal, coarse.Verify("1/3", "0.3333"));
        Assert.Equal(AnswerVerdict.Different, coarse.Verify("1/3", "0.333"));
    }

    [Fact]
    public void Verify_OptionsOutOfRange_AreAllNamed()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() =>
            new AnswerVerifier(new VerifierOptions { Decimals = 0, MaxSteps = 0 })
        );
        Assert.Contains("Decimals", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MaxSteps", exception.Message, StringComparison.Ordinal);
    }

    private static string Text(JsonElement row, string name) => row.GetProperty(name).GetString() ?? "";
}
