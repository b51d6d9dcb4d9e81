using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>
/// A judge that thinks before it chooses, over any chat client (arXiv 2505.14674): k sampled completions vote, and the majority wins.
/// Safe to use from many threads at once; it does not own the client.
/// </summary>
public sealed class ReasoningJudge : IJudge
{
    private const int CoinBit = 1;
    private const int TellingLength = 256;

    /// <summary>Below this a mean is rounding, which must not decide: it need not come out mirrored for a mirrored comparison.</summary>
    private const double EvenLogOdds = 1e-9;

    private readonly IChatClient _client;
    private readonly JudgeOptions _options;
    private readonly TimeProvider _time;
    private readonly CompletionSource _completions;

    /// <summary>A judge over a client.</summary>
    /// <param name="client">The model.</param>
    /// <param name="options">How to judge; the defaults if null.</param>
    /// <param name="time">Clock for the time that completions take; the system's if null.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public ReasoningJudge(IChatClient client, JudgeOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        _client = client;
        _options = options ?? new();
        _options.Validate();
        _time = time ?? TimeProvider.System;
        _completions = new(client, _options, _time);
    }

    /// <summary>The messages that a vote of this order reads, as they would be sent; nothing is run.</summary>
    public IReadOnlyList<ChatMessage> Render(Comparison comparison, ShownOrder order) => _options.Prompt.Render(_options.Truncated(comparison), order);

    /// <summary>The order in which the first vote of a comparison is shown the responses.</summary>
    public ShownOrder FirstOrder(Comparison comparison) => _options.Order.OrderOf(_options.Truncated(comparison), 0);

    /// <summary>
    /// Judges one comparison. Votes without a readable verdict are missing, never a win or a loss, and so are votes whose request failed
    /// while another's came through.
    /// </summary>
    /// <exception cref="OutOfDomainException">The model declares what it can judge, and this is outside of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <remarks>When every vote's request failed, the first one's exception is thrown as it came from the client.</remarks>
    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        JudgeAsync(comparison, listener: null, cancellationToken);

    /// <summary>
    /// Judges one comparison and tells what happens meanwhile, reasoning as it is written; the last event holds the judgment. Giving up
    /// the enumeration cancels what is under way.
    /// </summary>
    /// <exception cref="OutOfDomainException">The model declares what it can judge, and this is outside of it.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public async IAsyncEnumerable<JudgmentEvent> JudgeStreamingAsync(
        Comparison comparison, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Channel<JudgmentEvent> events = Channel.CreateUnbounded<JudgmentEvent>(new() { SingleReader = true });
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<Judgment> work = JudgeAsync(comparison, judgmentEvent => events.Writer.TryWrite(judgmentEvent), stop.Token);
        _ = work.ContinueWith(_ => events.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
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

    private async Task<Judgment> JudgeAsync(Comparison comparison, Action<JudgmentEvent>? listener, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        if (_options.Domain?.Check(comparison) is { } refusal)
        {
            throw new OutOfDomainException(refusal);
        }

        long start = _time.GetTimestamp();
        Comparison judged = _options.Truncated(comparison);
        byte[] hash = ComparisonHash.OfUnorderedPair(judged);

        List<Vote> votes = [];
        await CastAsync(_options.Order.Completions(_options.Votes)).ConfigureAwait(false);
        MajorityVote majority = MajorityVote.Of(votes);
        DrawBreak brokenBy = DrawBreak.None;
        Verdict winner = majority.Winner;
        if (majority.IsDraw)
        {
            winner = ByLogOdds(votes);
            brokenBy = DrawBreak.LogOdds;
            for (int asked = 0; winner == Verdict.Unparsable && asked < _options.FurtherVotesOnDraw; asked++)
            {
                await CastAsync(_options.Order.Completions(1)).ConfigureAwait(false);
                majority = MajorityVote.Of(votes);
                winner = majority.Winner;
                brokenBy = DrawBreak.FurtherVotes;
            }

            if (winner == Verdict.Unparsable)
            {
                winner = ComparisonHash.PickOne(judged, CoinBit);
                brokenBy = DrawBreak.Coin;
            }
        }

        bool decided = majority.Decided > 0;
        return new()
        {
            Preferred = decided ? winner : null,
            VoteShare = decided ? majority.ShareOf(winner) : null,
            Confidence = decided ? ConfidenceIn(winner, majority) : null,
            PositionBias = MajorityVote.PositionBias(votes),
            DrawBrokenBy = brokenBy,
            Votes = votes,
            Usage = votes.Aggregate(Usage.None, (sum, vote) => sum + vote.Usage) with { Elapsed = _time.GetElapsedTime(start) },
            Model = (_client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId ?? "unknown",
            MissingReason = decided ? null : $"No vote has a verdict: {string.Join(" ", votes.Select(vote => vote.MissingReason).Distinct())}",
            Warnings = [.. WarningsFor(comparison, votes, brokenBy)],
        };

        async Task CastAsync(int count)
        {
            (Vote Vote, Exception? Failure)[] cast = await Task.WhenAll(
                Enumerable.Range(votes.Count, count).Select(index => CastVoteAsync(judged, hash, index, listener, cancellationToken))).ConfigureAwait(false);
            if (votes.Count == 0 && Array.TrueForAll(cast, one => one.Failure is not null))
            {
                ExceptionDispatchInfo.Throw(cast.Select(one => one.Failure).OfType<Exception>().First());
            }

            votes.AddRange(cast.Select(one => one.Vote));
        }
    }

    private async Task<(Vote Vote, Exception? Failure)> CastVoteAsync(
        Comparison judged, byte[] hash, int index, Action<JudgmentEvent>? listener, CancellationToken cancellationToken)
    {
        ShownOrder order = _options.Order.OrderOf(judged, index);
        IReadOnlyList<ChatMessage> prompt = _options.Prompt.Render(judged, order);
        Vote vote = new() { Index = index, Verdict = Verdict.Unparsable, Order = order, Seed = 0 };
        Exception? failure = null;
        for (int redraw = 0; redraw <= _options.UnparsableRedraws && vote.Verdict == Verdict.Unparsable; redraw++)
        {
            Draw draw = new(index, order, VoteSeeds.Of(_options.Seed, hash, index, redraw), redraw, listener);
            listener?.Invoke(new() { Kind = JudgmentEventKind.DrawStarted, Vote = index, Order = order, Seed = draw.Seed, Redraw = redraw });
            try
            {
                Completion completion = await _completions.CompleteAsync(prompt, draw, cancellationToken).ConfigureAwait(false);
                vote = VoteOf(draw, completion, vote.Usage);
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                string? tooLong = TooLong(error);
                failure = tooLong is null ? error : null;
                vote = vote with { Seed = draw.Seed, Redraws = redraw, MissingReason = tooLong ?? error.Message };
                break;
            }
        }

        listener?.Invoke(new() { Kind = JudgmentEventKind.VoteFinished, Vote = index, Order = order, Seed = vote.Seed, Redraw = vote.Redraws, FinishedVote = vote });
        return (vote, failure);
    }

    private Vote VoteOf(Draw draw, Completion completion, Usage before)
    {
        Verdict shown = _options.StrictParsing && !completion.Forced
            ? VerdictParser.ParseStrict(completion.ReasoningClosed == true ? completion.Reasoning + ThinkingText.CloseTag + completion.Answer : "")
            : VerdictParser.Parse(completion);
        return new()
        {
            Index = draw.Vote,
            Verdict = shown.Renumber(draw.Order),
            Order = draw.Order,
            Reasoning = completion.Reasoning,
            Answer = completion.Answer,
            Forced = completion.Forced,
            Seed = draw.Seed,
            Redraws = draw.Redraw,
            GeneratedTokens = (int)completion.Usage.OutputTokens,
            MissingReason = shown == Verdict.Unparsable ? WhyUnparsable(completion, draw.Redraw + 1) : null,
            FirstProbability = draw.Order == ShownOrder.Given ? completion.ShownFirstProbability : 1 - completion.ShownFirstProbability,
            Usage = before + completion.Usage,
        };
    }

    private static string WhyUnparsable(Completion completion, int draws)
    {
        string why = completion switch
        {
            { ReasoningClosed: false, Cut: true } => "the thought was cut at the token limit",
            { ReasoningClosed: false } => "the thought was never closed",
            { Cut: true } => "the answer was cut at the token limit before a verdict",
            _ => @"the answer ends without \boxed{Assistant 1} or \boxed{Assistant 2}",
        };
        return draws == 1 ? $"No verdict: {why}." : $"No verdict in {draws} draws: in the last, {why}.";
    }

    private static string? TooLong(Exception error) =>
        error.Data[ChatResponseKeys.PromptTokens] is int prompt && error.Data[ChatResponseKeys.ContextTokens] is int context
            ? $"The prompt has {prompt} tokens and the model's context {context}; it is never cut unasked. Shorten the responses or truncate them on purpose."
            : null;

    private static Verdict ByLogOdds(List<Vote> votes)
    {
        List<double?> probabilities = [.. votes.Where(vote => vote.Verdict != Verdict.Unparsable).Select(vote => vote.FirstProbability)];
        double? mean = probabilities.Average(probability => probability is { } known ? SoftVerdict.LogOdds(known) : null);
        return probabilities.Contains(null) || mean is null || Math.Abs(mean.Value) < EvenLogOdds ? Verdict.Unparsable
            : mean > 0 ? Verdict.First
            : Verdict.Second;
    }

    private static double ConfidenceIn(Verdict winner, MajorityVote majority) => winner == Verdict.First
        ? BetaPosterior.LeaderProbability(majority.First, majority.Second)
        : BetaPosterior.LeaderProbability(majority.Second, majority.First);

    private IEnumerable<string> WarningsFor(Comparison comparison, List<Vote> votes, DrawBreak brokenBy)
    {
        if (comparison.Response1 == comparison.Response2)
        {
            yield return "The two responses are identical; the preference between them means nothing.";
        }

        if (brokenBy == DrawBreak.Coin)
        {
            yield return "The votes are a draw, decided by a coin.";
        }

        int missing = votes.Count(vote => vote.Verdict == Verdict.Unparsable);
        if (missing > 0 && missing < votes.Count)
        {
            yield return $"{missing} of {votes.Count} votes are missing.";
        }

        bool seedsMatter = _options.Temperature > 0 && !ChatOptionKeys.SupportedBy(_client).Contains(ChatOptionKeys.Seed);
        if (seedsMatter && votes.GroupBy(vote => (vote.Order, vote.Reasoning, vote.Answer)).Any(IsTellingRepeat))
        {
            yield return "Votes with different seeds have the same completion: the server seems to ignore the seed, so more votes add nothing.";
        }
    }

    /// <summary>Short completions may well come out twice; a long one only from a server that does not look at the seed.</summary>
    private static bool IsTellingRepeat(IGrouping<(ShownOrder Order, string Reasoning, string Answer), Vote> group) =>
        group.Key.Reasoning.Length + group.Key.Answer.Length >= TellingLength && group.Select(vote => vote.Seed).Distinct().Count() > 1;
}
