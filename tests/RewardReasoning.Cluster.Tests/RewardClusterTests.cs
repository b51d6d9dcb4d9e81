using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Orleans.Runtime;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Testing;

namespace RewardReasoning.Cluster.Tests;

/// <summary>Servers of one cluster in this process, each with a silo and a service of its own, over one database.</summary>
public sealed class RewardClusterTests(PostgresFixture postgres, ServerPair pair) : IAsyncDisposable, IClassFixture<ServerPair>
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<ClusterServer> _servers = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_servers.Select(server => server.DisposeAsync().AsTask()));
        _folder.Dispose();
    }

    [Fact]
    public async Task MembersAtAnyServer_MeetInOneGroup_AndAnyServerAnswersForIt()
    {
        // Where a group's shard lives is left to chance, and a server that has just joined may be given none at first.
        ClusterServer[] servers = pair.Servers;
        for (int group = 0; group < 12 || Array.Exists(servers, server => server.Judged == 0); group++)
        {
            Assert.True(group < 200, "one server judged everything");
            RewardAnswer[] answers = await Task.WhenAll(
                Enumerable.Range(0, 4).Select(index => servers[(group + index) % 2].AskAsync(Member($"met{group}", index, 4)))
            );
            Assert.Equal(4, answers.Select(answer => Assert.NotNull(answer.Reward)).Distinct().Count());
            Assert.Equal(
                answers.OrderBy(answer => answer.Index).Select(answer => answer.Reward),
                answers.Select(answer => answer.Reward).Order()
            );
            foreach (ClusterServer server in servers)
            {
                Assert.Equal(answers[1].Reward, (await server.AskAsync(Member($"met{group}", 1, 4))).Reward);
                using RewardTicket? found = await server.Rewards.FindAsync(answers[2].Id ?? "");
                Assert.Equal(answers[2].Reward, found?.Answer.Reward);
            }
        }

        Assert.Null(await servers[0].Rewards.FindAsync(new string('0', 32)));
    }

    [Fact]
    public async Task GroupsWithoutAName_MeetAcrossServers_AndEqualTextsAreMembersOfTheirOwn()
    {
        ClusterServer[] servers = pair.Servers;
        RewardMember unnamed = Member("", 0, 4) with { Group = null, Index = null };
        RewardAnswer[] answers = await Task.WhenAll(
            servers[0].AskAsync(unnamed with { Response = "5" }),
            servers[1].AskAsync(unnamed with { Response = "5" }),
            servers[1].AskAsync(unnamed with { Response = "9" }),
            servers[0].AskAsync(unnamed with { Response = "1" })
        );
        Assert.Equal([0, 1, 2, 3], answers.Select(answer => answer.Index ?? -1).Order());
        Assert.Equal(answers[0].Reward, answers[1].Reward);
        Assert.True(answers[2].Reward > answers[0].Reward && answers[0].Reward > answers[3].Reward);
    }

    [Fact]
    public async Task SecondBodyOfAMember_IsAConflict_AtAnyServer()
    {
        ClusterServer[] servers = pair.Servers;
        using RewardTicket first = await servers[0].Rewards.Enter([Member("twice", 0, 2)])[0];
        foreach (ClusterServer server in servers)
        {
            using RewardTicket refused = await server.Rewards.Enter([Member("twice", 0, 2) with { Response = "77" }])[0];
            Assert.Equal((true, FailureClass.Conflict), (refused.IsRefused, refused.Answer.Failure?.Class));
            await Assert.ThrowsAsync<ApiException>(() => server.Rewards.Enter([Member("twice", 1, 2) with { Index = null }])[0]);
        }
    }

    [Fact]
    public async Task ServerThatLeaves_HandsItsGroupsOver_ThoughTheirClientsOnlyWait()
    {
        ClusterServer[] servers = await StartAsync(new() { Cluster = await postgres.CreateDatabaseAsync() });
        List<Task<RewardAnswer>> waiting = [];
        while (waiting.Count < 12 || servers.Sum(server => server.Cluster.Shards) < 10 || servers[1].Cluster.Shards == 0)
        {
            // Where a group's shard lives is left to chance, and a server that has just joined is given none at first.
            Assert.True(waiting.Count < 200, "no group went to the other server");
            waiting.Add(servers[0].AskAsync(Member($"g{waiting.Count}", 0, 2)));
            await Task.Delay(waiting.Count < 12 ? 20 : 250, Cancellation);
        }

        _servers.Remove(servers[1]);
        await servers[1].DisposeAsync();
        RewardAnswer[] others = await Task.WhenAll(
            Enumerable.Range(0, waiting.Count).Select(group => servers[0].AskAsync(Member($"g{group}", 1, 2)))
        );
        Assert.All(others.Concat(await Task.WhenAll(waiting)), answer => Assert.NotNull(answer.Reward));
    }

    [Fact]
    public async Task ServerThatWasTakenForDead_JoinsAgain_AndNobodyHasTwoRewards()
    {
        ClusterServer[] servers = pair.Servers;
        RewardAnswer[] before = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => servers[i % 2].AskAsync(Member($"dead{i / 2}", i % 2, 2)))
        );
        ((IFatalErrorHandler)servers[1].Cluster).OnFatalException(this, "test", new InvalidOperationException("taken for dead"));
        RewardAnswer[] after = await Task.WhenAll(
            Enumerable.Range(0, 12).Select(i => servers[(i + 1) % 2].AskAsync(Member($"dead{i / 2}", i % 2, 2)))
        );
        Assert.Equal(before.Select(answer => (answer.Id, answer.Reward)), after.Select(answer => (answer.Id, answer.Reward)));
        Assert.Contains(servers[1].Warnings, warning => warning.Contains("joins again", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ServersWithACertificate_TalkToTheirOwnOnly()
    {
        string database = await postgres.CreateDatabaseAsync();
        ClusterOptions options = new() { Cluster = database, ClusterCertificate = MakeCertificate("own.pem") };
        ClusterServer[] servers = await StartAsync(options);
        for (int group = 0; group < 8 || Array.Exists(servers, server => server.Judged == 0); group++)
        {
            Assert.True(group < 200, "one server judged everything");
            RewardAnswer[] answers = await Task.WhenAll(servers.Select((server, i) => server.AskAsync(Member($"g{group}", i, 2))));
            Assert.All(answers, answer => Assert.NotNull(answer.Reward));
        }
    }

    [Theory]
    [InlineData("0.0.0.0", "IP address at which the other servers")]
    [InlineData("example", "IP address at which the other servers")]
    [InlineData("192.0.2.1", "--cluster-certificate")]
    public void AddressThatOthersReach_IsRefusedWithoutACertificate(string host, string says)
    {
        ClusterOptions options = new() { Cluster = "postgres://here/db", ClusterHost = host };
        Assert.Contains(
            says,
            Assert.Single(Recipes.OptionsCheck.Faults(options, Recipes.OptionNames.CommandLine)),
            StringComparison.Ordinal
        );
        Assert.Equal(
            host != "192.0.2.1",
            Recipes.OptionsCheck.Faults(options with { ClusterWithoutTls = true }, Recipes.OptionNames.CommandLine).Count > 0
        );
    }

    private static RewardMember Member(string group, int index, int size) =>
        new()
        {
            Group = group,
            Index = index,
            Size = size,
            Query = "Which number is larger?",
            Response = (10 + index).ToString(CultureInfo.InvariantCulture),
            CollectTime = TimeSpan.FromSeconds(60),
            JudgeTime = TimeSpan.FromSeconds(60),
        };

    private string MakeCertificate(string name)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=rrm", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        string path = _folder[name];
        File.WriteAllText(path, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return path;
    }

    private async Task<ClusterServer[]> StartAsync(ClusterOptions options)
    {
        ClusterServer[] servers = await ClusterServer.StartAsync(options, 2, Cancellation);
        _servers.AddRange(servers);
        return servers;
    }
}
