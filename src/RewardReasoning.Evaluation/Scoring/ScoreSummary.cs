using System.Buffers.Binary;
using System.Globalization;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Juries;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Scoring;

/// <summary>
/// Adds up judged rows into a <see cref="ScoreReport"/>. Not safe for several threads. Memory: a few counters for each value of the
/// fields, and about 30 bytes a row (an index that finds swapped rows), up to two million rows.
/// </summary>
/// <param name="fields">Dotted paths of the fields to break the rows down by.</param>
internal sealed class ScoreSummary(IReadOnlyList<string> fields)
{
    private const int MaxUnmatched = 2_000_000;

    private readonly Counter _total = new();
    private readonly Dictionary<string, Counter>[] _groups =
    [
        .. fields.Select(_ => new Dictionary<string, Counter>(StringComparer.Ordinal)),
    ];
    private readonly Counter[] _withoutField = [.. fields.Select(_ => new Counter())];
    private readonly HashSet<ulong> _unmatched = [];
    private long _swaps;
    private long _agreeing;
    private long _missingMatches;
    private readonly JuryCounter _jury = new();
    private long? _screened;
    private long _abstainedMatches;

    /// <summary>Rows so far.</summary>
    public long Rows => _total.Rows;

    /// <summary>Rows so far with a judgment that prefers a response.</summary>
    public long Judged => _total.Judged;

    /// <summary>Rows so far without a result.</summary>
    public long Missing => _total.Missing;

    /// <summary>What all judgments so far took.</summary>
    public Usage Usage { get; private set; } = Usage.None;

    /// <summary>Adds a judged row.</summary>
    public void Add(JudgedRow judged)
    {
        if (judged.Content is CandidatesContent)
        {
            AddRanking(judged.Row, judged.Ranking);
            AddJury((CandidatesContent)judged.Content, judged.Ranking?.Matches ?? []);
            foreach (PlayedMatch match in judged.Ranking?.Matches ?? [])
            {
                AddStage(match.Judgment);
            }

            _missingMatches += judged.MissingMatches;
            _abstainedMatches += judged.AbstainedMatches;
        }
        else
        {
            Add(judged.Row, judged.Content, judged.Judgment);
        }
    }

    /// <summary>Adds a row with what it holds and its judgment; null for a row that has none.</summary>
    public void Add(DataRow row, RowContent content, Judgment? judgment)
    {
        ArgumentNullException.ThrowIfNull(row);
        PairContent? pair = content as PairContent;
        Verdict label = pair?.Label ?? Verdict.Unparsable;
        _total.Add(label, judgment);
        AddStage(judgment);
        if (pair is not null && judgment is not null)
        {
            _jury.Add(ComparisonHash.FirstIsSmaller(pair.Comparison), judgment.Members, judgment.Preferred, label);
        }

        Usage += judgment?.Usage ?? Usage.None;
        for (int i = 0; i < fields.Count; i++)
        {
            CounterOf(i, row.Field(fields[i])).Add(label, judgment);
        }

        if (pair?.Comparison is { } comparison && judgment?.Preferred is { } preferred && comparison.Response1 != comparison.Response2)
        {
            Match(comparison, preferred);
        }
    }

    private void AddStage(Judgment? judgment)
    {
        if (judgment?.IsScreened is { } screened)
        {
            _screened = (_screened ?? 0) + (screened ? 1 : 0);
        }
    }

    private void AddJury(CandidatesContent candidates, IReadOnlyList<PlayedMatch> matches)
    {
        foreach (PlayedMatch match in matches.Where(match => match.Judgment is { Members.Count: > 0 }))
        {
            Comparison comparison = new(candidates.Query.Text, candidates.Responses[match.First], candidates.Responses[match.Second]);
            _jury.Add(
                ComparisonHash.FirstIsSmaller(comparison),
                match.Judgment?.Members ?? Judgment.NoMembers,
                match.Judgment?.Preferred,
                Verdict.Unparsable
            );
        }
    }

    /// <summary>Adds a row of candidates with their ranking; null for one that has none.</summary>
    public void AddRanking(DataRow row, Ranking? ranking)
    {
        ArgumentNullException.ThrowIfNull(row);
        _total.Add(ranking);
        Usage += ranking?.Usage ?? Usage.None;
        for (int i = 0; i < fields.Count; i++)
        {
            CounterOf(i, row.Field(fields[i])).Add(ranking);
        }
    }

    /// <summary>What was added so far.</summary>
    public ScoreReport Report(TimeSpan elapsed) =>
        new()
        {
            Total = _total.ToGroup(null),
            MissingMatches = _missingMatches,
            AbstainedMatches = _abstainedMatches,
            Swaps = new SwapAgreement { Pairs = _swaps, Agreeing = _agreeing },
            By = [.. fields.Select((field, i) => new ScoreBreakdown(field, GroupsOf(i)))],
            Tokens = new ScoreTokens(
                Usage.PromptTokens,
                Usage.OutputTokens,
                Usage.KeptPromptTokens,
                Usage.KeptOutputTokens,
                Usage.KeptCompletions
            )
            {
                Cost = Usage.Cost,
                KeptCost = Usage.KeptCost,
            },
            Screened = _screened,
            Jury = _jury.Figures(),
            Seconds = elapsed.TotalSeconds,
            PairsPerSecond = elapsed > TimeSpan.Zero ? _total.Judged / elapsed.TotalSeconds : 0,
        };

    private Counter CounterOf(int field, string? value)
    {
        if (value is null)
        {
            return _withoutField[field];
        }

        return _groups[field].TryGetValue(value, out Counter? counter) ? counter : _groups[field][value] = new Counter();
    }

    private List<ScoreGroup> GroupsOf(int field)
    {
        IEnumerable<ScoreGroup> groups = _groups[field]
            .OrderBy(group =>
                double.TryParse(group.Key, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
                    ? number
                    : double.PositiveInfinity
            )
            .ThenBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => group.Value.ToGroup(group.Key));
        return [.. _withoutField[field].Rows > 0 ? groups.Append(_withoutField[field].ToGroup(null)) : groups];
    }

    private void Match(Comparison comparison, Verdict preferred)
    {
        bool smallerFirst = ComparisonHash.FirstIsSmaller(comparison);
        bool smallerPreferred = smallerFirst == (preferred == Verdict.First);
        ulong pair = BinaryPrimitives.ReadUInt64LittleEndian(ComparisonHash.OfUnorderedPair(comparison));
        if (_unmatched.Remove(Key(!smallerFirst, smallerPreferred)))
        {
            _swaps++;
            _agreeing++;
        }
        else if (_unmatched.Remove(Key(!smallerFirst, !smallerPreferred)))
        {
            _swaps++;
        }
        else if (_unmatched.Count < MaxUnmatched)
        {
            _unmatched.Add(Key(smallerFirst, smallerPreferred));
        }

        // Two bits of the hash make room for the order and the verdict.
        ulong Key(bool order, bool preference) => (pair << 2) | (order ? 2ul : 0) | (preference ? 1ul : 0);
    }

    private sealed class Counter
    {
        private long _abstained;
        private long _ties;
        private long _labelled;
        private long _correct;
        private long _votes;
        private long _missingVotes;
        private long _forcedVotes;
        private long _reasoningTokens;

        public long Rows { get; private set; }

        public long Judged { get; private set; }

        public long Missing => Rows - Judged - _abstained - _ties;

        public void Add(Verdict label, Judgment? judgment)
        {
            Rows++;
            _abstained += judgment?.Outcome == MatchOutcome.Abstained ? 1 : 0;
            _ties += judgment?.Outcome == MatchOutcome.Tie ? 1 : 0;
            if (judgment?.Preferred is not { } preferred)
            {
                return;
            }

            Judged++;
            _labelled += label == Verdict.Unparsable ? 0 : 1;
            _correct += label == preferred ? 1 : 0;
            Add(judgment.Votes);
        }

        public void Add(Ranking? ranking)
        {
            Rows++;
            _abstained += RowJudge.IsAbstained(ranking) ? 1 : 0;
            if (ranking?.Best is null)
            {
                return;
            }

            Judged++;
            foreach (PlayedMatch match in ranking.Matches)
            {
                Add(match.Judgment?.Votes ?? []);
            }
        }

        private void Add(IReadOnlyList<Vote> votes)
        {
            foreach (Vote vote in votes)
            {
                _votes++;
                _missingVotes += vote.Verdict == Verdict.Unparsable ? 1 : 0;
                _forcedVotes += vote.Forced ? 1 : 0;
                _reasoningTokens += vote.Usage.ReasoningTokens ?? vote.Usage.OutputTokens;
            }
        }

        public ScoreGroup ToGroup(string? value) =>
            new()
            {
                Value = value,
                Rows = Rows,
                Judged = Judged,
                Abstained = _abstained,
                Ties = _ties,
                Labelled = _labelled,
                Correct = _correct,
                Votes = _votes,
                MissingVotes = _missingVotes,
                ForcedVotes = _forcedVotes,
                MeanReasoningTokens = _votes > 0 ? (double)_reasoningTokens / _votes : null,
            };
    }
}
