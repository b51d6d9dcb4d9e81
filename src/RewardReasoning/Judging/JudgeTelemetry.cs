using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using RewardReasoning.Ratings;

namespace RewardReasoning.Judging;

/// <summary>
/// What judges report to OpenTelemetry and to a logger. Add <see cref="SourceName"/> to the tracing and the metrics of the application.
/// Neither spans, metrics nor logs hold text of the query, of the responses or of the judge.
/// <list type="bullet">
/// <item>
/// A span <c>judge MODEL</c> for each judgment and in it a span <c>vote</c> for each vote. Both carry an event
/// <c>gen_ai.evaluation.result</c> with <c>gen_ai.evaluation.name</c> (<c>preference</c>, <c>vote</c>), <c>.score.label</c> (<c>1</c>,
/// <c>2</c>, <c>missing</c>) and, unless missing, <c>.score.value</c> (the confidence; of a vote the probability of its verdict where
/// known).
/// </item>
/// <item>
/// Counters <c>reward_reasoning.judgments</c>, <c>reward_reasoning.votes</c> (by label, missing ones by <c>error.type</c> too) and
/// <c>reward_reasoning.tokens</c> (by <c>gen_ai.token.type</c>), and a histogram <c>reward_reasoning.judgment.duration</c> in seconds.
/// </item>
/// </list>
/// </summary>
public static partial class JudgeTelemetry
{
    /// <summary>The name of the activity source and of the meter.</summary>
    public const string SourceName = "RewardReasoning";

    private const string LabelTag = "gen_ai.evaluation.score.label";
    private const string ErrorTag = "error.type";
    private const string ModelTag = "gen_ai.request.model";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly Meter Meter = new(SourceName);
    private static readonly Counter<long> Judgments = Meter.CreateCounter<long>("reward_reasoning.judgments", "{judgment}", "Judgments");
    private static readonly Counter<long> Votes = Meter.CreateCounter<long>("reward_reasoning.votes", "{vote}", "Votes");
    private static readonly Counter<long> Tokens = Meter.CreateCounter<long>("reward_reasoning.tokens", "{token}", "Tokens of all draws");
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "reward_reasoning.judgment.duration",
        "s",
        "Time of a judgment from its start to its end"
    );

    internal static Activity? StartJudgment(string model, int maxVotes)
    {
        Activity? activity = Source.StartActivity($"judge {model}");
        activity?.SetTag(ModelTag, model);
        activity?.SetTag("reward_reasoning.max_votes", maxVotes);
        return activity;
    }

    internal static Activity? StartVote(int index, ShownOrder order)
    {
        Activity? activity = Source.StartActivity("vote");
        activity?.SetTag("reward_reasoning.vote.index", index);
        activity?.SetTag("reward_reasoning.vote.order", order == ShownOrder.Given ? "given" : "swapped");
        return activity;
    }

    internal static void EndVote(Activity? activity, Vote vote, Exception? failure)
    {
        string label = LabelOf(vote.Verdict);
        double? probability = vote.Verdict == Verdict.Second ? 1 - vote.FirstProbability : vote.FirstProbability;
        if (vote.Verdict == Verdict.Unparsable)
        {
            Votes.Add(1, new(LabelTag, label), new(ErrorTag, failure?.GetType().Name ?? "unparsable"));
        }
        else
        {
            Votes.Add(1, new KeyValuePair<string, object?>(LabelTag, label));
        }

        AddResult(activity, "vote", label, vote.Verdict == Verdict.Unparsable ? null : probability);
        activity?.SetTag("reward_reasoning.vote.forced", vote.Forced);
        activity?.SetTag("reward_reasoning.vote.redraws", vote.Redraws);
        AddUsage(activity, vote.Usage);
        Fail(activity, failure);
    }

    internal static void EndJudgment(Activity? activity, Judgment judgment, ILogger logger)
    {
        string label = judgment.Outcome switch
        {
            MatchOutcome.Abstained => "abstained",
            MatchOutcome.Tie => LabelOf(Verdict.Tie),
            _ => LabelOf(judgment.Preferred ?? Verdict.Unparsable),
        };
        KeyValuePair<string, object?> model = new(ModelTag, judgment.Model);
        Judgments.Add(1, model, new(LabelTag, label));
        Duration.Record(judgment.Usage.Elapsed.TotalSeconds, model, new(LabelTag, label));
        AddTokens("input", judgment.Usage.PromptTokens, model);
        AddTokens("output", judgment.Usage.OutputTokens, model);
        AddTokens("reasoning", judgment.Usage.ReasoningTokens ?? 0, model);
        AddResult(activity, "preference", label, judgment.Preferred is null ? null : judgment.CalibratedConfidence ?? judgment.Confidence);
        AddUsage(activity, judgment.Usage);
        int missing = judgment.Votes.Count(vote => vote.Verdict == Verdict.Unparsable);
        activity?.SetTag("reward_reasoning.votes", judgment.Votes.Count);
        activity?.SetTag("reward_reasoning.votes.missing", missing);
        if (judgment.Outcome == MatchOutcome.Abstained)
        {
            LogAbstained(logger, judgment.Model, judgment.Uncertainty ?? double.NaN, judgment.Votes.Count);
        }
        else if (judgment.Outcome == MatchOutcome.Missing)
        {
            activity?.SetStatus(ActivityStatusCode.Error, "No vote has a verdict.");
            LogMissing(logger, judgment.Model, judgment.Votes.Count);
        }
        else
        {
            LogJudged(
                logger,
                judgment.Model,
                label,
                judgment.CalibratedConfidence ?? judgment.Confidence ?? double.NaN,
                judgment.Votes.Count,
                missing,
                judgment.Usage.OutputTokens,
                judgment.Usage.Elapsed.TotalSeconds
            );
        }

        foreach (string warning in judgment.Warnings)
        {
            LogWarning(logger, judgment.Model, warning);
        }
    }

    internal static void FailJudgment(Activity? activity, string model, Exception failure, ILogger logger)
    {
        Fail(activity, failure);
        LogFailed(logger, model, failure.GetType().Name, FailurePolicy.ScopeOf(failure));
    }

    private static string LabelOf(Verdict verdict) =>
        verdict switch
        {
            Verdict.First => "1",
            Verdict.Second => "2",
            Verdict.Tie => "tie",
            _ => "missing",
        };

    private static void AddResult(Activity? activity, string name, string label, double? score)
    {
        if (activity is not null)
        {
            ActivityTagsCollection tags = new() { ["gen_ai.evaluation.name"] = name, [LabelTag] = label };
            if (score is { } value)
            {
                tags["gen_ai.evaluation.score.value"] = value;
            }

            activity.AddEvent(new ActivityEvent("gen_ai.evaluation.result", tags: tags));
        }
    }

    private static void AddUsage(Activity? activity, Usage usage)
    {
        activity?.SetTag("gen_ai.usage.input_tokens", usage.PromptTokens);
        activity?.SetTag("gen_ai.usage.output_tokens", usage.OutputTokens);
        if (usage.ReasoningTokens is { } reasoning)
        {
            activity?.SetTag("reward_reasoning.usage.reasoning_tokens", reasoning);
        }
    }

    private static void AddTokens(string type, long count, KeyValuePair<string, object?> model)
    {
        if (count > 0)
        {
            Tokens.Add(count, model, new("gen_ai.token.type", type));
        }
    }

    private static void Fail(Activity? activity, Exception? failure)
    {
        if (failure is not null)
        {
            activity?.SetTag(ErrorTag, failure.GetType().FullName);
            activity?.SetStatus(ActivityStatusCode.Error, failure.GetType().Name);
        }
    }

    [LoggerMessage(
        1,
        LogLevel.Information,
        "{Model} prefers response {Preferred} with confidence {Confidence:0.00}: {Votes} votes, {Missing} missing, "
            + "{OutputTokens} tokens written in {Seconds:0.00} s."
    )]
    private static partial void LogJudged(
        ILogger logger,
        string model,
        string preferred,
        double confidence,
        int votes,
        int missing,
        long outputTokens,
        double seconds
    );

    [LoggerMessage(2, LogLevel.Warning, "{Model} gave no verdict in any of {Votes} votes; the judgment is missing.")]
    private static partial void LogMissing(ILogger logger, string model, int votes);

    [LoggerMessage(5, LogLevel.Information, "{Model} abstained: its uncertainty is {Uncertainty:0.000} bits in {Votes} votes.")]
    private static partial void LogAbstained(ILogger logger, string model, double uncertainty, int votes);

    [LoggerMessage(3, LogLevel.Warning, "{Model}: {Warning}")]
    private static partial void LogWarning(ILogger logger, string model, string warning);

    [LoggerMessage(4, LogLevel.Error, "{Model} could not judge: {Exception}, which ends the {Scope}.")]
    private static partial void LogFailed(ILogger logger, string model, string exception, FailureScope scope);
}
