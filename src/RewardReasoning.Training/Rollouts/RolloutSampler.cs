using System.Collections.Frozen;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Generation;
using RewardReasoning.Training.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Rollouts;

/// <summary>How completions are drawn.</summary>
/// <param name="Temperature">0 is greedy.</param>
/// <param name="MaxTokens">Longest completion.</param>
internal sealed record SamplingSettings(double Temperature, int MaxTokens);

/// <summary>
/// Samples completions on a fixed schedule, so that the same prompts, weights, seed and number of workers give the same tokens bit for bit.
/// Prompts are computed once for all their completions; every few tokens, those that are still open are shared out among the workers anew,
/// so that
/// none waits for another's long ones. For serving, where requests come and go, use the generation engine.
/// </summary>
internal sealed class RolloutSampler : IDisposable
{
    private const int TokensBetweenShares = 8;

    private readonly ModelReplicas _replicas;
    private readonly ParallelWorkers _workers;
    private readonly IReadOnlyCollection<int> _endTokens;
    private readonly Func<int[], CalculatorRow>? _calculator;
    private readonly KvCache _memory;

    /// <param name="replicas">A view of the model for each worker.</param>
    /// <param name="workers">Threads that compute.</param>
    /// <param name="endTokens">Tokens that end a completion.</param>
    /// <param name="calculator">A calculator for the completion of a prompt; null for none.</param>
    public RolloutSampler(
        ModelReplicas replicas,
        ParallelWorkers workers,
        IReadOnlyCollection<int> endTokens,
        Func<int[], CalculatorRow>? calculator = null
    )
    {
        ArgumentNullException.ThrowIfNull(replicas);
        ArgumentNullException.ThrowIfNull(workers);
        (_replicas, _workers, _endTokens, _calculator) = (replicas, workers, endTokens, calculator);
        _memory = KvCache.For(replicas.Models[0]);
    }

    private int Shares => _memory.RowsAreIndependent ? _workers.Count : 1;

    /// <summary><paramref name="repeats"/> completions of each prompt: those of prompt 0 first.</summary>
    /// <param name="prompts">Token ids, each at least one.</param>
    /// <param name="repeats">Completions of each prompt.</param>
    /// <param name="settings">Temperature and length.</param>
    /// <param name="seed">Source of chance; without meaning when greedy. Each completion draws from a stream of its own.</param>
    /// <param name="cancellationToken">Looked at before each token.</param>
    public IReadOnlyList<SampledCompletion> Sample(
        IReadOnlyList<int[]> prompts,
        int repeats,
        SamplingSettings settings,
        ulong seed,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(settings);
        try
        {
            int[] order = [.. Enumerable.Range(0, prompts.Count).OrderBy(prompt => prompts[prompt].Length)];
            Row[] rows = new Row[prompts.Count * repeats];
            foreach (Row row in Compute(order, share => Begin(share, prompts, repeats, settings, seed)))
            {
                rows[row.Index] = row;
            }

            while (Array.FindAll(rows, row => !row.IsOver) is { Length: > 0 } open)
            {
                _ = Compute(open, share => Continue(share, settings, cancellationToken));
            }

            return [.. rows.Select(row => row.ToCompletion())];
        }
        finally
        {
            _memory.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();

    /// <summary>Gives each worker a share of the items, neighbours together, and puts what they return behind each other.</summary>
    private TResult[] Compute<TItem, TResult>(TItem[] items, Func<(int Worker, TItem[] Items), TResult[]> compute) =>
        [
            .. _workers
                .Run(worker =>
                {
                    int from = items.Length * Math.Min(worker, Shares) / Shares,
                        to = items.Length * Math.Min(worker + 1, Shares) / Shares;
                    if (from == to)
                    {
                        return [];
                    }

                    using IDisposable noGradients = no_grad();
                    using DisposeScope scope = NewDisposeScope();
                    return compute((worker, items[from..to]));
                })
                .SelectMany(part => part),
        ];

    private Row[] Begin((int Worker, int[] Prompts) share, IReadOnlyList<int[]> prompts, int repeats, SamplingSettings settings, ulong seed)
    {
        DecoderModel model = _replicas.Models[share.Worker];
        (Tensor hidden, IReadOnlyList<KvRow> kept) = _memory.Begin(model, [.. share.Prompts.Select(prompt => prompts[prompt])], repeats);
        Row[] rows =
        [
            .. kept.Select(
                (row, i) =>
                    new Row(
                        row,
                        (share.Prompts[i / repeats] * repeats) + (i % repeats),
                        seed,
                        _calculator?.Invoke(prompts[share.Prompts[i / repeats]])
                    )
            ),
        ];
        Draw(model.Logits(hidden).repeat_interleave(repeats, 0), settings, rows);
        return rows;
    }

    private Row[] Continue((int Worker, Row[] Rows) share, SamplingSettings settings, CancellationToken cancellationToken)
    {
        DecoderModel model = _replicas.Models[share.Worker];
        Row[] open = share.Rows;
        for (int i = 0; i < TokensBetweenShares && open.Length > 0; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using DisposeScope scope = NewDisposeScope();
            Tensor logits = _memory.Next(model, [.. open.Select(row => row.Kept)], [.. open.Select(row => row.LastId)]); // [N, V]
            Draw(logits, settings, open);
            open = [.. open.Where(row => !row.IsOver)];
        }

        return share.Rows;
    }

    /// <summary>Draws a token for each row from logits [N, V]; where the calculator has the word, its token is taken.</summary>
    private void Draw(Tensor logits, SamplingSettings settings, Row[] rows)
    {
        if (settings.Temperature == 0)
        {
            long[] best = Sampler.BestOfRows(logits);
            Note(i => (best[i], null));
            return;
        }

        DrawnTokens drawn = Sampler.DrawRows(logits, settings.Temperature, [.. rows.Select(row => row.Uniform())]);
        Note(i => (drawn.Ids[i], (drawn.LogProbs[i], drawn.Entropies[i])));

        void Note(Func<int, (long Id, (float LogProb, float Entropy)? Known)> draw)
        {
            for (int i = 0; i < rows.Length; i++)
            {
                (long id, (float LogProb, float Entropy)? known) = draw(i);
                rows[i].Add((int)id, known, _endTokens, settings.MaxTokens);
                if (rows[i].IsOver)
                {
                    _memory.End(rows[i].Kept);
                }
            }
        }
    }

    private sealed class Row(KvRow kept, int index, ulong seed, CalculatorRow? calculator)
    {
        private readonly SeededRandom _random = new(new SeededRandom(seed + (ulong)index).NextBits());
        private readonly List<int> _ids = [];
        private readonly List<float> _logProbs = [];
        private readonly HashSet<int> _given = [];
        private double _entropy;

        public KvRow Kept => kept;

        public int Index => index;

        public int LastId => _ids[^1];

        /// <summary>Whether it ended by itself.</summary>
        public bool Finished { get; private set; }

        /// <summary>Whether it ended by itself or is as long as it may be.</summary>
        public bool IsOver { get; private set; }

        public double Uniform() => _random.NextUnit();

        public void Add(int id, (float LogProb, float Entropy)? known, IReadOnlyCollection<int> endTokens, int maxTokens)
        {
            if (calculator?.Next() is { } given)
            {
                _given.Add(_ids.Count);
                _ids.Add(given);
                _logProbs.AddRange(known is null ? [] : [0]);
            }
            else
            {
                _ids.Add(id);
                calculator?.Note(id);
                if (known is { } drawn)
                {
                    _logProbs.Add(drawn.LogProb);
                    _entropy += drawn.Entropy;
                }

                Finished = endTokens.Contains(id);
            }

            IsOver = Finished || _ids.Count == maxTokens;
        }

        public SampledCompletion ToCompletion() =>
            new([.. _ids], [.. _logProbs], Finished) { Entropy = _entropy, Given = _given.ToFrozenSet() };
    }
}
