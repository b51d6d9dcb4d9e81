namespace RewardReasoning.Cli.Terminals;

/// <summary>What the exit code of every verb means; docs/cli.md has the same table for people.</summary>
internal static class ExitCodes
{
    /// <summary>Of items: a missing one weighs more than one that the judge abstained from.</summary>
    public static int Of(bool isComplete, bool hasAbstained) =>
        !isComplete ? SomeMissing
        : hasAbstained ? Abstained
        : Done;

    /// <summary>Everything that was asked for was done.</summary>
    public const int Done = 0;

    /// <summary>The work was started and failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line or an input cannot be used; nothing was run.</summary>
    public const int BadUsage = 2;

    /// <summary>Finished, but some items have an error in place of a result.</summary>
    public const int SomeMissing = 3;

    /// <summary>A check that was asked for does not hold: <c>rrm report --fail-below</c>, <c>--fail-if-worse-than</c>.</summary>
    public const int CheckFailed = 4;

    /// <summary>Finished with a result for all, but the judge abstained from some, as <c>--abstain</c> allows it.</summary>
    public const int Abstained = 5;

    /// <summary>Stopped by Ctrl-C or SIGTERM.</summary>
    public const int Cancelled = 130;
}
