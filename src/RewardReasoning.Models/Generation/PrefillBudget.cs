using System.Runtime.InteropServices;

namespace RewardReasoning.Models.Generation;

/// <summary>Decides how many waiting prompts fit one prefill; a shared prefix and repetitions count once.</summary>
internal sealed class PrefillBudget(EnginePlan plan, DecodeBatch beside)
{
    private readonly List<Sequence> _chosen = [];
    private int _distinct;
    private int _common;
    private int _longest;

    /// <summary>
    /// Adds a prompt if it fits beside those added so far. The first one always fits an empty decode batch.
    /// </summary>
    public bool TryAdd(Sequence sequence)
    {
        Span<int> prompt = CollectionsMarshal.AsSpan(sequence.Tokens);
        bool repeated = _chosen.Count > 0 && CollectionsMarshal.AsSpan(_chosen[^1].Tokens).SequenceEqual(prompt);
        int distinct = _distinct + (repeated ? 0 : 1);
        int common =
            _chosen.Count == 0
                ? prompt.Length
                : CollectionsMarshal.AsSpan(_chosen[0].Tokens)[..Math.Min(_common, _chosen[0].Tokens.Count)].CommonPrefixLength(prompt);
        int longest = Math.Max(_longest, prompt.Length);
        bool tooMuch = (plan.Deterministic && distinct > 1) || common + ((long)distinct * (longest - common)) > plan.MaxPrefillTokens;
        bool tooLarge = beside.TokensWith(_chosen.Count + 1, longest) > plan.CacheTokens;
        if ((tooMuch && _chosen.Count > 0) || (tooLarge && beside.Count + _chosen.Count > 0))
        {
            return false;
        }

        _chosen.Add(sequence);
        (_distinct, _common, _longest) = (distinct, common, longest);
        return true;
    }
}
