using System.CommandLine;
using RewardReasoning.Evaluation.Benchmarks;

namespace RewardReasoning.Cli.Benchmarks;

/// <summary>What the verbs under <c>rrm bench</c> share.</summary>
internal static class BenchOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    /// <exception cref="UsageException">There is no such benchmark.</exception>
    public static Benchmark Find(string name)
    {
        try
        {
            return BenchmarkCatalog.Find(name);
        }
        catch (ArgumentException exception)
        {
            throw new UsageException(exception.Message, exception);
        }
    }
}
