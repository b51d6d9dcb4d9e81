namespace RewardReasoning.Training.Preferences;

/// <summary>What is learnt from a pair.</summary>
internal interface IPreferenceObjective : IDisposable
{
    /// <summary>The tokens of a pair.</summary>
    PreferenceExample Tokenize(PreferenceRow row);

    /// <summary>Whether what is learnt from a pair depends on the other pairs of its step.</summary>
    bool ComparesPairs => false;

    /// <summary>Where pairs are compared: looks at a pass without gradients, before <see cref="Compare"/>.</summary>
    void Observe(int worker, IReadOnlyList<PreferenceExample> pass) { }

    /// <summary>Where pairs are compared: compares all pairs of a step, each of which was observed; their passes may follow.</summary>
    void Compare(IReadOnlyList<PreferenceExample> step) { }

    /// <summary>Adds a pass's gradients to those of a worker.</summary>
    /// <param name="worker">Number of the worker whose thread this is.</param>
    /// <param name="pass">Pairs that go through the model at once.</param>
    /// <param name="step">All pairs of the step: what sums are divided by.</param>
    PreferenceMetrics Backpropagate(int worker, IReadOnlyList<PreferenceExample> pass, IReadOnlyList<PreferenceExample> step);

    /// <summary>The same without gradients.</summary>
    PreferenceMetrics Measure(int worker, IReadOnlyList<PreferenceExample> pass, IReadOnlyList<PreferenceExample> all);
}

/// <summary>A pair as tokens.</summary>
/// <param name="Prompt">What both responses follow; empty where each is a whole conversation.</param>
/// <param name="Chosen">The better response.</param>
/// <param name="Rejected">The worse one.</param>
/// <param name="Margin">How much better the chosen one is, where the data says so.</param>
internal sealed record PreferenceExample(int[] Prompt, int[] Chosen, int[] Rejected, double Margin)
{
    /// <summary>Tokens of the longer one, with the prompt.</summary>
    public int Length => Prompt.Length + Math.Max(Chosen.Length, Rejected.Length);
}

/// <summary>What a pass measured: the parts of all passes add up to the step's.</summary>
/// <param name="Loss">Its part of the step's loss.</param>
/// <param name="Sums">Sums over its pairs by metric.</param>
internal sealed record PreferenceMetrics(double Loss, IReadOnlyDictionary<string, double> Sums)
{
    /// <summary>Name of the count of pairs whose chosen response has the higher reward.</summary>
    public const string Accuracy = "accuracy";

    public static PreferenceMetrics Zero { get; } = new(0, new Dictionary<string, double>());

    public PreferenceMetrics Add(PreferenceMetrics other) =>
        new(
            Loss + other.Loss,
            Sums.Keys.Union(other.Sums.Keys)
                .ToDictionary(name => name, name => Sums.GetValueOrDefault(name) + other.Sums.GetValueOrDefault(name))
        );
}
