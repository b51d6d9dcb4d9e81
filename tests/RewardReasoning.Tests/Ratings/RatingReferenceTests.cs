using System.Text.Json;
using RewardReasoning.Ratings;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Ratings;

/// <summary>
/// Against elo.json (evalica 0.4.2) and bradley-terry.json (scipy 1.17.1, agreed with evalica and choix 0.4.1) beside this file: twelve
/// seeded lists of 1 to 600 matches (seed 5).
/// </summary>
public sealed class RatingReferenceTests
{
    private const double EloTolerance = 1e-9;
    private const double BradleyTerryTolerance = 1e-8;

    /// <summary>Ratings are 174 to the logit, and so is what rounding is worth on their scale.</summary>
    private const double OnEloScale = 174 * BradleyTerryTolerance;
    private static readonly JsonElement EloCases = Cases("elo.json");
    private static readonly JsonElement BradleyTerryCases = Cases("bradley-terry.json");

    public static TheoryData<string> Names => [.. EloCases.EnumerateArray().Select(entry => entry.GetProperty("name").GetString() ?? "")];

    [Theory]
    [MemberData(nameof(Names))]
    public void Elo_Case_EqualsTheReference(string name)
    {
        JsonElement expected = Case(EloCases, name);
        (int players, MatchResult[] matches) = Matches(expected);
        MatchResult[] reversed = [.. matches.Reverse()];
        double[] ratings = Elo.Rate(players, matches);
        AssertClose(expected, "elo_k4", ratings, EloTolerance);
        AssertClose(expected, "reward_k4", ratings.Select(Elo.Reward), EloTolerance);
        AssertClose(expected, "elo_k32", Elo.Rate(players, matches, new() { K = 32 }), EloTolerance);
        AssertClose(expected, "elo_k4_reversed", Elo.Rate(players, reversed), EloTolerance);
        AssertClose(expected, "elo_k32_reversed", Elo.Rate(players, reversed, new() { K = 32 }), EloTolerance);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void BradleyTerry_Case_EqualsTheReference(string name)
    {
        (int players, MatchResult[] matches) = Matches(Case(EloCases, name));
        JsonElement expected = Case(BradleyTerryCases, name).GetProperty("map");
        BradleyTerryFit fit = BradleyTerry.Fit(players, matches);
        AssertClose(expected, "theta", fit.Strengths, BradleyTerryTolerance);
        AssertClose(expected, "se", fit.StandardErrors, BradleyTerryTolerance);
        AssertClose(expected, "elo", Enumerable.Range(0, players).Select(fit.Rating), OnEloScale);
        AssertClose(expected, "elo_low", Enumerable.Range(0, players).Select(fit.Low), 3 * OnEloScale);
        AssertClose(expected, "elo_high", Enumerable.Range(0, players).Select(fit.High), 3 * OnEloScale);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void SparseSystem_Case_EqualsTheReference(string name)
    {
        (int players, MatchResult[] matches) = Matches(Case(EloCases, name));
        JsonElement expected = Case(BradleyTerryCases, name).GetProperty("map");
        PairPoints points = PairPoints.Of(players, matches);
        SparseSystem system = new(points, BradleyTerry.DefaultLambda);
        double[] strengths = new double[players];
        BradleyTerry.Maximise(points, BradleyTerry.DefaultLambda, strengths, system);
        AssertClose(expected, "theta", strengths, BradleyTerryTolerance);
        AssertClose(expected, "se", system.CentredVariances().Select(Math.Sqrt), 1e-7);
    }

    private static JsonElement Cases(string file) =>
        JsonDocument.Parse(File.ReadAllBytes(Fixtures.PathOf($"ratings/{file}"))).RootElement.GetProperty("cases");

    private static JsonElement Case(JsonElement cases, string name) =>
        cases.EnumerateArray().Single(entry => entry.GetProperty("name").GetString() == name);

    private static (int Players, MatchResult[] Matches) Matches(JsonElement expected) =>
        (
            expected.GetProperty("players").GetInt32(),
            [
                .. expected
                    .GetProperty("matches")
                    .EnumerateArray()
                    .Select(match => new MatchResult(
                        match[0].GetInt32(),
                        match[1].GetInt32(),
                        match[2].GetString() switch
                        {
                            "first" => MatchOutcome.First,
                            "second" => MatchOutcome.Second,
                            _ => MatchOutcome.Tie,
                        }
                    )),
            ]
        );

    private static void AssertClose(JsonElement expected, string property, IEnumerable<double> actual, double tolerance)
    {
        double[] values = [.. actual];
        double[] wanted = [.. expected.GetProperty(property).EnumerateArray().Select(value => value.GetDouble())];
        Assert.Equal(wanted.Length, values.Length);
        Assert.All(wanted.Zip(values), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }
}
