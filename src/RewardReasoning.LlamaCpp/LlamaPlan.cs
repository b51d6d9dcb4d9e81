using RewardReasoning.Models;
using RewardReasoning.Models.Generation;

namespace RewardReasoning.LlamaCpp;

/// <summary>How much llama.cpp does at once.</summary>
/// <param name="Threads">Threads that compute.</param>
/// <param name="MaxSequences">Most sequences in the batch.</param>
/// <param name="MaxPrefillTokens">Most prompt tokens computed in one step.</param>
/// <param name="MaxCacheBytes">Of keys and values, allocated at once.</param>
internal sealed record LlamaPlan(int Threads, int MaxSequences, int MaxPrefillTokens, long MaxCacheBytes)
{
    private const int DefaultSequences = 64;

    /// <summary>llama.cpp cannot tell more sequences apart.</summary>
    private const int MostSequences = 256;

    /// <summary>Where nothing is asked for: llama.cpp takes the memory of keys and values when it begins.</summary>
    private static readonly EngineOptions Default = new() { MaxPrefillTokens = 1024, MaxCacheBytes = 1L << 30 };

    /// <exception cref="ArgumentException">The options cannot be honoured; all faults in one message.</exception>
    public static LlamaPlan Of(LocalModelOptions model, EngineOptions? engine)
    {
        engine ??= Default;
        engine.Validate();
        LocalModelOptions plain = new();
        List<string> faults = [];
        if (model.ComputeType != plain.ComputeType || model.Device != plain.Device)
        {
            faults.Add("ComputeType and Device go with a model folder; a GGUF file computes in its own type, on the processor.");
        }

        if (engine.Workers is > 1)
        {
            faults.Add(FormattableString.Invariant($"Workers is {engine.Workers}; llama.cpp has one batch."));
        }

        if (engine.Deterministic)
        {
            faults.Add("Deterministic goes with a model folder; llama.cpp rounds by what else is in its batch.");
        }

        if (engine.MaxSequences > MostSequences)
        {
            faults.Add(FormattableString.Invariant($"MaxSequences is {engine.MaxSequences}; at most {MostSequences} are possible."));
        }

        return faults.Count == 0
            ? new LlamaPlan(
                engine.TensorThreads ?? Environment.ProcessorCount,
                engine.MaxSequences ?? DefaultSequences,
                engine.MaxPrefillTokens,
                engine.MaxCacheBytes
            )
            : throw new ArgumentException(string.Join(" ", faults));
    }
}
