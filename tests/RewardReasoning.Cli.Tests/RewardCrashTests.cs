using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm serve</c> killed in the middle of groups, while its clients try again.</summary>
public sealed class RewardCrashTests : IDisposable
{
    private const int Groups = 64;
    private const int Size = 5;
    private readonly TemporaryFolder _folder = new();
    private readonly int _port = FreePort();
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(20) };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>
    /// Every third group is sent a first attempt too, with other responses. Each member is sent at least once, some twice, by clients that
    /// know nothing but to send it again when a request fails.
    /// </summary>
    [Fact]
    public async Task Serve_KilledInTheMiddleOfGroups_GivesEachMemberOneRewardOfItsOwnAttempt()
    {
        await using FakeOpenAIServer judge = await NumberServer.StartAsync();
        Random random = new(7);
        Member[] members = [.. Enumerable.Range(0, Groups).SelectMany(group => MembersOf(group, random))];
        Member[] sent = [.. members, .. members.Where(_ => random.Next(8) == 0)];
        random.Shuffle(sent);
        ConcurrentDictionary<Member, ConcurrentBag<JsonElement>> finals = new();

        Process server = await ServeAsync(judge);
        try
        {
            Task clients = Task.WhenAll(sent.Select(async member => AddTo(finals, member, await AskUntilFinalAsync(member))));
            foreach (int answered in (int[])[100, 400])
            {
                while (judge.Requests.Count < answered && !clients.IsCompleted)
                {
                    await Task.Delay(10, Cancellation);
                }

                Assert.False(clients.IsCompleted, "all groups were judged before the server was killed");
                server.Kill(); // SIGKILL
                await server.WaitForExitAsync(Cancellation);
                server.Dispose();
                server = await ServeAsync(judge);
            }

            await clients;
            await Task.WhenAll(members.Select(async member => AddTo(finals, member, await AskUntilFinalAsync(member))));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync(CancellationToken.None);
            server.Dispose();
        }

        foreach (IGrouping<string, Member> group in members.GroupBy(member => member.Group))
        {
            int last = group.Max(member => member.Attempt);
            double?[] rewards =
            [
                .. group
                    .Where(member => member.Attempt == last)
                    .OrderBy(member => member.Value)
                    .Select(member => Assert.Single(finals[member].Select(RewardOf).Distinct())),
            ];
            Assert.All(rewards, reward => Assert.NotNull(reward));
            Assert.Equal(Size, rewards.Distinct().Count());
            Assert.Equal(rewards.Order(), rewards); // those of its own numbers: an attempt's rank follows them
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        _folder.Dispose();
    }

    private static Member[] MembersOf(int group, Random random)
    {
        int[] values = [.. Enumerable.Range(1, 1_000)];
        random.Shuffle(values);
        int attempts = group % 3 == 0 ? 2 : 1;
        return
        [
            .. from attempt in Enumerable.Range(0, attempts)
            from index in Enumerable.Range(0, Size)
            select new Member($"group-{group}", attempt, index, values[(attempt * Size) + index]),
        ];
    }

    private static void AddTo(ConcurrentDictionary<Member, ConcurrentBag<JsonElement>> finals, Member member, JsonElement answer) =>
        finals.GetOrAdd(member, _ => []).Add(answer);

    private static double? RewardOf(JsonElement answer) =>
        answer.GetProperty("reward") is { ValueKind: JsonValueKind.Number } reward ? reward.GetDouble() : null;

    private async Task<JsonElement> AskUntilFinalAsync(Member member)
    {
        while (true)
        {
            try
            {
                using HttpResponseMessage response = await _http.PostAsJsonAsync(
                    $"http://127.0.0.1:{_port}/v1/rewards",
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
                if (answer.TryGetProperty("state", out JsonElement state) && state.GetString() == "done")
                {
                    return answer;
                }
            }
            catch (HttpRequestException)
            {
                // The server is gone, or not there yet.
            }

            await Task.Delay(50, Cancellation);
        }
    }

    private async Task<Process> ServeAsync(FakeOpenAIServer judge)
    {
        Process process = Rrm.Start(
            "serve",
            "--endpoint",
            judge.Url.ToString(),
            "--model",
            "numbers",
            "--concurrency",
            "8",
            "--port",
            $"{_port}",
            "--store",
            _folder["store.db"]
        );
        string told = await process.StandardError.ReadLineAsync(Cancellation) ?? "";
        Assert.StartsWith("rrm: numbers answers at ", told, StringComparison.Ordinal);
        return process;
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed record Member(string Group, int Attempt, int Index, int Value);
}
