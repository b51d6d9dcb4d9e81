using Npgsql;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Storage.Tests.Postgres;

public sealed class PostgresCompletionStoreTests(PostgresFixture postgres) : CompletionStoreTests
{
    [Fact]
    public async Task Add_ServerAwayForAWhile_WaitsForIt()
    {
        postgres.Require();
        await using PostgresServer server = await PostgresServer.StartAsync();
        using PostgresCompletionStore store = await PostgresCompletionStore.OpenAsync(
            await server.CreateDatabaseAsync(),
            cancellationToken: Cancel
        );
        Assert.True(await store.AddAsync(Samples.Completion(Samples.Request(seed: 1))));
        await server.StopAsync();
        Task<bool> adding = store.AddAsync(Samples.Completion(Samples.Request(seed: 2)));
        Task<byte[]?> finding = store.FindAsync(Samples.Request(seed: 1).Key, Cancel);
        await Task.Delay(300, Cancel);
        Assert.False(adding.IsCompleted);
        await server.StartAgainAsync();
        Assert.True(await adding);
        Assert.NotNull(await finding);
    }

    [Fact]
    public async Task Open_NoServer_SaysWhereItLooked()
    {
        string url = $"postgres://me@127.0.0.1:{FakeOpenAIServer.UnusedUrl().Port}/db";
        CompletionStoreException error = await Assert.ThrowsAsync<CompletionStoreException>(() =>
            PostgresCompletionStore.OpenAsync(url, cancellationToken: Cancel)
        );
        Assert.Contains(url, error.Message, StringComparison.Ordinal);
        Assert.Contains("cannot be reached", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsUnusable);
    }

    [Fact]
    public async Task Open_NoSuchDatabase_SaysSo()
    {
        string url = $"postgres://app@127.0.0.1:{postgres.Require().Port}/nowhere";
        CompletionStoreException error = await Assert.ThrowsAsync<CompletionStoreException>(() =>
            PostgresCompletionStore.OpenAsync(url, cancellationToken: Cancel)
        );
        Assert.Contains("no such database", error.Message, StringComparison.Ordinal);
        Assert.True(error.IsUnusable);
    }

    [Fact]
    public async Task Open_NewerForm_SaysWhichItKnows()
    {
        string url = await NewLocationAsync();
        (await OpenAsync(url)).Dispose();
        await using (NpgsqlDataSource source = NpgsqlDataSource.Create(PostgresLocation.Parse(url)))
        await using (NpgsqlCommand command = source.CreateCommand("UPDATE rewardreasoning.form SET version = 99"))
        {
            await command.ExecuteNonQueryAsync(Cancel);
        }

        CompletionStoreException error = await Assert.ThrowsAsync<CompletionStoreException>(() => OpenAsync(url));
        Assert.Contains("has form 99; this program knows form 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Location_NamesUserHostAndDatabase()
    {
        string url = await NewLocationAsync();
        using ICompletionStore store = await OpenAsync(url);
        Assert.Equal(url, store.Location);
    }

    protected override Task<string> NewLocationAsync() => postgres.Require().CreateDatabaseAsync();
}
