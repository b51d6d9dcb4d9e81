using System.Text.Json;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

/// <summary>
/// The reference numbers of voting.json (computed elsewhere in exact fractions): posteriors, and for simulated judges the expected votes
/// and accuracy of each stopping rule.
/// </summary>
public sealed class VotingReferenceTests
{
    private const double Tolerance = 1e-12;

    private static readonly JsonElement Reference = JsonDocument
        .Parse(File.ReadAllBytes(Fixtures.PathOf("ratings/voting.json")))
        .RootElement;

    /// <summary>Quality of the judge and the most votes.</summary>
    public static TheoryData<double, int> Judges =>
        new(
            Reference
                .GetProperty("voting")
                .EnumerateArray()
                .Select(one => (one.GetProperty("q").GetDouble(), one.GetProperty("k").GetInt32()))
        );

    [Fact]
    public void LeaderProbability_AllPosteriors_AreTheReference()
    {
        JsonElement[] all = [.. Reference.GetProperty("posterior").EnumerateArray()];
        Assert.Equal(33 * 34 / 2, all.Length);
        Assert.All(
            all,
            one => Assert.Equal(one[2].GetDouble(), BetaPosterior.LeaderProbability(one[0].GetInt32(), one[1].GetInt32()), Tolerance)
        );
    }

    [Theory]
    [MemberData(nameof(Judges))]
    public void Voting_SimulatedJudge_IsTheReference(double quality, int k)
    {
        JsonElement expected = Reference
            .GetProperty("voting")
            .EnumerateArray()
            .Single(one => one.GetProperty("q").GetDouble() == quality && one.GetProperty("k").GetInt32() == k);
        double majority = expected.GetProperty("majority_accuracy").GetDouble();
        AssertExpectation(k, majority, VotingExpectation.Of(new VoteStopping.Fixed(), k, quality));
        AssertExpectation(
            expected.GetProperty("decided_votes").GetDouble(),
            majority,
            VotingExpectation.Of(new VoteStopping.Certain(), k, quality)
        );
        foreach (JsonElement posterior in expected.GetProperty("posterior").EnumerateArray())
        {
            VoteStopping.Confidence stopping = new(posterior.GetProperty("level").GetDouble());
            double accuracy = posterior.GetProperty("accuracy").GetDouble();
            AssertExpectation(posterior.GetProperty("votes").GetDouble(), accuracy, VotingExpectation.Of(stopping, k, quality));
            AssertExpectation(
                posterior.GetProperty("votes_or_decided").GetDouble(),
                accuracy,
                VotingExpectation.Of(stopping with { OrCertain = true }, k, quality)
            );
        }
    }

    /// <summary>The judge itself, vote for vote: all 128 sequences of seven votes, each weighted by its probability.</summary>
    [Theory]
    [InlineData("fixed")]
    [InlineData("certain")]
    [InlineData("0.95")]
    [InlineData("0.95,certain")]
    public async Task JudgeAsync_AllSequencesOfSevenVotes_AreTheReference(string stopping)
    {
        const int MaxVotes = 7;
        Comparison comparison = new("2+2?", "four", "five");
        JudgeOptions options = new()
        {
            Votes = MaxVotes,
            Stopping = VoteStopping.Parse(stopping),
            Order = VoteOrder.Given,
        };
        Dictionary<long, int> indexOf = Enumerable
            .Range(0, MaxVotes)
            .ToDictionary(vote => (long)VoteSeeds.Of(options.Seed, comparison, vote));
        Judgment[] judgments = new Judgment[1 << MaxVotes];
        for (int sequence = 0; sequence < judgments.Length; sequence++)
        {
            int wrong = sequence;
            using ScriptedChatClient client = new(request =>
                $@"\boxed{{Assistant {1 + (wrong >> indexOf[request.Options.Seed ?? -1] & 1)}}}"
            );
            judgments[sequence] = await new ReasoningJudge(client, options).JudgeAsync(comparison, TestContext.Current.CancellationToken);
        }

        foreach (double quality in (double[])[0.8, 0.9, 0.95])
        {
            double votes = 0,
                accuracy = 0;
            for (int sequence = 0; sequence < judgments.Length; sequence++)
            {
                int wrong = int.PopCount(sequence);
                double weight = Math.Pow(quality, MaxVotes - wrong) * Math.Pow(1 - quality, wrong);
                votes += weight * judgments[sequence].Votes.Count;
                accuracy += weight * (judgments[sequence].Preferred == Verdict.First ? 1 : 0);
            }

            AssertExpectation(votes, accuracy, VotingExpectation.Of(options.Stopping, MaxVotes, quality));
        }
    }

    private static void AssertExpectation(double votes, double accuracy, VotingExpectation actual)
    {
        Assert.Equal(votes, actual.Votes, Tolerance);
        Assert.Equal(accuracy, actual.Accuracy, Tolerance);
    }
}
