using Microsoft.Extensions.AI;

namespace RewardReasoning.Server.Chat;

/// <summary>A request as the chat client understands it.</summary>
internal sealed record ChatCall
{
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>Options of the first completion.</summary>
    public required ChatOptions Options { get; init; }

    /// <summary>How many completions are asked for.</summary>
    public int Completions { get; init; } = 1;

    public bool Streams { get; init; }

    /// <summary>Whether a streamed answer ends with its usage.</summary>
    public bool StreamsUsage { get; init; }

    /// <summary>The answer is one of these texts; null for any answer.</summary>
    public IReadOnlyList<string>? Choices { get; init; }

    /// <summary>Options of one completion: each has its own seed, counted up from that of the first.</summary>
    public ChatOptions OptionsOf(int index)
    {
        ChatOptions options = Options.Clone();
        options.Seed = options.Seed is { } seed ? unchecked(seed + index) : null;
        return options;
    }
}
