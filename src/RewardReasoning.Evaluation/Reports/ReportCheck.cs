namespace RewardReasoning.Evaluation.Reports;

/// <summary>What a report checks of its runs, and how it reads them.</summary>
public sealed record ReportOptions
{
    /// <summary>A JSON file of keywords of reasoning patterns; the built-in ones if null.</summary>
    public string? Patterns { get; init; }

    /// <summary>The least main figure of every run, as a share from 0 to 1; not checked if null.</summary>
    public double? FailBelow { get; init; }

    /// <summary>Whether <see cref="FailBelow"/> looks at the lower end of the figure's 95 % interval.</summary>
    public bool ByLowerEnd { get; init; }

    /// <summary>A run that the others may not be worse than; it comes first in the report. Not checked if null.</summary>
    public string? Baseline { get; init; }
}

/// <summary>Something that was checked of a run.</summary>
/// <param name="Run">Name of the run.</param>
/// <param name="Check">The check: <c>fail-below</c> or <c>fail-if-worse-than</c>.</param>
/// <param name="Passed">Whether it holds.</param>
/// <param name="Says">What was found and how it was decided, in words.</param>
public sealed record ReportCheck(string Run, string Check, bool Passed, string Says);
