using System.Diagnostics;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>Asks for one vote: its prompt, its seed, the redraws of an unreadable verdict, and what becomes of a failed request.</summary>
internal sealed class VoteCaster(IChatClient client, JudgeOptions options, TimeProvider time)
{
    private readonly CompletionSource _completions = new(
        client,
        options.Ties && options.ThinkingStub == JudgeOptions.DefaultThinkingStub
            ? options with
            {
                ThinkingStub = JudgeOptions.OpenBoxStub,
            }
            : options,
        time,
        options.Ties ? VerdictForm.WithTies : VerdictForm.Pairwise
    );

    /// <summary>The vote of this index; with the exception of the client where its request failed, which makes it missing.</summary>
    public async Task<(Vote Vote, Exception? Failure)> CastAsync(
        Comparison judged,
        byte[] hash,
        int index,
        Action<JudgmentEvent>? listener,
        CancellationToken cancellationToken
    )
    {
        ShownOrder order = options.Order.OrderOf(judged, index);
        IReadOnlyList<ChatMessage> prompt = options.Template.Render(judged, order);
        Vote vote = new()
        {
            Index = index,
            Verdict = Verdict.Unparsable,
            Order = order,
            Seed = 0,
        };
        Exception? failure = null;
        using Activity? activity = JudgeTelemetry.StartVote(index, order);
        bool withheld = false; // what a filter took is not given at the next draw either
        for (int redraw = 0; redraw <= options.UnparsableRedraws && vote.Verdict == Verdict.Unparsable && !withheld; redraw++)
        {
            Draw draw = new(index, order, VoteSeeds.Of(options.Seed, hash, index, redraw), redraw, listener);
            listener?.Invoke(
                new()
                {
                    Kind = JudgmentEventKind.DrawStarted,
                    Vote = index,
                    Order = order,
                    Seed = draw.Seed,
                    Redraw = redraw,
                }
            );
            try
            {
                Completion completion = await _completions.CompleteAsync(prompt, draw, cancellationToken).ConfigureAwait(false);
                withheld = completion.Withheld;
                Usage before = vote.Usage;
                vote = VoteOf(draw, completion, before);
                if (
                    vote.Verdict == Verdict.Unparsable
                    && !withheld
                    && !options.StrictParsing
                    && await _completions.AskForMissingVerdictAsync(prompt, completion, draw, cancellationToken).ConfigureAwait(false)
                        is { } asked
                )
                {
                    vote = VoteOf(draw, asked, before);
                }
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(error) != FailureScope.Run)
            {
                string? tooLong = TooLong(error);
                failure = tooLong is null ? error : null;
                vote = vote with
                {
                    Seed = draw.Seed,
                    Redraws = redraw,
                    MissingReason = tooLong ?? error.Message,
                    Fault = tooLong is null ? VoteFault.Failed : VoteFault.Refused,
                    Failure = RequestFailure.Of(error),
                };
                break;
            }
        }

        JudgeTelemetry.EndVote(activity, vote, failure);
        listener?.Invoke(
            new()
            {
                Kind = JudgmentEventKind.VoteFinished,
                Vote = index,
                Order = order,
                Seed = vote.Seed,
                Redraw = vote.Redraws,
                FinishedVote = vote,
            }
        );
        return (vote, failure);
    }

    private Vote VoteOf(Draw draw, Completion completion, Usage before)
    {
        Verdict shown =
            options.StrictParsing && completion is { Forced: false, Withheld: false, OddEnd: null }
                ? VerdictParser.ParseStrict(
                    completion.ReasoningClosed == true ? completion.Reasoning + ReasoningText.CloseTag + completion.Answer : ""
                )
                : VerdictParser.Parse(completion, options.Ties);
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
            Fault =
                shown != Verdict.Unparsable ? VoteFault.None
                : completion.Withheld ? VoteFault.Refused
                : completion.Cut ? VoteFault.Cut
                : VoteFault.Unparsable,
            FirstProbability = draw.Order == ShownOrder.Given ? completion.ShownFirstProbability : 1 - completion.ShownFirstProbability,
            Usage = before + completion.Usage,
        };
    }

    private static string WhyUnparsable(Completion completion, int draws)
    {
        string why = completion switch
        {
            { Withheld: true } => string.IsNullOrWhiteSpace(completion.Answer)
                ? "a content filter took the answer's place"
                : $"a content filter or a refusal took the answer's place: {OneLine(completion.Answer)}",
            { OddEnd: { } reason } => $"the answer ended for the reason '{reason}', so it may not be whole",
            { ReasoningClosed: false, Cut: true } => "the reasoning was cut at the token limit",
            { ReasoningClosed: false } => "the reasoning was never closed",
            { ReasoningClosed: true } when string.IsNullOrWhiteSpace(completion.Answer) =>
                "the answer is empty and everything came as reasoning. If the model does not reason, check the server's reasoning parser",
            { Cut: true } => "the answer was cut at the token limit before a verdict",
            _ => @"the answer ends without \boxed{Assistant 1} or \boxed{Assistant 2}",
        };
        return draws == 1 ? $"No verdict: {why}." : $"No verdict in {draws} draws: in the last, {why}.";
    }

    private static string OneLine(string text)
    {
        const int Longest = 200;
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= Longest ? line : line[..Longest] + "…";
    }

    private static string? TooLong(Exception error) =>
        error.Data[ChatResponseKeys.PromptTokens] is int prompt && error.Data[ChatResponseKeys.ContextTokens] is int context
            ? $"The prompt has {prompt} tokens and the model's context {context}; it is never cut unasked. "
                + "Shorten the responses or truncate them on purpose."
            : null;
}
