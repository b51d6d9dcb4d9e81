using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace RewardReasoning.Cli.Tests;

/// <summary>A member of a group whose response is a number.</summary>
internal sealed record RewardMember(string Group, int Attempt, int Index, int Value);

/// <summary>
/// Groups whose members are numbers, and clients that know nothing but to send a member again when a request fails. Every third group is
/// sent a first attempt too, with other responses; some members are sent twice.
/// </summary>
internal sealed class RewardMembers : IDisposable
{
    public const int Size = 5;
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(8) };
    private readonly ConcurrentDictionary<RewardMember, ConcurrentBag<JsonElement>> _finals = new();

    public RewardMembers(int groups, Random random)
    {
        All = [.. Enumerable.Range(0, groups).SelectMany(group => MembersOf(group, random))];
        RewardMember[] sent = [.. All, .. All.Where(_ => random.Next(8) == 0)];
        random.Shuffle(sent);
        Sent = sent;
    }

    /// <summary>Every member once.</summary>
    public IReadOnlyList<RewardMember> All { get; }

    /// <summary>What clients send, in their order.</summary>
    public IReadOnlyList<RewardMember> Sent { get; }

    /// <summary>Answers that were neither a member's state nor a failure with a type.</summary>
    public ConcurrentBag<string> Odd { get; } = [];

    /// <summary>Typed failures that were answered.</summary>
    public int Refused => _refused;

    private int _refused;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Sends members until each has its final answer.</summary>
    /// <param name="members">The members.</param>
    /// <param name="portOf">Where a try of a member goes.</param>
    public Task AskAsync(IEnumerable<RewardMember> members, Func<RewardMember, int> portOf) =>
        Task.WhenAll(
            members.Select(async member =>
            {
                JsonElement answer = await AskUntilFinalAsync(member, portOf);
                _finals.GetOrAdd(member, _ => []).Add(answer);
            })
        );

    /// <summary>Each member had one reward however often it asked, and it is its place among the numbers of its own attempt.</summary>
    public void RequireOneRewardOfItsOwnAttempt()
    {
        Assert.Empty(Odd);
        foreach (IGrouping<string, RewardMember> group in All.GroupBy(member => member.Group))
        {
            int last = group.Max(member => member.Attempt);
            double?[] rewards =
            [
                .. group
                    .Where(member => member.Attempt == last)
                    .OrderBy(member => member.Value)
                    .Select(member => Assert.Single(_finals[member].Select(RewardOf).Distinct())),
            ];
            Assert.All(rewards, reward => Assert.NotNull(reward));
            Assert.Equal(Size, rewards.Distinct().Count());
            Assert.Equal(rewards.Order(), rewards); // those of its own numbers: an attempt's rank follows them
        }
    }

    public void Dispose() => _http.Dispose();

    private static RewardMember[] MembersOf(int group, Random random)
    {
        int[] values = [.. Enumerable.Range(1, 1_000)];
        random.Shuffle(values);
        int attempts = group % 3 == 0 ? 2 : 1;
        return
        [
            .. from attempt in Enumerable.Range(0, attempts)
            from index in Enumerable.Range(0, Size)
            select new RewardMember($"group-{group}", attempt, index, values[(attempt * Size) + index]),
        ];
    }

    private static double? RewardOf(JsonElement answer) =>
        answer.GetProperty("reward") is { ValueKind: JsonValueKind.Number } reward ? reward.GetDouble() : null;

    private async Task<JsonElement> AskUntilFinalAsync(RewardMember member, Func<RewardMember, int> portOf)
    {
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await _http.PostAsJsonAsync(
                    $"http://127.0.0.1:{portOf(member)}/v1/rewards",
                    new
                    {
                        group = member.Group,
                        attempt = member.Attempt,
                        index = member.Index,
                        size = Size,
                        query = "Which number is larger?",
                        response = member.Value.ToString(CultureInfo.InvariantCulture),
                        wait_s = 2,
                    },
                    Cancellation
                );
                JsonElement answer = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
                if (answer.TryGetProperty("state", out JsonElement state))
                {
                    if (state.GetString() == "done")
                    {
                        return answer;
                    }
                }
                else if ((int)response.StatusCode == 503 && answer.TryGetProperty("code", out _) && response.Headers.RetryAfter is not null)
                {
                    Interlocked.Increment(ref _refused);
                }
                else
                {
                    Odd.Add($"{(int)response.StatusCode} {answer}");
                }
            }
            catch (Exception gone)
                when (gone is HttpRequestException or JsonException
                    || (gone is TaskCanceledException && !Cancellation.IsCancellationRequested)
                )
            {
                // The server is gone, or not there yet.
            }

            await Task.Delay(50, Cancellation);
        }
    }
}
