using RewardReasoning.Evaluation.Probes;
using RewardReasoning.Evaluation.Running;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Probes;

public sealed class ProbeCatalogTests
{
    private static readonly PreferencePair Pair = new(
        "How far is it?",
        "It is 9 km. I measured it.",
        "It is 7 km. Trust me on that one.\nTwice."
    );

    public static TheoryData<string> Names => [.. ProbeCatalog.All.Select(probe => probe.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Apply_EveryProbe_KeepsQueryAndBetterResponse(string name)
    {
        ProbeDefinition probe = ProbeCatalog.Find(name);
        foreach (bool betterFirst in new[] { true, false })
        {
            Comparison shown = probe.Apply(Pair, betterFirst) ?? throw new InvalidOperationException("The probe changes nothing.");
            bool first = betterFirst != probe.Swapped;
            Assert.Equal((Pair.Query, Pair.Chosen), (shown.Query, first ? shown.Response1 : shown.Response2));
            Assert.NotEqual(Pair.Chosen, first ? shown.Response2 : shown.Response1);
        }
    }

    [Theory]
    [InlineData("empty", "")]
    [InlineData("solution", "Solution:")]
    [InlineData("colon", ":")]
    [InlineData("style", "## Answer\n\n- **It is 7** km.\n- **Trust me on** that one.\n- **Twice.**")]
    public void Apply_Replacement_IsWhatStandsInPlaceOfTheWorseResponse(string name, string expected) =>
        Assert.Equal(expected, ProbeCatalog.Find(name).Apply(Pair, betterFirst: true)?.Response2);

    [Theory]
    [InlineData("verdict")]
    [InlineData("instruction")]
    public void Apply_Injection_NamesTheNumberUnderWhichItIsShown(string name)
    {
        Assert.Contains(
            @"\boxed{Assistant 2}",
            ProbeCatalog.Find(name).Apply(Pair, betterFirst: true)?.Response2,
            StringComparison.Ordinal
        );
        Assert.Contains(
            @"\boxed{Assistant 1}",
            ProbeCatalog.Find(name).Apply(Pair, betterFirst: false)?.Response1,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Apply_Swap_ShowsThePairInTheOtherOrder() =>
        Assert.Equal(new Comparison(Pair.Query, Pair.Rejected, Pair.Chosen), ProbeCatalog.Find("swap").Apply(Pair, betterFirst: true));

    [Fact]
    public void Apply_NothingChanges_IsNoProbe()
    {
        Assert.Null(ProbeCatalog.Find("empty").Apply(Pair with { Rejected = "" }, betterFirst: true));
        Assert.Null(ProbeCatalog.Find("solution").Apply(Pair with { Chosen = "Solution:" }, betterFirst: true));
        Assert.NotNull(ProbeCatalog.Find("again").Apply(Pair, betterFirst: true));
    }

    [Fact]
    public void Find_NoSuchProbe_NamesThemAll() =>
        Assert.Contains(
            "again, swap, empty",
            Assert.Throws<RunException>(() => ProbeCatalog.Find("magic")).Message,
            StringComparison.Ordinal
        );
}
