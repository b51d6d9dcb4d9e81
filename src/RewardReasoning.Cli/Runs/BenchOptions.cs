using System.CommandLine;

namespace RewardReasoning.Cli.Runs;

/// <summary>What the verbs under <c>rrm bench</c> share.</summary>
internal static class BenchOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    public static Option<bool> Force() =>
        new("--force") { Description = "Replace the result in the folder of --out although its run had other settings." };
}
