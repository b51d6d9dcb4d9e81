using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Storage.Tests;

public sealed class CompletionStoreBuilderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-store-").FullName;
    private readonly SqliteCompletionStore _store;

    public CompletionStoreBuilderTests() => _store = SqliteCompletionStore.Open(Path.Combine(_folder, "store.db"));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _store.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task UseCompletionStore_EqualRequests_AreAskedOnce(bool registered)
    {
        ScriptedChatClient model = ScriptedChatClient.Of("a");
        using ServiceProvider services = new ServiceCollection().AddSingleton<ICompletionStore>(_store).BuildServiceProvider();
        using IChatClient client = new ChatClientBuilder(model)
            .UseCompletionStore(registered ? null : _store)
            .Build(registered ? services : null);
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal("a", (await client.GetResponseAsync(Samples.Messages("q"), Samples.Options(), Cancel)).Text);
        }

        Assert.Single(model.Requests);
    }
}
