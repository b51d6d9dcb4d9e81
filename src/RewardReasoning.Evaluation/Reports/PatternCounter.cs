namespace RewardReasoning.Evaluation.Reports;

/// <summary>Counts patterns over the reasoning of votes.</summary>
internal sealed class PatternCounter(ReasoningPatterns patterns)
{
    private readonly long[,] _with = new long[patterns.Names.Count, 3];
    private readonly long[] _votes = new long[3];
    private readonly long[] _occurrences = new long[patterns.Names.Count];
    private long _words;

    /// <summary>Columns of the counts: votes that are right, that are wrong, and all others.</summary>
    private enum Kind
    {
        Right,
        Wrong,
        Other,
    }

    public void Add(AnalysedComparison comparison)
    {
        foreach (Vote vote in comparison.Votes.Where(vote => vote.Reasoning.Length > 0))
        {
            int kind = (int)(
                comparison.IsRightVote(vote) switch
                {
                    true => Kind.Right,
                    false => Kind.Wrong,
                    _ => Kind.Other,
                }
            );
            IReadOnlyList<int> counts = patterns.Count(vote.Reasoning);
            _votes[kind]++;
            _words += Words(vote.Reasoning);
            for (int i = 0; i < counts.Count; i++)
            {
                _occurrences[i] += counts[i];
                _with[i, kind] += counts[i] > 0 ? 1 : 0;
            }
        }
    }

    public IReadOnlyList<PatternShare> Analyse() =>
        _votes.Sum() == 0
            ? []
            :
            [
                .. patterns.Names.Select(
                    (name, i) =>
                        new PatternShare(
                            name,
                            new CountedShare(_with[i, 0] + _with[i, 1] + _with[i, 2], _votes.Sum()),
                            new CountedShare(_with[i, (int)Kind.Right], _votes[(int)Kind.Right]),
                            new CountedShare(_with[i, (int)Kind.Wrong], _votes[(int)Kind.Wrong]),
                            _words == 0 ? 0 : 1000.0 * _occurrences[i] / _words
                        )
                ),
            ];

    private static int Words(string text)
    {
        int words = 0;
        bool inside = false;
        foreach (char character in text)
        {
            bool blank = char.IsWhiteSpace(character);
            words += !blank && !inside ? 1 : 0;
            inside = !blank;
        }

        return words;
    }
}
