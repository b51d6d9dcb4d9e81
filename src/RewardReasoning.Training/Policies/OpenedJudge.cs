using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Storage;
using RewardReasoning.Training.RewardModels;

namespace RewardReasoning.Training.Policies;

/// <summary>A judge with what it holds open.</summary>
internal sealed class OpenedJudge : IDisposable
{
    private readonly IDisposable? _held;

    /// <summary>A judge that somebody else disposes.</summary>
    public OpenedJudge(IJudge judge) => Judge = judge;

    private OpenedJudge(IJudge judge, IDisposable held) => (Judge, _held) = (judge, held);

    public IJudge Judge { get; }

    /// <summary>What it can judge; null where it does not say.</summary>
    public JudgeDomain? Domain { get; private init; }

    /// <summary>The judge that a recipe names.</summary>
    /// <param name="options">Valid ones.</param>
    /// <param name="device">Where a model folder computes.</param>
    /// <param name="defaultStore">Where the completions of endpoints are kept if the recipe does not say; null for nowhere.</param>
    /// <exception cref="CompletionStoreException">The store cannot be opened.</exception>
    public static OpenedJudge Open(PolicyJudgeOptions options, string device, Func<string>? defaultStore)
    {
        if (options.Endpoints.Count > 0)
        {
            return Reasoning(
                () => new EndpointChatClient(options.ToEndpointOptions()),
                options.Store ?? defaultStore?.Invoke(),
                options,
                new JudgeFiles()
            );
        }

        LocalModelOptions local = new() { Device = device };
        if (ScalarJudge.Handles(options.Model))
        {
            ScalarJudge scalar = ScalarJudge.Load(options.Model, local);
            return new OpenedJudge(scalar, scalar);
        }

        JudgeFiles files = JudgeFiles.Read(options.Model);
        return Reasoning(() => LocalChatClient.Load(options.Model, local), options.Store, options, files);
    }

    public void Dispose() => _held?.Dispose();

    /// <summary>The store is opened first: where it cannot be, no model need be read.</summary>
    private static OpenedJudge Reasoning(Func<IChatClient> open, string? location, PolicyJudgeOptions options, JudgeFiles files)
    {
        ICompletionStore? store = location is null or PolicyJudgeOptions.NoStore
            ? null
            : CompletionStores.OpenAsync(location).GetAwaiter().GetResult();
        try
        {
            IChatClient client = open();
            IChatClient kept = store is null ? client : new StoringChatClient(client, store) { OwnsStore = true };
            return new(new ReasoningJudge(kept, options.ToJudgeOptions(files)), kept) { Domain = files.Domain };
        }
        catch
        {
            store?.Dispose();
            throw;
        }
    }
}
