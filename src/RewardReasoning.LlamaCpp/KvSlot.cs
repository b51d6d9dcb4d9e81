using System.Runtime.InteropServices;
using LLama.Native;
using RewardReasoning.Models.Generation;

namespace RewardReasoning.LlamaCpp;

/// <summary>
/// One of llama.cpp's sequences: whose it is, and the tokens whose keys and values it has. A slot without a sequence keeps those of its
/// last prompt for the next that begins alike.
/// </summary>
internal sealed class KvSlot(int index, SafeLLamaContextHandle context)
{
    private readonly List<int> _cached = [];

    /// <summary>llama.cpp's number.</summary>
    public LLamaSeqId Id { get; } = (LLamaSeqId)index;

    /// <summary>Null where it is free.</summary>
    public Sequence? Sequence { get; private set; }

    /// <summary>Falls with the time since it was last used.</summary>
    public long LastUsed { get; set; }

    /// <summary>Tokens with keys and values.</summary>
    public ReadOnlySpan<int> Cached => CollectionsMarshal.AsSpan(_cached);

    /// <summary>The sequence's tokens; none where it is free.</summary>
    public ReadOnlySpan<int> Tokens => Sequence is null ? [] : CollectionsMarshal.AsSpan(Sequence.Tokens);

    /// <summary>How many tokens are still to be computed.</summary>
    public int Missing => Tokens.Length - _cached.Count;

    /// <summary>How many of the cached tokens begin a text too; at least its last one is left to be computed, for its logits.</summary>
    public int CommonWith(ReadOnlySpan<int> tokens) => Cached.CommonPrefixLength(tokens[..^1]);

    /// <summary>Takes a sequence in, keeping what it begins with.</summary>
    public void Take(Sequence sequence)
    {
        Sequence = sequence;
        Truncate(CommonWith(Tokens));
        sequence.CachedPromptTokens = Math.Min(_cached.Count, sequence.PromptLength);
    }

    /// <summary>Shares the keys and values of another slot's first tokens; nothing is copied but the tags of their cells.</summary>
    public void Share(KvSlot other, int count)
    {
        Truncate(0);
        context.MemorySequenceCopy(other.Id, Id, 0, count);
        _cached.AddRange(other.Cached[..count]);
        if (Sequence is { } sequence)
        {
            sequence.CachedPromptTokens = Math.Min(count, sequence.PromptLength);
        }
    }

    /// <summary>The next tokens have been computed.</summary>
    public void Computed(int count) => _cached.AddRange(Tokens.Slice(_cached.Count, count));

    /// <summary>Lets the sequence go, keeping the keys and values of its prompt.</summary>
    public void Release()
    {
        Truncate(Math.Min(_cached.Count, Sequence?.PromptLength ?? 0));
        Sequence = null;
    }

    /// <summary>Forgets all but the first tokens.</summary>
    public void Truncate(int count)
    {
        if (count < _cached.Count)
        {
            context.MemorySequenceRemove(Id, count, -1);
            _cached.RemoveRange(count, _cached.Count - count);
        }
    }
}
