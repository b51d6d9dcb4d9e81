using RewardReasoning.Training.Runs;
using static TorchSharp.torch;

namespace RewardReasoning.Bench;

/// <summary>The fastest that this machine reads memory: sums of 256 MB of float32 on every core at once.</summary>
internal sealed class MemoryPeak : IDisposable
{
    private const long Numbers = 1 << 26;

    private readonly ParallelWorkers _workers;
    private readonly Tensor[] _numbers;

    public MemoryPeak(ParallelWorkers workers)
    {
        _workers = workers;
        _numbers = [.. Enumerable.Range(0, workers.Count).Select(_ => ones(Numbers, dtype: ScalarType.Float32).DetachFromDisposeScope())];
        Read();
    }

    /// <summary>Bytes read in one <see cref="Measure"/>.</summary>
    public double Bytes => (double)Numbers * sizeof(float) * _workers.Count;

    public WorkTime Measure() => WorkTime.Of(Read);

    public void Dispose()
    {
        foreach (Tensor numbers in _numbers)
        {
            numbers.Dispose();
        }
    }

    private void Read() =>
        _workers.Run(worker =>
        {
            using Tensor sum = _numbers[worker].sum();
            return 0;
        });
}
