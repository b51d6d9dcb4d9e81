using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using RewardReasoning.Judging;
using RewardReasoning.Server;
using RewardReasoning.Testing;

namespace RewardReasoning.Cluster.Tests;

/// <summary>Whole servers of a cluster, over HTTP.</summary>
public sealed class ClusteredJudgeServerTests(PostgresFixture postgres)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ServerThatIsStopped_LeavesGroupsAndRowsToTheOther()
    {
        string database = await postgres.CreateDatabaseAsync();
        int[] asked = new int[2];
        using OpenedJudge judge1 = JudgeOf(0);
        using OpenedJudge judge2 = JudgeOf(1);
        RewardCluster[] clusters = [ClusterOf(database), ClusterOf(database)];
        await using JudgeServer stays = await StartAsync(judge1, clusters[0]);
        await using JudgeServer stops = await StartAsync(judge2, clusters[1]);
        using HttpClient http = new();
        while (!Array.TrueForAll(clusters, cluster => cluster.Servers == 2))
        {
            await Task.Delay(20, Cancellation);
        }

        for (int group = 0; group < 8; group++)
        {
            using HttpResponseMessage taken = await http.PostAsJsonAsync(
                new Uri(stops.Url, "/v1/rewards"),
                Member(group, 0, 0),
                Cancellation
            );
            Assert.Equal(202, (int)taken.StatusCode);
        }

        string rows = string.Join(
            '\n',
            Enumerable.Range(0, 400).Select(i => $$"""{"query": "q{{i}}", "response_1": "a", "response_2": "b"}""")
        );
        using StringContent body = new(rows, Encoding.UTF8, "application/x-ndjson");
        using HttpResponseMessage submitted = await http.PostAsync(new Uri(stops.Url, "/v1/jobs"), body, Cancellation);
        string job = (await submitted.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetString() ?? "";
        while (asked[0] < 4 || asked[1] < 4)
        {
            await Task.Delay(10, Cancellation); // both do their part
        }

        await stops.StopAsync();
        double?[] rewards = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(async group =>
                {
                    using HttpResponseMessage answer = await http.PostAsJsonAsync(
                        new Uri(stays.Url, "/v1/rewards"),
                        Member(group, 1, 60),
                        Cancellation
                    );
                    return (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("reward").GetDouble() as double?;
                })
        );
        Assert.All(rewards, reward => Assert.True(reward < 0.5)); // the first response is always preferred
        while (await StateAsync() != "done")
        {
            await Task.Delay(50, Cancellation);
        }

        string[] results = (await http.GetStringAsync(new Uri(stays.Url, $"/v1/jobs/{job}/results"), Cancellation)).Split(
            '\n',
            StringSplitOptions.RemoveEmptyEntries
        );
        Assert.Equal(
            Enumerable.Range(0, 400).Select(i => $"q{i}"),
            results.Select(row => JsonDocument.Parse(row).RootElement.GetProperty("query").GetString())
        );
        Assert.Contains(
            "reward_reasoning_server_cluster_servers",
            await http.GetStringAsync(new Uri(stays.Url, "/metrics"), Cancellation),
            StringComparison.Ordinal
        );

        OpenedJudge JudgeOf(int server) =>
            JudgeFactory.Open(
                new ScriptedChatClient(_ =>
                {
                    Interlocked.Increment(ref asked[server]);
                    return new ScriptedReply { Text = @"\boxed{Assistant 1}" };
                })
                {
                    Delay = TimeSpan.FromMilliseconds(150),
                },
                new() { Order = VoteOrder.Given }
            );

        async Task<string?> StateAsync() =>
            (await http.GetFromJsonAsync<JsonElement>(new Uri(stays.Url, $"/v1/jobs/{job}"), Cancellation))
                .GetProperty("state")
                .GetString();
    }

    private static object Member(int group, int index, double wait) =>
        new
        {
            group = $"group-{group.ToString(CultureInfo.InvariantCulture)}",
            index,
            size = 2,
            query = "q",
            response = index == 0 ? "a" : "b",
            wait_s = wait,
        };

    private static RewardCluster ClusterOf(string database) => new(new() { Cluster = database }, TimeProvider.System, null);

    private static Task<JudgeServer> StartAsync(OpenedJudge judge, RewardCluster cluster) =>
        JudgeServer.StartAsync(
            new() { Name = "judge", Judge = judge },
            new() { Port = 0, Cluster = cluster },
            TimeProvider.System,
            Cancellation
        );
}
