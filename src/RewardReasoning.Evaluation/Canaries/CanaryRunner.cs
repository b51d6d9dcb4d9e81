using System.Collections.Concurrent;
using System.Text.Json;
using RewardReasoning.Calibration;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Canaries;

/// <summary>How a canary is judged again.</summary>
internal sealed record CanaryOptions
{
    /// <summary>The probability that an unchanged judge is called changed.</summary>
    public double Alarm { get; init; } = 0.01;

    /// <summary>Progress, concurrency and clock.</summary>
    public RunOptions Run { get; init; } = new();
}

/// <summary>
/// Judges the pairs of an earlier run again, with new seeds, and says whether the judge has changed (<see cref="CanaryTest"/>). It stops
/// at the pair that shows it.
/// </summary>
/// <param name="judge">The judge as it is now, whose completions do not come from a store; stays the caller's.</param>
/// <param name="options">How.</param>
internal sealed class CanaryRunner(OpenedJudge judge, CanaryOptions options)
{
    /// <summary>Makes the seeds of now others than those of then, which may have had the same base seed.</summary>
    private const long OtherSeeds = 0x63616e617279;

    private readonly ConcurrentDictionary<string, bool> _seen = new(StringComparer.Ordinal);

    /// <summary>The options of a judge as the canary asks it: all votes, with new seeds, as they come.</summary>
    public static JudgeOptions ApplyTo(JudgeOptions options) =>
        options with
        {
            Seed = options.Seed ^ OtherSeeds,
            FurtherVotesOnDraw = 0,
            Calibration = null,
        };

    /// <summary>Compares the judge with what an earlier run of <c>rrm score</c> wrote.</summary>
    /// <exception cref="RewardReasoningException">The file cannot serve, or the judge has other settings than it had then.</exception>
    public async Task<CanaryReport> RunAsync(string baseline, CancellationToken cancellationToken)
    {
        RequireComparable(baseline);
        RowSource rows = RowSource.OfFiles(baseline);
        RowJudge rowJudge = new(judge.Judge);
        CanaryTest test = new(options.Alarm);
        Tally before = new(),
            now = new();
        Usage usage = Usage.None;
        int pairs = 0,
            missing = 0;
        long? total = await JudgedRows.CountAsync(rows, options.Run, cancellationToken).ConfigureAwait(false);
        await foreach (
            Canary? canary in JudgedRows
                .SelectAsync(rows, judge, options.Run, (row, stop) => JudgeAsync(rowJudge, row, stop), output: null, cancellationToken)
                .ConfigureAwait(false)
        )
        {
            if (canary is null)
            {
                continue;
            }

            usage += canary.Now?.Usage ?? Usage.None;
            if (canary.Error is { } error)
            {
                missing++;
                options.Run.OnMissing?.Invoke(new MissingItem(canary.Place, error));
            }
            else
            {
                pairs++;
                IReadOnlyList<Vote> then = canary.Before?.Votes ?? [],
                    votes = canary.Now?.Votes ?? [];
                before.Add(then, canary.Label);
                now.Add(votes, canary.Label);
                test.Add(then, votes, canary.Label);
            }

            options.Run.Progress?.Report(new RunProgress(pairs + missing, missing, total, usage));
            if (test.IsChanged)
            {
                break;
            }
        }

        return new()
        {
            Judge = judge.Name,
            Changed = test.IsChanged,
            Change = test.Change,
            Evidence = test.MostEvidence,
            Threshold = test.Threshold,
            Pairs = pairs,
            Missing = missing,
            VotesBefore = before.Votes,
            VotesNow = now.Votes,
            Right = new CanaryShare(before.Right, now.Right),
            ShownFirst = new CanaryShare(before.ShownFirst, now.ShownFirst),
            Usage = usage,
        };
    }

    /// <summary>Votes under other settings differ for that reason alone.</summary>
    private void RequireComparable(string baseline)
    {
        if (judge.Reasoning is null)
        {
            throw new RunException("A canary compares votes, and a scalar reward model has none; compare its scores instead.");
        }

        if (judge.Voting.Stopping != "fixed")
        {
            throw new RunException(
                $"Voting ends early ({judge.Voting.Stopping}), so that votes depend on each other. Leave out --adaptive."
            );
        }

        if (options.Alarm is not (> 0 and < 1))
        {
            throw new RunException(
                FormattableString.Invariant($"The probability of a false alarm is {options.Alarm}; it is above 0 and below 1.")
            );
        }

        if (RunSettings.Read(baseline + RunRecord.Ending)?.Judging is not { } then)
        {
            return; // a file that was moved without its settings; the judgments themselves are checked
        }

        VotingSettings now = judge.Voting;
        string[] differences = [.. (now with { Votes = then.Votes, FurtherVotes = then.FurtherVotes }).DifferencesFrom(then)];
        if (differences.Length > 0)
        {
            throw new RunException(
                $"'{baseline}' was judged with other settings: here {string.Join(", ", differences)}. Give those of its run "
                    + $"('{baseline}{RunRecord.Ending}' lists them), so that only the judge can differ."
            );
        }
    }

    /// <summary>Null for a pair that was there before: its votes would be the same, and count twice.</summary>
    private async Task<Canary?> JudgeAsync(RowJudge rowJudge, DataRow row, CancellationToken cancellationToken)
    {
        if (RowRecognizer.Recognize(row) is not PairContent pair)
        {
            return new Canary(row.Place, "The row is no pair of responses.");
        }

        if (ScoredRow.JudgmentOf(row) is not { } json)
        {
            return new Canary(row.Place, "The row has no 'judgment' of rrm score to compare with.");
        }

        Judgment before;
        try
        {
            before = JudgmentJson.Read(json);
        }
        catch (JsonException exception)
        {
            return new Canary(row.Place, $"Its 'judgment' is not one of rrm score: {exception.Message}");
        }

        if (before.Model != judge.Name)
        {
            throw new RunException(
                $"{row.Place} was judged by '{before.Model}', and the judge here is '{judge.Name}'. A canary is for the judge behind one "
                    + "name; rrm bench compare compares two."
            );
        }

        if (before.EndedBy != VotingEnd.AllVotes)
        {
            throw new RunException(
                $"Voting on {row.Place} ended early, so that its votes depend on each other. Make the file with rrm score without "
                    + "--adaptive and without a budget."
            );
        }

        if (!_seen.TryAdd(Convert.ToHexString(ComparisonHash.OfUnorderedPair(pair.Comparison)), true))
        {
            return null;
        }

        (Judgment? now, string? error) = await rowJudge.JudgeAsync(pair.Comparison, cancellationToken).ConfigureAwait(false);
        return new Canary(row.Place, error)
        {
            Before = before with { Votes = [.. before.Votes.Take(before.MaxVotes)] }, // votes that a draw costs depend on those before
            Now = now,
            Label = pair.Label,
        };
    }

    private sealed record Canary(string Place, string? Error)
    {
        public Judgment? Before { get; init; }

        public Judgment? Now { get; init; }

        public Verdict Label { get; init; } = Verdict.Unparsable;
    }

    /// <summary>Counts of votes.</summary>
    private sealed class Tally
    {
        private long _labelled;
        private long _right;
        private long _shownFirst;

        public long Votes { get; private set; }

        public double? Right => _labelled == 0 ? null : (double)_right / _labelled;

        public double? ShownFirst => Votes == 0 ? null : (double)_shownFirst / Votes;

        public void Add(IReadOnlyList<Vote> votes, Verdict label)
        {
            foreach (Vote vote in votes.Where(vote => vote.Verdict != Verdict.Unparsable))
            {
                Votes++;
                _shownFirst += vote.Verdict.Renumber(vote.Order) == Verdict.First ? 1 : 0;
                _labelled += label == Verdict.Unparsable ? 0 : 1;
                _right += vote.Verdict == label ? 1 : 0;
            }
        }
    }
}
