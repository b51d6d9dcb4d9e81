namespace RewardReasoning.Training.Runs;

/// <summary>What a run would take, from some steps and one measurement that were done and thrown away.</summary>
/// <param name="Steps">Steps of the run.</param>
/// <param name="Step">Time of one step: the median of those that were done.</param>
/// <param name="Sampling">Time of those that goes into sampling; null where nothing is sampled.</param>
/// <param name="Measurements">Measurements of the run.</param>
/// <param name="Measurement">Time of one measurement; null where the run has none.</param>
/// <param name="PeakMemory">Bytes of main memory that this process held at most, the model's weights among them.</param>
internal sealed record TrainingEstimate(
    int Steps,
    TimeSpan Step,
    TimeSpan? Sampling,
    int Measurements,
    TimeSpan? Measurement,
    long PeakMemory
)
{
    /// <summary>Time of the whole run.</summary>
    public TimeSpan Whole => (Steps * Step) + (Measurements * (Measurement ?? TimeSpan.Zero));
}
