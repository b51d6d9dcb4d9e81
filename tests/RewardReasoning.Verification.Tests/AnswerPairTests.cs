using CsCheck;
using Xunit;

namespace RewardReasoning.Verification.Tests;

/// <summary>The rules, proved on random answers of every class: other pairs in each run, with the seed of a failure printed.</summary>
public sealed class AnswerPairTests
{
    private const int PairsOfEach = 40;

    private static readonly AnswerVerifier Verifier = new();

    public static TheoryData<string> Classes => [.. AnswerPairs.All.Select(pairs => pairs.Name)];

    [Theory]
    [MemberData(nameof(Classes))]
    public void Verify_OtherSpellings_AreEqual(string name) =>
        ClassOf(name)
            .Same.Sample(
                pair => Assert.True(Verify(pair) == AnswerVerdict.Equal, $"{pair.Gold} ||| {pair.Prediction}: {Verify(pair)}"),
                iter: PairsOfEach
            );

    [Theory]
    [MemberData(nameof(Classes))]
    public void Verify_NearMisses_AreNotEqual(string name) =>
        ClassOf(name)
            .Other.Sample(
                pair => Assert.True(Verify(pair) != AnswerVerdict.Equal, $"{pair.Gold} ||| {pair.Prediction}"),
                iter: PairsOfEach
            );

    [Fact]
    public void All_Classes_AreManyAndTriedOften()
    {
        Assert.True(AnswerPairs.All.Count >= 30);
        Assert.True(AnswerPairs.All.Count * 2 * PairsOfEach >= 2_000);
    }

    private static AnswerPairClass ClassOf(string name) => AnswerPairs.All.Single(pairs => pairs.Name == name);

    private static AnswerVerdict Verify((string Gold, string Prediction) pair) => Verifier.Verify(pair.Gold, pair.Prediction);
}
