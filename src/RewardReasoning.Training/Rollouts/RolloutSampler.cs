using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Rollouts;

/// <summary>How completions are drawn.</summary>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="MaxTokens">Longest completion.</param>
public sealed record SamplingSettings(double Temperature, int MaxTokens);

/// <summary>
/// Samples completions on a fixed schedule, so that the same prompts, weights and generator give the same tokens bit for bit: prompts
/// are padded on the left and prefilled once, the cache is repeated for the rollouts of each, finished rows are dropped when a
/// quarter has finished. For serving, where requests come and go, use the generation engine.
/// </summary>
public sealed class RolloutSampler(DecoderModel model, IReadOnlyCollection<int> endTokens)
{
    private const double ShrinkBelow = 0.75;

    /// <summary><paramref name="repeats"/> completions of each prompt: those of prompt 0 first.</summary>
    /// <param name="prompts">Token ids, each at least one.</param>
    /// <param name="repeats">Completions of each prompt.</param>
    /// <param name="settings">Temperature and length.</param>
    /// <param name="generator">Source of chance; unused when greedy.</param>
    /// <param name="cancellationToken">Looked at before each token.</param>
    public IReadOnlyList<SampledCompletion> Sample(
        IReadOnlyList<int[]> prompts, int repeats, SamplingSettings settings, Generator generator, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(settings);
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        using KeyValueCache cache = new(model.Config, prompts.Max(prompt => prompt.Length) + settings.MaxTokens);
        Row[] rows = [.. prompts.SelectMany(prompt => Enumerable.Range(0, repeats).Select(_ => new Row(prompt.Length)))];
        (Tensor logits, Tensor keyMask) = Prefill(prompts, repeats, settings.MaxTokens, cache);
        Row[] alive = rows;
        long promptLength = cache.Length;
        for (int length = 1; ; length++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope step = NewDisposeScope();
            Tensor drawn = Draw(logits, settings.Temperature, generator, alive);
            logits.Dispose();
            int open = alive.Count(row => !row.Finished);
            if (open == 0 || length == settings.MaxTokens)
            {
                break;
            }

            if (open < alive.Length * ShrinkBelow)
            {
                long[] kept = [.. Enumerable.Range(0, alive.Length).Where(i => !alive[i].Finished).Select(i => (long)i)];
                Tensor index = tensor(kept, device: model.Device);
                cache.Select(index);
                Tensor wider = keyMask;
                keyMask = wider.index_select(0, index).MoveToOuterDisposeScope();
                wider.Dispose();
                drawn = drawn.index_select(0, index);
                alive = [.. kept.Select(i => alive[i])];
            }

            Tensor positions = tensor(alive.Select(row => (long)row.NextPosition++).ToArray(), device: model.Device).unsqueeze(1); // [N, 1]
            Tensor hidden = model.HiddenCached(drawn.unsqueeze(1), positions, keyMask.narrow(1, 0, promptLength + length), cache); // [N, 1, H]
            logits = model.Logits(hidden.squeeze(1)).MoveToOuterDisposeScope(); // [N, V]
        }

        return [.. rows.Select(row => row.ToCompletion())];
    }

    private (Tensor Logits, Tensor KeyMask) Prefill(IReadOnlyList<int[]> prompts, int repeats, int maxTokens, KeyValueCache cache)
    {
        using DisposeScope scope = NewDisposeScope();
        int longest = prompts.Max(prompt => prompt.Length);
        long[,] ids = new long[prompts.Count, longest];
        long[,] positions = new long[prompts.Count, longest];
        bool[,] mask = new bool[prompts.Count, longest + maxTokens];
        for (int row = 0; row < prompts.Count; row++)
        {
            int pad = longest - prompts[row].Length;
            for (int i = 0; i < longest + maxTokens; i++)
            {
                mask[row, i] = i >= pad;
                if (i >= pad && i < longest)
                {
                    ids[row, i] = prompts[row][i - pad];
                    positions[row, i] = i - pad;
                }
            }
        }

        Tensor keyMask = tensor(mask, device: model.Device);
        Tensor hidden = model.HiddenCached(
            tensor(ids, device: model.Device), tensor(positions, device: model.Device), keyMask.narrow(1, 0, longest), cache);
        Tensor last = hidden.select(1, longest - 1); // [P, H]
        cache.Repeat(repeats);
        return (
            model.Logits(last).repeat_interleave(repeats, 0).MoveToOuterDisposeScope(),
            keyMask.repeat_interleave(repeats, 0).MoveToOuterDisposeScope());
    }

    /// <summary>Draws a token for each row, notes it on rows that are still open, and returns all [N].</summary>
    private Tensor Draw(Tensor logits, double temperature, Generator generator, Row[] alive)
    {
        Tensor tokens;
        float[] logProbs = [];
        float[] entropies = [];
        if (temperature == 0)
        {
            tokens = logits.argmax(-1);
        }
        else
        {
            Tensor distribution = logits.to(ScalarType.Float32).Over(temperature).log_softmax(-1); // [N, V]
            Tensor probabilities = distribution.exp();
            tokens = probabilities.multinomial(1, replacement: true, generator: generator); // [N, 1]
            logProbs = distribution.gather(1, tokens).squeeze(1).cpu().data<float>().ToArray();

            // A token of probability 0 adds 0, not 0 · −∞.
            entropies = probabilities.mul(distribution.AtLeast(-1e4)).sum(-1).neg().cpu().data<float>().ToArray();
            tokens = tokens.squeeze(1);
        }

        long[] drawn = tokens.cpu().data<long>().ToArray();
        for (int i = 0; i < alive.Length; i++)
        {
            if (!alive[i].Finished)
            {
                alive[i].Add((int)drawn[i], logProbs.Length > 0 ? (logProbs[i], entropies[i]) : null, endTokens);
            }
        }

        return tokens;
    }

    private sealed class Row(int promptLength)
    {
        private readonly List<int> _ids = [];
        private readonly List<float> _logProbs = [];
        private double _entropy;

        public bool Finished { get; private set; }

        public int NextPosition { get; set; } = promptLength;

        public void Add(int id, (float LogProb, float Entropy)? known, IReadOnlyCollection<int> endTokens)
        {
            _ids.Add(id);
            if (known is { } drawn)
            {
                _logProbs.Add(drawn.LogProb);
                _entropy += drawn.Entropy;
            }

            Finished = endTokens.Contains(id);
        }

        public SampledCompletion ToCompletion() => new([.. _ids], [.. _logProbs], Finished) { Entropy = _entropy };
    }
}
