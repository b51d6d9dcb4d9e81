using System.CommandLine;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Runs;

/// <summary>What the verbs under <c>rrm bench</c> share.</summary>
internal static class BenchOptions
{
    public static Option<bool> Json() => new("--json") { Description = "Print JSON." };

    /// <summary>The options of a run, with its command line and whether it may replace another one's result.</summary>
    public static RunOptions Recorded(RunOptions run, ParseResult parsed, Option<bool> force) =>
        run with
        {
            Command = RecordedCommand.Of(parsed),
            Overwrite = parsed.GetValue(force),
        };

    public static Option<bool> Force() =>
        new("--force") { Description = "Replace the result in the folder of --out although its run had other settings." };
}
