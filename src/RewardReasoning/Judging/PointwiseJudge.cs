using System.Runtime.ExceptionServices;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>
/// Scores single responses from 1 to 5, or by choices, by several votes. A vote without a readable score is missing, and so is one whose
/// request failed while another's came through.
/// </summary>
/// <param name="client">The model, which it does not own.</param>
/// <param name="options">How to judge; the template is one for single responses.</param>
/// <param name="form">What its box may hold: numbers from 1 on.</param>
/// <param name="time">Clock for the time that completions take; the system's if null.</param>
internal sealed class PointwiseJudge(IChatClient client, JudgeOptions options, VerdictForm form, TimeProvider? time = null)
{
    private readonly CompletionSource _completions = new(
        client,
        options with
        {
            ThinkingStub = JudgeOptions.OpenBoxStub,
            SoftVerdicts = false,
        },
        time ?? TimeProvider.System,
        form
    );

    /// <summary>Scores a response.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <remarks>Where every request failed, the first one's exception is thrown as it came from the client.</remarks>
    public async Task<PointwiseScore> ScoreAsync(string query, string response, CancellationToken cancellationToken = default)
    {
        Comparison judged = new(query, response, "");
        (int? Score, Usage Usage, string? Missing, Exception? Failure)[] votes = await Task.WhenAll(
                Enumerable.Range(0, options.Votes).Select(index => VoteAsync(judged, index, cancellationToken))
            )
            .ConfigureAwait(false);
        if (Array.TrueForAll(votes, vote => vote.Failure is not null))
        {
            ExceptionDispatchInfo.Throw(votes[0].Failure ?? throw new InvalidOperationException("A failed vote has no failure."));
        }

        return new PointwiseScore(
            [.. votes.Select(vote => vote.Score)],
            votes.Aggregate(Usage.None, (sum, vote) => sum + vote.Usage),
            string.Join(" ", votes.Select(vote => vote.Missing).OfType<string>().Distinct())
        );
    }

    private async Task<(int? Score, Usage Usage, string? Missing, Exception? Failure)> VoteAsync(
        Comparison judged,
        int index,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<ChatMessage> prompt = options.Prompt.Render(judged);
        Usage usage = Usage.None;
        for (int redraw = 0; redraw <= options.UnparsableRedraws; redraw++)
        {
            Draw draw = new(index, ShownOrder.Given, VoteSeeds.Of(options.Seed, judged, index, redraw), redraw, Listener: null);
            try
            {
                Completion completion = await _completions.CompleteAsync(prompt, draw, cancellationToken).ConfigureAwait(false);
                usage += completion.Usage;
                if (VerdictParser.ParseNumber(completion, form.Numbers.Length) is { } score)
                {
                    return (score, usage, null, null);
                }
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(error) != FailureScope.Run)
            {
                return (null, usage, error.Message, error);
            }
        }

        return (
            null,
            usage,
            $"No score in {options.UnparsableRedraws + 1} draws: the answer ends without a box from 1 to {form.Numbers.Length}.",
            null
        );
    }
}

/// <summary>The votes on one response.</summary>
/// <param name="Scores">From 1 to 5, or numbers of choices from 1, in the order of the votes; null for a missing vote.</param>
/// <param name="Usage">What they cost.</param>
/// <param name="Missing">Why votes are missing; empty where none is.</param>
internal sealed record PointwiseScore(IReadOnlyList<int?> Scores, Usage Usage, string Missing)
{
    /// <summary>The mean of the votes, from 0 (all 1) to 1 (all 5); null where all are missing.</summary>
    public double? Value => (Scores.Average() - 1) / (VerdictForm.MostPoints - 1);
}
