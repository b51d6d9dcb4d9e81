using System.CommandLine;

namespace RewardReasoning.Cli.Runs;

/// <summary>What the verbs under <c>rrm bench</c> share.</summary>
internal static class BenchOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };
}
