using CsCheck;
using RewardReasoning.Ratings;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Tests.Rewards;

/// <summary>Members in random order, repeated, of two attempts, with connections lost and clocks moved.</summary>
public sealed class RewardPropertyTests
{
    private const int Groups = 3;
    private const int Size = 4;

    /// <summary>What happens next.</summary>
    /// <param name="Group">Which group.</param>
    /// <param name="Index">Which member.</param>
    /// <param name="Kind">Submits once, twice, or with another body; moves the clock; or restarts the service.</param>
    private sealed record Step(int Group, int Index, int Kind);

    private const int Twice = 5;
    private const int OtherBody = 6;
    private const int ClockStep = 7;
    private const int Restart = 8;

    private static readonly Gen<Step[]> Steps = Gen.Select(Gen.Int[0, Groups - 1], Gen.Int[0, Size - 1], Gen.Int[0, Restart])
        .Select((group, index, kind) => new Step(group, index, kind))
        .Array[0, 30];

    [Fact]
    public async Task EachMember_HasExactlyTheRewardOfItsOwnGroupAndAttempt() =>
        await Gen.Select(Steps, Gen.Shuffle(Enumerable.Range(0, Groups * Size).ToArray()), Gen.Int[0, Groups])
            .SampleAsync(
                async (steps, order, secondAttempts) =>
                {
                    Story story = await Story.StartAsync(new MemoryRewardLedger());
                    foreach (Step step in steps)
                    {
                        await story.PlayAsync(step, attempt: 0);
                    }

                    // Some groups begin again; then everybody comes, in any order, whoever was there before included.
                    foreach (int at in order)
                    {
                        (int group, int index) = (at / Size, at % Size);
                        await story.SubmitAsync(group, index, attempt: group < secondAttempts ? 1 : 0);
                    }

                    for (int group = 0; group < Groups; group++)
                    {
                        int attempt = group < secondAttempts ? 1 : 0;
                        RewardAnswer[] answers = await story.FinalAsync(group, attempt);
                        Assert.Equal(Story.Expected(group, attempt), answers.Select(answer => answer.Reward ?? double.NaN));
                    }

                    await story.EndAsync();
                },
                iter: 150,
                threads: 1
            );

    [Fact]
    public async Task WhenClocksRunOut_EveryMemberHasARewardOrATypedFailure_AndKeepsIt() =>
        await Gen.Select(Steps, Gen.Int[1, 200].Array[0, 30])
            .SampleAsync(
                async (steps, waits) =>
                {
                    Story story = await Story.StartAsync(new MemoryRewardLedger());
                    for (int at = 0; at < steps.Length; at++)
                    {
                        await story.PlayAsync(steps[at], attempt: 0);
                        if (at < waits.Length)
                        {
                            await story.MoveClockAsync(TimeSpan.FromSeconds(waits[at]));
                        }
                    }

                    await story.MoveClockAsync(TimeSpan.FromHours(2));
                    foreach ((int group, int index) in story.Submitted)
                    {
                        RewardAnswer first = await story.SubmitAsync(group, index, attempt: 0);
                        RewardAnswer again = await story.SubmitAsync(group, index, attempt: 0);
                        Assert.True(first.IsFinal, $"Member {group}/{index} is {first.State}.");
                        Assert.NotEqual(first.Reward is null, first.Failure is null);
                        Assert.Equal(first, again);
                    }

                    await story.EndAsync();
                },
                iter: 150,
                threads: 1
            );

    /// <summary>A service whose judge refuses to compare what does not belong together.</summary>
    private sealed class Story
    {
        private readonly ManualTime _time = new();
        private readonly NumberJudge _judge = new();
        private readonly IRewardLedger _ledger;
        private readonly List<string> _mixed = [];
        private RewardService _service;

        private Story(IRewardLedger ledger, RewardService service) => (_ledger, _service) = (ledger, service);

        public HashSet<(int Group, int Index)> Submitted { get; } = [];

        public static async Task<Story> StartAsync(IRewardLedger ledger)
        {
            Story story = new(ledger, null!);
            story._judge.Before = (comparison, _) =>
            {
                if (
                    OwnerOf(comparison.Response1) != OwnerOf(comparison.Response2)
                    || comparison.Query != OwnerOf(comparison.Response1)[..2]
                )
                {
                    story._mixed.Add($"{comparison.Response1} met {comparison.Response2}");
                }

                return Task.CompletedTask;
            };
            await story.RestartAsync();
            return story;
        }

        /// <summary>Rewards of a whole group by the numbers that its members write, of which some are equal.</summary>
        public static IEnumerable<double> Expected(int group, int attempt)
        {
            int[] numbers = [.. Enumerable.Range(0, Size).Select(index => NumberOf(group, index, attempt))];
            int[] distinct = [.. numbers.Distinct()];
            MatchResult[] results =
            [
                .. from first in Enumerable.Range(0, distinct.Length)
                from second in Enumerable.Range(first + 1, distinct.Length - first - 1)
                select new MatchResult(first, second, distinct[first] > distinct[second] ? MatchOutcome.First : MatchOutcome.Second),
            ];
            double[] rewards = Ratings.Rewards.WinProbabilities(BradleyTerry.Fit(distinct.Length, results));
            return numbers.Select(number => Math.Round(rewards[Array.IndexOf(distinct, number)], 6));
        }

        public async Task PlayAsync(Step step, int attempt)
        {
            switch (step.Kind)
            {
                case Twice:
                    await Task.WhenAll(SubmitAsync(step.Group, step.Index, attempt), SubmitAsync(step.Group, step.Index, attempt));
                    break;
                case OtherBody:
                    RewardAnswer first = await SubmitAsync(step.Group, step.Index, attempt);
                    RewardAnswer other = await SubmitAsync(step.Group, step.Index, attempt, otherBody: true);
                    bool wasLate = first.Id is null; // then neither of the two is a member
                    Assert.Equal(wasLate ? first.Failure?.Class : FailureClass.Conflict, other.Failure?.Class);
                    break;
                case ClockStep:
                    await MoveClockAsync(TimeSpan.FromMilliseconds(100));
                    break;
                case Restart:
                    await RestartAsync();
                    break;
                default:
                    await SubmitAsync(step.Group, step.Index, attempt);
                    break;
            }
        }

        public async Task<RewardAnswer> SubmitAsync(int group, int index, int attempt, bool otherBody = false)
        {
            Submitted.Add((group, index));
            using LocalRewardTicket ticket = await _service.SubmitAsync(
                new()
                {
                    Group = $"group {group}",
                    Attempt = attempt,
                    Index = index,
                    Size = Size,
                    Query = $"q{group}",
                    Response = $"q{group}.{attempt}{(otherBody ? " other" : "")} {NumberOf(group, index, attempt)}",
                    CollectTime = TimeSpan.FromSeconds(300),
                    JudgeTime = TimeSpan.FromSeconds(60),
                }
            );
            return ticket.Answer;
        }

        public async Task<RewardAnswer[]> FinalAsync(int group, int attempt)
        {
            List<RewardAnswer> answers = [];
            for (int index = 0; index < Size; index++)
            {
                RewardAnswer answer = await SubmitAsync(group, index, attempt);
                for (int tries = 0; !answer.IsFinal; tries++)
                {
                    Assert.True(tries < 10_000, $"Member {group}/{index} of attempt {attempt} has no answer.");
                    await Task.Delay(1, TestContext.Current.CancellationToken);
                    answer = await SubmitAsync(group, index, attempt);
                }

                answers.Add(answer with { Reward = answer.Reward is { } reward ? Math.Round(reward, 6) : null });
            }

            return [.. answers];
        }

        /// <summary>Moves the clock when the judge has nothing in hand, so that it does not run out of time by the test's doing.</summary>
        public async Task MoveClockAsync(TimeSpan by)
        {
            await QuietAsync();
            _time.Advance(by);
            await QuietAsync();
        }

        public async Task EndAsync()
        {
            await _service.DisposeAsync();
            Assert.Empty(_mixed);
        }

        private async Task RestartAsync()
        {
            if (_service is not null)
            {
                await _service.DisposeAsync();
            }

            _service = await RewardService.StartAsync(_judge.ToRewardJudge(concurrency: 3), new RewardOptions(), _ledger, _time);
        }

        private async Task QuietAsync()
        {
            for (int tries = 0; _service.WorkInHand > 0; tries++)
            {
                Assert.True(tries < 10_000, "The service does not come to rest.");
                await Task.Delay(1, TestContext.Current.CancellationToken);
            }
        }

        private static int NumberOf(int group, int index, int attempt) => ((index * 7) + (group * 3) + attempt) % 5;

        private static string OwnerOf(string response) => response.Split(' ')[0];
    }
}
