using System.Text.Json.Nodes;

namespace RewardReasoning.Training.Runs;

/// <summary>What a kind of training adds to the run that it is a part of: its data, its loss and its measurements.</summary>
/// <typeparam name="TPosition">Position in its data; written into checkpoints as JSON.</typeparam>
internal interface ITrainingMethod<TPosition> : IDisposable
{
    /// <summary>Position in the data between two steps.</summary>
    TPosition Position { get; }

    /// <summary>Steps between measurements; null: nothing is measured.</summary>
    int? EvaluateEvery { get; }

    /// <summary>One step: gradients, and at least one <see cref="TrainingSession.Update"/>.</summary>
    /// <param name="step">Steps done before it.</param>
    /// <param name="cancellationToken">Looked at before the first update only: a step that began to change weights is finished.</param>
    StepOutcome Step(int step, CancellationToken cancellationToken);

    /// <summary>Measures on held-out data.</summary>
    Measurement Evaluate(CancellationToken cancellationToken);
}

/// <summary>What held-out data say of the weights.</summary>
/// <param name="Score">By what models are compared; the higher the better.</param>
/// <param name="Metrics">By name, in the order of the log.</param>
internal sealed record Measurement(double Score, IReadOnlyList<(string Metric, double Value)> Metrics)
{
    /// <summary>Field of an item that was done right or wrong.</summary>
    public const string Right = "right";

    /// <summary>What was found for each item that was measured, in the same order at every step; none where only sums are known.</summary>
    public IReadOnlyList<JsonObject> Items { get; init; } = [];

    /// <summary>A measurement whose first metric is the score.</summary>
    public static Measurement Of(params (string Metric, double Value)[] metrics) => new(metrics[0].Value, metrics);
}

/// <summary>What a step logs.</summary>
/// <param name="Metrics">By name, in the order of the file.</param>
/// <param name="Completions">Samples for people to read.</param>
internal sealed record StepOutcome(Dictionary<string, double> Metrics, IReadOnlyList<JsonObject> Completions);
