using System.Diagnostics;
using static TorchSharp.torch;

namespace RewardReasoning.Bench;

/// <summary>
/// What one measured piece of work took: by the clock, and by processor time, which other jobs on the machine disturb less.
/// </summary>
internal sealed record WorkTime(double Seconds, double ProcessorSeconds)
{
    public static WorkTime Of(Action work)
    {
        using Process process = Process.GetCurrentProcess();
        TimeSpan before = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        work();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        process.Refresh();
        return new WorkTime(seconds, (process.TotalProcessorTime - before).TotalSeconds);
    }

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}

/// <summary>The fastest that this machine multiplies matrices: 2,048 x 2,048 by the same, one product on every core at once.</summary>
internal sealed class MatrixPeak : IDisposable
{
    private const int Size = 2_048;
    private const int Products = 6;

    private readonly RewardReasoning.Training.Runs.ParallelWorkers _workers;
    private readonly (Tensor Left, Tensor Right)[] _matrices;

    public MatrixPeak(RewardReasoning.Training.Runs.ParallelWorkers workers, ScalarType type)
    {
        _workers = workers;
        _matrices =
        [
            .. Enumerable
                .Range(0, workers.Count)
                .Select(_ => (randn(Size, Size).to(type).DetachFromDisposeScope(), randn(Size, Size).to(type).DetachFromDisposeScope())),
        ];
        Multiply();
    }

    /// <summary>Floating-point operations of one <see cref="Measure"/>.</summary>
    public double Operations => 2.0 * Size * Size * Size * Products * _workers.Count;

    public WorkTime Measure() => WorkTime.Of(Multiply);

    public void Dispose()
    {
        foreach ((Tensor left, Tensor right) in _matrices)
        {
            left.Dispose();
            right.Dispose();
        }
    }

    private void Multiply() =>
        _workers.Run(worker =>
        {
            for (int i = 0; i < Products; i++)
            {
                using Tensor product = _matrices[worker].Left.mm(_matrices[worker].Right);
            }

            return 0;
        });
}
