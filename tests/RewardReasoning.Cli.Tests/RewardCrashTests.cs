using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm serve</c> killed in the middle of groups, while its clients try again.</summary>
public sealed class RewardCrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact(Timeout = 300_000)]
    public async Task Serve_KilledInTheMiddleOfGroups_GivesEachMemberOneRewardOfItsOwnAttempt()
    {
        await using FakeOpenAIServer judge = await NumberServer.StartAsync();
        using RewardMembers members = new(groups: 64, new Random(7));
        int port = Ports.Free();
        ServerProcess server = await ServeAsync(judge, port);
        try
        {
            Task clients = members.AskAsync(members.Sent, _ => port);
            foreach (int answered in (int[])[100, 400])
            {
                while (judge.Requests.Count < answered && !clients.IsCompleted)
                {
                    await Task.Delay(10, TestContext.Current.CancellationToken);
                }

                Assert.False(clients.IsCompleted, "all groups were judged before the server was killed");
                await server.DisposeAsync();
                server = await ServeAsync(judge, port);
            }

            await clients;
            await members.AskAsync(members.All, _ => port);
        }
        finally
        {
            await server.DisposeAsync();
        }

        members.RequireOneRewardOfItsOwnAttempt();
    }

    [Fact]
    public async Task Serve_WithoutACluster_LoadsNothingOfIt()
    {
        await using FakeOpenAIServer judge = await NumberServer.StartAsync();
        await using ServerProcess server = await ServeAsync(judge, Ports.Free());
        string[] loaded = await File.ReadAllLinesAsync($"/proc/{server.Id}/maps", Cancellation);
        Assert.Contains(loaded, file => file.Contains("RewardReasoning.Server", StringComparison.Ordinal));
        Assert.DoesNotContain(loaded, file => file.Contains("Orleans", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private Task<ServerProcess> ServeAsync(FakeOpenAIServer judge, int port) =>
        ServerProcess.StartAsync(judge, port, "--store", _folder["store.db"]);
}
