using Microsoft.Extensions.AI;

namespace RewardReasoning.Storage;

/// <summary>Who wrote a completion.</summary>
/// <param name="Identity">What its answers depend on; part of the key. Never an address.</param>
/// <param name="Name">Its name for people; not part of the key.</param>
public sealed record StoredModel(string Identity, string Name)
{
    /// <summary>
    /// The model behind a client, as the client itself states (<see cref="ChatOptionKeys.ModelIdentity"/>); of one that does not, the
    /// provider's and the model's name of its <see cref="ChatClientMetadata"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The client states neither.</exception>
    public static StoredModel Of(IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        ChatClientMetadata? metadata = client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata;
        string? identity = client.GetService(typeof(string), ChatOptionKeys.ModelIdentity) as string;
        return (identity, metadata?.DefaultModelId) switch
        {
            ({ } told, var name) => new(told, name ?? told),
            (null, { } name) => new($"{metadata?.ProviderName}:{name}", name),
            _ => throw new ArgumentException(
                $"The chat client {client.GetType().Name} states neither a model identity nor the name of its model, so its completions "
                    + "could not be told from another model's. Use a client that names its model."
            ),
        };
    }
}
