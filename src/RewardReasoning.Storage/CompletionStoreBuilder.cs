using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace RewardReasoning.Storage;

/// <summary>Puts a store of completions into the pipeline of a chat client.</summary>
public static class CompletionStoreBuilder
{
    /// <summary>
    /// Stores every completion before it is used, and answers an equal request from the store. Whatever is added to the builder after this
    /// is closer to the model: add the store first, so that retries, logging and telemetry concern paid requests only.
    /// </summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="store">The store, which the caller keeps and disposes; the registered <see cref="ICompletionStore"/> if null.</param>
    public static ChatClientBuilder UseCompletionStore(this ChatClientBuilder builder, ICompletionStore? store = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Use(
            (inner, services) =>
                new StoringChatClient(inner, store ?? services.GetRequiredService<ICompletionStore>(), services.GetService<TimeProvider>())
        );
    }
}
