using RewardReasoning.Recipes;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Preferences;

/// <summary>Position in training on pairs: pairs taken so far.</summary>
internal sealed record PreferencePosition(long Pairs);

/// <summary>Steps over labelled pairs, whatever is learnt from them.</summary>
internal sealed class PreferenceMethod : ITrainingMethod<PreferencePosition>
{
    private readonly PreferenceRecipe _recipe;
    private readonly TimeProvider _clock;
    private readonly TrainingSession _session;
    private readonly IPreferenceObjective _objective;
    private readonly SeededStream<PreferenceExample> _pairs;
    private readonly int _leftOut;
    private readonly PreferenceExample[] _heldOut;

    /// <param name="recipe">Data and sizes.</param>
    /// <param name="clock">For the time of steps.</param>
    /// <param name="session">Model and workers.</param>
    /// <param name="objective">What is learnt; disposed with the method.</param>
    /// <param name="position">Null at the beginning.</param>
    public PreferenceMethod(
        PreferenceRecipe recipe,
        TimeProvider clock,
        TrainingSession session,
        IPreferenceObjective objective,
        PreferencePosition? position
    )
    {
        (_recipe, _clock, _session, _objective) = (recipe, clock, session, objective);
        (List<PreferenceExample> pairs, _leftOut) = Read(recipe.Data);
        _pairs = new SeededStream<PreferenceExample>(pairs, recipe.Seed, position?.Pairs ?? 0);
        _heldOut = recipe.Evaluation is { } options ? [.. Read(options.Data).Pairs.Take(options.Pairs)] : [];
    }

    public PreferencePosition Position => new(_pairs.Position);

    public int? EvaluateEvery => _recipe.Evaluation?.Every;

    public StepOutcome Step(int step, CancellationToken cancellationToken)
    {
        long started = _clock.GetTimestamp();
        // Copies, since a pair may come twice.
        PreferenceExample[] pairs = [.. Enumerable.Range(0, _recipe.PairsPerStep).Select(_ => _pairs.Next() with { })];
        Compare(pairs, cancellationToken);
        PreferenceMetrics sum = Run(pairs, (worker, pass) => _objective.Backpropagate(worker, pass, pairs), CancellationToken.None);
        (double norm, double rate) = _session.Update(step);
        Dictionary<string, double> metrics = new() { ["train/loss"] = sum.Loss };
        foreach ((string name, double value) in sum.Sums)
        {
            metrics["pairs/" + name] = value / pairs.Length;
        }

        metrics["pairs/left_out"] = _leftOut;
        metrics["train/gradient_norm"] = norm;
        metrics["train/learning_rate"] = rate;
        metrics["time/step_seconds"] = _clock.GetElapsedTime(started).TotalSeconds;
        return new StepOutcome(metrics, []);
    }

    public Measurement Evaluate(CancellationToken cancellationToken)
    {
        Compare(_heldOut, cancellationToken);
        PreferenceMetrics sum = Run(_heldOut, (worker, pass) => _objective.Measure(worker, pass, _heldOut), cancellationToken);
        return Measurement.Of([
            ("evaluation/accuracy", sum.Sums[PreferenceMetrics.Accuracy] / _heldOut.Length),
            ("evaluation/loss", sum.Loss),
            .. sum
                .Sums.Where(entry => entry.Key != PreferenceMetrics.Accuracy)
                .Select(entry => ("evaluation/" + entry.Key, entry.Value / _heldOut.Length)),
        ]);
    }

    public void Dispose() => _objective.Dispose();

    private (List<PreferenceExample> Pairs, int LeftOut) Read(string path)
    {
        PreferenceExample[] all = [.. PreferenceFile.Read(path).Select(_objective.Tokenize)];
        int longest = Math.Min(_recipe.MaxTokens, _session.Chat.ContextLength);
        List<PreferenceExample> fitting = [.. all.Where(example => example.Length <= longest)];
        return fitting.Count > 0
            ? (fitting, all.Length - fitting.Count)
            : throw new RecipeException(
                $"No pair of {path} fits into {longest} tokens (max_tokens is {_recipe.MaxTokens}, the model's context "
                    + $"{_session.Chat.ContextLength}); the shortest has {all.Min(example => example.Length)} tokens. Raise "
                    + "max_tokens, or shorten the responses."
            );
    }

    /// <summary>Lets the objective look at all pairs first where it needs them all.</summary>
    private void Compare(PreferenceExample[] pairs, CancellationToken cancellationToken)
    {
        if (_objective.ComparesPairs)
        {
            _ = Run(pairs, Observe, cancellationToken);
            _objective.Compare(pairs);
        }

        PreferenceMetrics Observe(int worker, IReadOnlyList<PreferenceExample> pass)
        {
            _objective.Observe(worker, pass);
            return PreferenceMetrics.Zero;
        }
    }

    /// <summary>Every worker's share, pairs of like length together, as many as fit into a pass.</summary>
    private PreferenceMetrics Run(
        PreferenceExample[] pairs,
        Func<int, IReadOnlyList<PreferenceExample>, PreferenceMetrics> compute,
        CancellationToken cancellationToken
    ) =>
        _session
            .Workers.Run(worker =>
            {
                PreferenceMetrics sum = PreferenceMetrics.Zero;
                foreach (
                    IReadOnlyList<PreferenceExample> pass in Passes(pairs.Where((_, index) => index % _session.Workers.Count == worker))
                )
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    sum = sum.Add(compute(worker, pass));
                }

                return sum;
            })
            .Aggregate(PreferenceMetrics.Zero, (sum, part) => sum.Add(part));

    private IEnumerable<IReadOnlyList<PreferenceExample>> Passes(IEnumerable<PreferenceExample> pairs)
    {
        List<PreferenceExample> pass = [];
        foreach (PreferenceExample pair in pairs.OrderBy(pair => pair.Length))
        {
            if (pass.Count > 0 && (pass.Count + 1) * 2L * pair.Length > _recipe.TokensPerPass)
            {
                yield return pass;
                pass = [];
            }

            pass.Add(pair);
        }

        if (pass.Count > 0)
        {
            yield return pass;
        }
    }
}
