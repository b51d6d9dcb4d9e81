using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// Picks judgments that show most about a judge: the wrong ones with the highest confidence, the right ones with the lowest and with the
/// highest, and one without a verdict. Of equals the first stays, so equal runs give equal pages.
/// </summary>
internal sealed class ExamplePicker
{
    private const int LongestText = 1200;
    private const int LongestReasoning = 3000;

    private readonly Shelf[] _shelves =
    [
        new(
            "Wrong, with the highest confidence of the wrong ones",
            3,
            one => one is { HasGold: true, IsRight: false, Confidence: { } confidence } ? confidence : null
        ),
        new(
            "Right, with the lowest confidence of the right ones",
            1,
            one => one is { HasGold: true, IsRight: true, Confidence: { } confidence } ? -confidence : null
        ),
        new(
            "Right, with the highest confidence of the right ones",
            1,
            one => one is { HasGold: true, IsRight: true, Confidence: { } confidence } ? confidence : null
        ),
        new("Without a verdict", 1, one => one.Preferred == MatchOutcome.Missing && one.Missing is not null ? 0 : null),
    ];

    public void Add(AnalysedComparison comparison)
    {
        if (comparison.Texts is not null)
        {
            foreach (Shelf shelf in _shelves)
            {
                shelf.Offer(comparison);
            }
        }
    }

    public IReadOnlyList<ExampleJudgment> Pick() =>
        [
            .. _shelves
                .SelectMany(shelf => shelf.Kept.Select(kept => (shelf.Why, kept.Comparison)))
                .DistinctBy(example => example.Comparison)
                .Select(example => Show(example.Why, example.Comparison)),
        ];

    private static ExampleJudgment Show(string why, AnalysedComparison comparison)
    {
        Vote? vote =
            comparison.Votes.FirstOrDefault(one => Outcomes.Of(one.Verdict) == comparison.Preferred)
            ?? (comparison.Votes.Count > 0 ? comparison.Votes[0] : null);
        Comparison texts = comparison.Texts ?? new("", "", "");
        return new ExampleJudgment
        {
            Why = why,
            Query = Clip(texts.Query, LongestText),
            Response1 = Clip(texts.Response1, LongestText),
            Response2 = Clip(texts.Response2, LongestText),
            Gold = comparison.Gold,
            Preferred = comparison.Preferred,
            Confidence = comparison.CalibratedConfidence ?? comparison.Confidence,
            Votes =
            [
                .. new[] { Verdict.First, Verdict.Second, Verdict.Unparsable }.Select(verdict =>
                    comparison.Votes.Count(one => one.Verdict == verdict)
                ),
            ],
            Order = vote?.Order,
            Reasoning = Clip(vote?.Reasoning ?? "", LongestReasoning),
            Answer = Clip(comparison.Missing ?? vote?.Answer ?? "", LongestText),
        };
    }

    /// <summary>A text with its middle left out where it is long; no character is halved.</summary>
    internal static string Clip(string text, int most)
    {
        if (text.Length <= most)
        {
            return text;
        }

        int head = char.IsHighSurrogate(text[(most / 2) - 1]) ? (most / 2) - 1 : most / 2;
        int tail = text.Length - (most / 2);
        tail += char.IsLowSurrogate(text[tail]) ? 1 : 0;
        return $"{text[..head]}\n[… {tail - head} characters …]\n{text[tail..]}";
    }

    private sealed class Shelf(string why, int room, Func<AnalysedComparison, double?> worth)
    {
        private readonly List<(double Worth, AnalysedComparison Comparison)> _kept = [];

        public string Why => why;

        public IReadOnlyList<(double Worth, AnalysedComparison Comparison)> Kept => _kept;

        public void Offer(AnalysedComparison comparison)
        {
            if (worth(comparison) is { } value && (_kept.Count < room || value > _kept[^1].Worth))
            {
                int at = _kept.FindIndex(kept => kept.Worth < value);
                _kept.Insert(at < 0 ? _kept.Count : at, (value, comparison));
                if (_kept.Count > room)
                {
                    _kept.RemoveAt(room);
                }
            }
        }
    }
}
