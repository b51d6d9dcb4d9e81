using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class SoftVerdictTests
{
    [Fact]
    public void FirstProbability_BothNumbersListed_IsTheirShare() =>
        Assert.Equal(0.75, SoftVerdict.FirstProbability([Top("1", 0.6), Top("2", 0.2)]) ?? -1, 1e-6);

    [Fact]
    public void FirstProbability_NumberWithABlank_CountsToo() =>
        Assert.Equal(0.7, SoftVerdict.FirstProbability([Top("1", 0.4), Top(" 1", 0.3), Top("2", 0.3)]) ?? -1, 1e-6);

    [Fact]
    public void FirstProbability_OneNumberUnlisted_GetsWhatIsLeft() =>
        Assert.Equal(0.9 / 0.94, SoftVerdict.FirstProbability([Top("1", 0.9), Top("x", 0.06)]) ?? -1, 1e-5);

    [Fact]
    public void FirstProbability_NeitherListed_IsUnknown() => Assert.Null(SoftVerdict.FirstProbability([Top("x", 0.9)]));

    [Fact]
    public void FirstProbability_NumberBeforeTheBox_IsNotTheVerdict()
    {
        string[] tokens = ["so ", "2", " is wrong ", "\\boxed", "{Assistant ", "1", "}"];
        KeyValuePair<string, float>[][] top = [.. tokens.Select(token => (KeyValuePair<string, float>[])[Top(token, 1)])];
        top[1] = [Top("2", 0.99), Top("1", 0.01)];
        top[5] = [Top("1", 0.8), Top("2", 0.2)];
        Assert.Equal(0.8, SoftVerdict.FirstProbability(Response(tokens, top), forced: false) ?? -1, 1e-6);
    }

    [Fact]
    public void FirstProbability_ForcedVerdict_IsTheLastNumber()
    {
        string[] tokens = ["think ", "2", "1"];
        KeyValuePair<string, float>[][] top =
        [
            [Top("think ", 1)],
            [Top("2", 1)],
            [Top("1", 0.7), Top("2", 0.3)],
        ];
        Assert.Equal(0.7, SoftVerdict.FirstProbability(Response(tokens, top), forced: true) ?? -1, 1e-6);
    }

    [Theory]
    [InlineData(0.5, 0)]
    [InlineData(0.9, 2.1972245773)]
    [InlineData(0, -13.8155095579)]
    [InlineData(1, 13.8155095579)]
    public void LogOdds_AnyProbability_IsFinite(double probability, double expected) =>
        Assert.Equal(expected, ConfidenceMap.LogOdds(probability), 1e-6);

    private static KeyValuePair<string, float> Top(string token, double probability) => new(token, (float)Math.Log(probability));

    private static ChatResponse Response(string[] tokens, KeyValuePair<string, float>[][] top) =>
        new()
        {
            AdditionalProperties = new() { [ChatResponseKeys.TokenTexts] = tokens, [ChatResponseKeys.TokenTopLogProbs] = top },
        };
}
