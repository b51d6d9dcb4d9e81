using RewardReasoning.Testing;

[assembly: AssemblyFixture(typeof(RewardReasoning.Cluster.Tests.PostgresFixture))]

namespace RewardReasoning.Cluster.Tests;

/// <summary>One server for all tests, where PostgreSQL is installed; each test gets a database of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private PostgresServer? _server;

    public async ValueTask InitializeAsync() => _server = PostgresServer.IsInstalled(out _) ? await PostgresServer.StartAsync() : null;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The address of a new database; skips the test that asks where there is no server.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        PostgresServer.IsInstalled(out string reason);
        Assert.SkipWhen(_server is null, reason);
        return await _server!.CreateDatabaseAsync();
    }
}
