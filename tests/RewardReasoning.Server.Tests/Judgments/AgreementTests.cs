using RewardReasoning.Server.Judgments;

namespace RewardReasoning.Server.Tests.Judgments;

public sealed class AgreementTests
{
    [Fact]
    public void Of_CohensExample_IsHandArithmetic()
    {
        // 20 both 1, 5 label 1 and judge 2, 10 label 2 and judge 1, 15 both 2: p_o = 35/50 = 0.7,
        // p_e = (25 · 30 + 25 · 20) / 2500 = 0.5, kappa = 0.4; SE = sqrt(0.7 · 0.3 / 50) / 0.5 = 0.12961, half = 0.25404.
        Agreement agreement = Agreement.Of([new(1, 1, 20), new(1, 2, 5), new(2, 1, 10), new(2, 2, 15), new(0, 1, 3), new(1, 0, 2)]);
        Assert.Equal((50L, 35L, 5L), (agreement.Labels, agreement.Agreed, agreement.Undecided));
        Assert.Equal(0.4, agreement.Kappa ?? double.NaN, 12);
        Assert.Equal(0.14596, agreement.Low ?? double.NaN, 4);
        Assert.Equal(0.65404, agreement.High ?? double.NaN, 4);
    }

    [Fact]
    public void Of_NoLabels_HasNoKappa() => Assert.Null(Agreement.Of([]).Kappa);

    [Fact]
    public void Of_OneClassOnly_HasNoKappa() => Assert.Null(Agreement.Of([new(1, 1, 7)]).Kappa);

    [Fact]
    public void UncertaintyOf_MissingJudgment_IsTheMost() => Assert.Equal(1, JudgmentRecorder.UncertaintyOf(Judgment(null, null)));

    private static Judgment Judgment(Verdict? preferred, double? confidence) =>
        new()
        {
            Preferred = preferred,
            Confidence = confidence,
            Votes = [],
            Usage = Usage.None,
            Model = "m",
        };
}
