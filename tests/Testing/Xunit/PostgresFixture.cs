namespace RewardReasoning.Testing;

/// <summary>
/// One server for all tests of a class or a project, where PostgreSQL is installed. Compiled into the test projects that use it, since this
/// one knows no test framework.
/// </summary>
public sealed class PostgresFixture : Xunit.IAsyncLifetime
{
    private PostgresServer? _server;

    public async ValueTask InitializeAsync() => _server = PostgresServer.IsInstalled(out _) ? await PostgresServer.StartAsync() : null;

    public ValueTask DisposeAsync() => _server?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>The server; skips the test that asks where there is none.</summary>
    public PostgresServer Require()
    {
        PostgresServer.IsInstalled(out string reason);
        Xunit.Assert.SkipWhen(_server is null, reason);
        return _server!;
    }

    /// <summary>The address of a new database; skips the test that asks where there is no server.</summary>
    public Task<string> CreateDatabaseAsync() => Require().CreateDatabaseAsync();
}
