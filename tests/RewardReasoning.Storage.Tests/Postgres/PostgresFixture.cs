using RewardReasoning.Storage.Tests.Postgres;
using RewardReasoning.Testing;
using Xunit;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace RewardReasoning.Storage.Tests.Postgres;

/// <summary>One server for all tests, where PostgreSQL is installed; each test gets a database of its own.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private PostgresServer? _server;

    public async ValueTask InitializeAsync() => _server = PostgresServer.IsInstalled(out _) ? await PostgresServer.StartAsync() : null;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The server; skips the test that asks where there is none.</summary>
    public PostgresServer Require()
    {
        PostgresServer.IsInstalled(out string reason);
        Assert.SkipWhen(_server is null, reason);
        return _server!;
    }
}
