namespace RewardReasoning.Training.Runs;

/// <summary>One finished step, for whoever watches the run.</summary>
/// <param name="Step">Steps done.</param>
/// <param name="TotalSteps">Steps in all.</param>
/// <param name="Metrics">What the step logged.</param>
public sealed record TrainingProgress(int Step, int TotalSteps, IReadOnlyDictionary<string, double> Metrics);
