namespace RewardReasoning.Evaluation.Probes;

/// <summary>What a judge said of a pair whose better response is known. The zero value is the failure.</summary>
internal enum ProbeAnswer
{
    /// <summary>Nothing that could be read.</summary>
    Missing,

    /// <summary>The judge declares that it does not judge such texts: the probe does not reach it.</summary>
    Refused,

    /// <summary>It prefers the better response.</summary>
    Better,

    /// <summary>It prefers the worse response, or what took its place.</summary>
    Worse,
}

/// <summary>One line of a run's judgments.jsonl: a pair under one probe.</summary>
internal sealed record ProbedJudgment
{
    /// <summary>The pair's identity.</summary>
    public required string Id { get; init; }

    /// <summary>The probe's name; <c>unchanged</c> for the pair as it is.</summary>
    public required string Probe { get; init; }

    /// <summary>The texts as they were shown.</summary>
    public required Comparison Shown { get; init; }

    /// <summary>Which of them is the better one.</summary>
    public required Verdict Better { get; init; }

    /// <summary>What the judge said.</summary>
    public required ProbeAnswer Answer { get; init; }

    /// <summary>Why it said nothing.</summary>
    public string? Reason { get; init; }

    /// <summary>What it cost.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>The votes, with their reasoning.</summary>
    public IReadOnlyList<Vote> Votes { get; init; } = [];
}
