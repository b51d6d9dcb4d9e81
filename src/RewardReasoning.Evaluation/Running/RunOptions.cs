namespace RewardReasoning.Evaluation.Running;

/// <summary>How a run over many items reports while it works; every runner takes these.</summary>
public sealed record RunOptions
{
    /// <summary>Gets the progress of the run after each item.</summary>
    /// <value>null (progress is not reported).</value>
    public IProgress<RunProgress>? Progress { get; init; }

    /// <summary>Gets each item that has no result, as soon as that is known, in the order of the items.</summary>
    /// <value>null (they are only counted in the report).</value>
    public Action<MissingItem>? OnMissing { get; init; }

    /// <summary>Gets warnings about the run itself.</summary>
    /// <value>null (warnings are dropped).</value>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Items that are judged at once.</summary>
    /// <value>null (as many as keep the judge's model busy), else at least 1.</value>
    public int? Concurrency { get; init; }

    /// <summary>Clock for times and for handing rows to the system.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether a folder with the result of a run that had other settings may be replaced.</summary>
    /// <value>false.</value>
    public bool Overwrite { get; init; }

    /// <summary>The command that made the run, for the settings that are kept in its folder; nothing for runs from code.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];
}

/// <summary>How far a run is.</summary>
/// <param name="Done">Items done, missing ones included.</param>
/// <param name="Missing">Items without a result.</param>
/// <param name="Total">Items in all; null where that is not known beforehand.</param>
/// <param name="Usage">What all items so far took.</param>
public readonly record struct RunProgress(long Done, long Missing, long? Total, Usage Usage);

/// <summary>An item that has no result.</summary>
/// <param name="Place">Its file and line, or its identity.</param>
/// <param name="Reason">Why there is none.</param>
public readonly record struct MissingItem(string Place, string Reason);
