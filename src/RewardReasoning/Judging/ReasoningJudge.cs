using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>
/// A judge that thinks before it chooses, over any chat client (arXiv 2505.14674): k sampled completions vote, or fewer where
/// <see cref="JudgeOptions.Stopping"/> finds that fewer will do, and the majority wins. Safe to use from many threads at once; it does not
/// own the client.
/// </summary>
public sealed class ReasoningJudge : IRepeatableJudge
{
    private readonly IChatClient _client;
    private readonly JudgeOptions _options;
    private readonly TimeProvider _time;
    private readonly VoteCaster _caster;
    private readonly bool _seedsMatter;
    private readonly ILogger _logger;
    private readonly ConfidenceMap? _calibration;
    private readonly Abstention? _abstention;

    /// <summary>A judge over a client.</summary>
    /// <param name="client">The model.</param>
    /// <param name="options">How to judge; the defaults if null.</param>
    /// <param name="time">Clock for the time that completions take; the system's if null.</param>
    /// <param name="logger">Told of every judgment, without any text of it; nobody if null.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <exception cref="RewardReasoningException">It is to abstain, and no calibration says when.</exception>
    public ReasoningJudge(IChatClient client, JudgeOptions? options = null, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _logger = logger ?? NullLogger.Instance;
        _options = options ?? new();
        _options.Validate();
        _time = time ?? TimeProvider.System;
        _caster = new(client, _options, _time);
        (_calibration, CalibrationFault) =
            _options.Calibration?.MapFor(ChatOptionKeys.ModelIdentityOf(client), _options.Voting) ?? (null, null);
        _abstention = _options.AbstentionOf(ChatOptionKeys.ModelIdentityOf(client));
        _seedsMatter = _options.Temperature > 0 && !ChatOptionKeys.SupportedBy(client).Contains(ChatOptionKeys.Seed);
    }

    /// <summary>Why the calibrations that were given do not hold for this judge; null where one does, or none was given.</summary>
    public string? CalibrationFault { get; }

    /// <summary>The messages that a vote of this order reads, as they would be sent; nothing is run.</summary>
    public IReadOnlyList<ChatMessage> Render(Comparison comparison, ShownOrder order) =>
        _options.Template.Render(_options.Truncated(comparison), order);

    /// <summary>The order in which the first vote of a comparison is shown the responses.</summary>
    public ShownOrder FirstOrder(Comparison comparison) => _options.Order.OrderOf(_options.Truncated(comparison), 0);

    /// <summary>
    /// Judges one comparison. Votes without a readable verdict are missing, never a win or a loss, and so are votes whose request failed
    /// while another's came through.
    /// </summary>
    /// <exception cref="OutOfDomainException">The model declares what it can judge, and this is outside of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <remarks>
    /// When every vote's request failed, the first one's exception is thrown as it came from the client; a failure that ends the run
    /// (<see cref="FailurePolicy"/>) is always thrown.
    /// </remarks>
    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        JudgeAsync(comparison, repetition: 0, listener: null, cancellationToken);

    /// <inheritdoc/>
    public Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(repetition);
        return JudgeAsync(comparison, repetition, listener: null, cancellationToken);
    }

    /// <summary>
    /// Judges one comparison and reports what happens, reasoning as it is written; the last event holds the judgment. Giving up
    /// the enumeration cancels what is under way.
    /// </summary>
    /// <exception cref="OutOfDomainException">The model declares what it can judge, and this is outside of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<JudgmentEvent> JudgeStreamingAsync(
        Comparison comparison,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        Channel<JudgmentEvent> events = Channel.CreateUnbounded<JudgmentEvent>(new() { SingleReader = true });
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Judgment> work = JudgeAsync(comparison, repetition: 0, judgmentEvent => events.Writer.TryWrite(judgmentEvent), stop.Token);
        _ = work.ContinueWith(
            _ => events.Writer.TryComplete(),
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default
        );
        try
        {
            await foreach (JudgmentEvent judgmentEvent in events.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            {
                yield return judgmentEvent;
            }

            yield return new() { Kind = JudgmentEventKind.JudgmentFinished, Judgment = await work.ConfigureAwait(false) };
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await ((Task)work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>
    /// Voting on a comparison that the caller ends. Its votes are those of <see cref="JudgeAsync(Comparison, CancellationToken)"/>; a draw
    /// is decided without further votes, and confidence is not calibrated, as a fit holds for one rule of stopping.
    /// </summary>
    /// <exception cref="OutOfDomainException">The model declares what it can judge, and this is outside of it.</exception>
    internal OpenVoting Open(Comparison comparison)
    {
        RequireInDomain(comparison);
        return new OpenVoting(
            new Ballot(_caster, _options with { FurtherVotesOnDraw = 0 }, _options.Truncated(comparison), repetition: 0, listener: null),
            (ballot, endedBy, outcome) =>
            {
                Judgment judgment = JudgmentOf(comparison, ModelName, ballot, endedBy, outcome, calibration: null);
                JudgeTelemetry.EndJudgment(activity: null, judgment, _logger);
                return judgment;
            }
        );
    }

    private string ModelName => (_client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId ?? "unknown";

    private void RequireInDomain(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        if (_options.Domain?.Check(comparison) is { } refusal)
        {
            throw new OutOfDomainException(refusal);
        }
    }

    private async Task<Judgment> JudgeAsync(
        Comparison comparison,
        int repetition,
        Action<JudgmentEvent>? listener,
        CancellationToken cancellationToken
    )
    {
        RequireInDomain(comparison);
        string model = ModelName;
        using Activity? activity = JudgeTelemetry.StartJudgment(model, _options.Order.Completions(_options.Votes));
        try
        {
            Judgment judgment = await VoteAsync(comparison, model, repetition, listener, cancellationToken).ConfigureAwait(false);
            JudgeTelemetry.EndJudgment(activity, judgment, _logger);
            return judgment;
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            JudgeTelemetry.FailJudgment(activity, model, failure, _logger);
            throw;
        }
    }

    private async Task<Judgment> VoteAsync(
        Comparison comparison,
        string model,
        int repetition,
        Action<JudgmentEvent>? listener,
        CancellationToken cancellationToken
    )
    {
        long start = _time.GetTimestamp();
        Ballot ballot = new(_caster, _options, _options.Truncated(comparison), repetition, listener);
        VotingEnd endedBy = await ballot.VoteAsync(cancellationToken).ConfigureAwait(false);
        (Verdict winner, DrawBreak brokenBy) = await ballot.SettleAsync(cancellationToken).ConfigureAwait(false);
        Judgment judgment = JudgmentOf(comparison, model, ballot, endedBy, (winner, brokenBy), _calibration);
        judgment = judgment with { Usage = judgment.Usage with { Elapsed = _time.GetElapsedTime(start) } };
        return _abstention?.Apply(judgment) ?? judgment;
    }

    private Judgment JudgmentOf(
        Comparison comparison,
        string model,
        Ballot ballot,
        VotingEnd endedBy,
        (Verdict Winner, DrawBreak BrokenBy) outcome,
        ConfidenceMap? calibration
    )
    {
        (Verdict winner, DrawBreak brokenBy) = outcome;
        bool decided = ballot.Majority.Decided > 0;
        double? confidence = decided ? ConfidenceIn(winner, ballot.Majority) : null;
        return new()
        {
            Preferred = decided && winner != Verdict.Tie ? winner : null,
            IsTie = decided && winner == Verdict.Tie,
            VoteShare = decided ? ballot.Majority.ShareOf(winner) : null,
            Confidence = confidence,
            CalibratedConfidence = confidence is { } known ? calibration?.Apply(known) : null,
            PositionBias = MajorityVote.PositionBias(ballot.Votes),
            DrawBrokenBy = brokenBy,
            MaxVotes = ballot.MaxVotes,
            EndedBy = endedBy,
            Votes = ballot.Votes,
            Usage = ballot.Votes.Aggregate(Usage.None, (sum, vote) => sum + vote.Usage),
            Model = model,
            MissingReason = decided
                ? null
                : $"No vote has a verdict: {string.Join(" ", ballot.Votes.Select(vote => vote.MissingReason).Distinct())}",
            Warnings = [.. JudgmentWarnings.Of(comparison, ballot.Votes, brokenBy, _seedsMatter)],
        };
    }

    private static double ConfidenceIn(Verdict winner, MajorityVote majority) =>
        BetaPosterior.LeaderProbability(majority.CountOf(winner), majority.Decided - majority.CountOf(winner));
}
