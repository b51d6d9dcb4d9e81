using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Storage;

/// <summary>
/// What a completion was asked with, in a byte form that is the same on every machine and in every version of this library. Its key is
/// the SHA-256 of: the 16 bytes <c>rrm completion 1</c>, the model's identity (UTF-8 after its 4-byte length), the SHA-256 of the prompt,
/// the settings. Prompt and settings are the forms of <see cref="PromptEncoding"/> and <see cref="SettingsEncoding"/>.
/// </summary>
public sealed class CompletionRequest
{
    private CompletionRequest(StoredModel model, ReadOnlyMemory<byte> prompt, ReadOnlyMemory<byte> settings)
    {
        (Model, Prompt, Settings) = (model, prompt, settings);
        PromptHash = CompletionKey.Of(prompt.Span);
        using MemoryStream message = new();
        using (BinaryWriter writer = new(message, Encoding.UTF8, leaveOpen: true))
        {
            byte[] identity = Encoding.UTF8.GetBytes(model.Identity);
            writer.Write("rrm completion 1"u8);
            writer.Write(identity.Length);
            writer.Write(identity);
            writer.Write(PromptHash.ToArray());
            writer.Write(settings.Span);
        }

        Key = CompletionKey.Of(message.GetBuffer().AsSpan(0, (int)message.Length));
    }

    /// <summary>The name of the request.</summary>
    public CompletionKey Key { get; }

    /// <summary>Who is asked.</summary>
    public StoredModel Model { get; }

    /// <summary>SHA-256 of <see cref="Prompt"/>: votes on one comparison share it.</summary>
    public CompletionKey PromptHash { get; }

    /// <summary>All messages with their roles (<see cref="PromptEncoding"/>).</summary>
    public ReadOnlyMemory<byte> Prompt { get; }

    /// <summary>Everything else that the completion depends on, the seed included (<see cref="SettingsEncoding"/>).</summary>
    public ReadOnlyMemory<byte> Settings { get; }

    /// <summary>
    /// The request of a chat; null for one whose completion must not be taken for another's: it samples without a seed, or holds
    /// something that has no byte form (images, tools, a raw representation).
    /// </summary>
    public static CompletionRequest? Of(StoredModel model, IEnumerable<ChatMessage> messages, ChatOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(messages);
        bool repeats = options?.Seed is not null || options?.Temperature == 0;
        return repeats && PromptEncoding.Write(messages) is { } prompt && SettingsEncoding.Write(options) is { } settings
            ? new(model, prompt, settings)
            : null;
    }

    /// <summary>The request that a store kept.</summary>
    public static CompletionRequest Kept(StoredModel model, ReadOnlyMemory<byte> prompt, ReadOnlyMemory<byte> settings)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(model, prompt, settings);
    }
}
