using RewardReasoning.Models;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Chat;

/// <summary>rrm-mini in this process, and behind a server.</summary>
public sealed class ShippedModel : IAsyncLifetime
{
    public const string KeyVariable = "RRM_TEST_SHIPPED_KEY";
    public const string Key = "not-a-secret";

    private ServedClient? _served;

    public LocalChatClient Client { get; } = LocalChatClient.Load(Path.Combine(SharedFolder.RepositoryRoot, "models", "rrm-mini"));

    internal ServedClient Served => _served ?? throw new InvalidOperationException("The server was not started.");

    public async ValueTask InitializeAsync()
    {
        Environment.SetEnvironmentVariable(KeyVariable, Key);
        _served = await ServedClient.StartAsync(
            new ServedModel { Name = "rrm-mini", Chat = Client },
            options => options with { KeyVariable = KeyVariable }
        );
    }

    public async ValueTask DisposeAsync()
    {
        await Served.DisposeAsync();
        Client.Dispose();
    }
}
