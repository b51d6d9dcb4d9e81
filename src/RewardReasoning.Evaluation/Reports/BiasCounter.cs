using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Counts what the place and the length of responses do to judgments.</summary>
internal sealed class BiasCounter
{
    private readonly Counter _shownFirst = new();
    private readonly Counter _rightShownFirst = new();
    private readonly Counter _rightShownSecond = new();
    private readonly Counter _longer = new();
    private readonly Counter _longerIsRight = new();
    private readonly Counter _rightIsLonger = new();
    private readonly Counter _rightIsShorter = new();

    public void Add(AnalysedComparison comparison)
    {
        foreach (Vote vote in comparison.Votes.Where(vote => vote.Verdict is Verdict.First or Verdict.Second))
        {
            _shownFirst.Add(vote.Verdict == Verdict.First == (vote.Order == ShownOrder.Given));
            if (comparison.IsRightVote(vote) is { } isRight)
            {
                (comparison.Gold == MatchOutcome.First == (vote.Order == ShownOrder.Given) ? _rightShownFirst : _rightShownSecond).Add(
                    isRight
                );
            }
        }

        if (comparison.Texts is not { } texts || texts.Response1.Length == texts.Response2.Length)
        {
            return;
        }

        MatchOutcome longer = texts.Response1.Length > texts.Response2.Length ? MatchOutcome.First : MatchOutcome.Second;
        if (comparison.Preferred is MatchOutcome.First or MatchOutcome.Second)
        {
            _longer.Add(comparison.Preferred == longer);
        }

        if (comparison.HasGold)
        {
            _longerIsRight.Add(comparison.Gold == longer);
            (comparison.Gold == longer ? _rightIsLonger : _rightIsShorter).Add(comparison.IsRight);
        }
    }

    public BiasAnalysis Analyse() =>
        new(
            _shownFirst.Share,
            _rightShownFirst.Share,
            _rightShownSecond.Share,
            _longer.Share,
            _longerIsRight.Share,
            _rightIsLonger.Share,
            _rightIsShorter.Share
        );

    private sealed class Counter
    {
        private long _count;
        private long _of;

        public CountedShare Share => new(_count, _of);

        public void Add(bool counts)
        {
            _of++;
            _count += counts ? 1 : 0;
        }
    }
}
