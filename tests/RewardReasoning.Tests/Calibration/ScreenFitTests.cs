using CsCheck;
using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Calibration;

public sealed class ScreenFitTests
{
    /// <summary>Without any loss 230 pairs show a loss of at most 1 % with 9 of 10 (0.99^229 is above 0.1), and 229 do not.</summary>
    [Theory]
    [InlineData(229, false)]
    [InlineData(230, true)]
    public void LevelFor_NoLoss_TakesTheFewestPairs(int pairs, bool decides)
    {
        ScreenFit fit = ScreenFit.Of("first", [.. Enumerable.Repeat(((double?)0.9, true, true), pairs)]);

        Assert.Equal(decides, fit.LevelFor(new AbstentionTarget(0.01)) is not null);
        Assert.Contains("fewer than 230", ScreenFit.Of("first", []).WhyNone(new AbstentionTarget(0.01)), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_JudgedPairs_CountsWhatIsLostByFallingSureness()
    {
        ScreenFit fit = ScreenFit.Of(
            "first",
            [(0.6, false, true), (0.9, true, false), (0.9, true, true), (null, false, true), (0.7, false, false), (0.5, false, true)]
        );

        Assert.Equal([new ScreenLevel(0.9, 2, 0), new ScreenLevel(0.7, 3, 0), new ScreenLevel(0.6, 4, 1)], fit.Levels);
        Assert.Equal(6, fit.Pairs);
    }

    /// <summary>Of many fits to pairs of which the surest are right, about nine of ten or more keep the loss that was asked for.</summary>
    [Fact]
    public void LevelFor_ManyFits_KeepTheLossInNineOfTen()
    {
        SeededRandom random = new(7);
        int broken = 0;
        for (int round = 0; round < 300; round++)
        {
            ScreenFit fit = ScreenFit.Of("first", [.. Enumerable.Range(0, 400).Select(_ => Drawn(random))]);
            double from = fit.LevelFor(new AbstentionTarget(0.02))?.Sureness ?? 1;

            // A pair of sureness s is lost with (1 - s) · 0.95; s is uniform from 0.5 to 1.
            double loss = 0.95 * (1 - from) * (1 - from);
            broken += loss > 0.02 ? 1 : 0;
        }

        Assert.InRange(broken, 1, 300 / 10 + 15);

        static (double?, bool, bool) Drawn(SeededRandom random)
        {
            double sureness = 0.5 + (0.5 * random.NextUnit());
            return (sureness, random.Chance(sureness), random.Chance(0.95));
        }
    }

    /// <summary>More loss never lets fewer pairs be decided.</summary>
    [Fact]
    public void LevelFor_MoreLoss_DecidesNoLess() =>
        Gen.Select(Gen.Select(Gen.Double[0.4, 1], Gen.Bool, Gen.Bool).Array[1, 400], Gen.Double[0.005, 0.2], Gen.Double[0.005, 0.2])
            .Sample(
                (pairs, one, other) =>
                {
                    ScreenFit fit = ScreenFit.Of("first", [.. pairs.Select(pair => ((double?)pair.Item1, pair.Item2, pair.Item3))]);
                    int few = fit.LevelFor(new(Math.Min(one, other)))?.Decided ?? 0,
                        many = fit.LevelFor(new(Math.Max(one, other)))?.Decided ?? 0;
                    Assert.True(few <= many);
                },
                iter: 200
            );

    [Fact]
    public void CertaintyFor_FileOfTwoFirstStages_KeepsBothAndNamesThem()
    {
        VotingSettings voting = new JudgeOptions().Voting;
        CalibrationFile file = new CalibrationFile().With(Fit("quick, 0 tokens")).With(Fit("screen small"));
        using TemporaryFile saved = new();
        file.Save(saved.Path);
        CalibrationFile read = CalibrationFile.Load(saved.Path);

        Assert.Equal(0.9, read.CertaintyFor("m", voting, "quick, 0 tokens", new(0.01)));
        Assert.Equal(0.9, read.CertaintyFor("m", voting, "screen small", new(0.01)));
        CalibrationException fault = Assert.Throws<CalibrationException>(() =>
            read.CertaintyFor("m", voting, "quick, 16 tokens", new(0.01))
        );
        Assert.Contains("not with the first stage 'quick, 16 tokens'; it has 'quick, 0 tokens'", fault.Message, StringComparison.Ordinal);

        CalibrationFit Fit(string first) =>
            new()
            {
                Map = new ConfidenceMap.Temperature(1),
                Model = "m",
                Voting = voting,
                Rows = 300,
                Accuracy = 1,
                Before = default,
                After = default,
                Screens = [ScreenFit.Of(first, [.. Enumerable.Repeat(((double?)0.9, true, true), 300)])],
            };
    }

    private sealed class TemporaryFile : IDisposable
    {
        public string Path { get; } = System.IO.Path.GetTempFileName();

        public void Dispose() => File.Delete(Path);
    }
}
