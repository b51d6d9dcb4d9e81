namespace RewardReasoning.Verification;

/// <summary>Verdicts on parts, put together.</summary>
internal static class Verdicts
{
    /// <summary>Equal where every part is; Different where one is; else Unknown.</summary>
    public static AnswerVerdict All(params ReadOnlySpan<AnswerVerdict> parts) =>
        parts.Contains(AnswerVerdict.Different) ? AnswerVerdict.Different
        : parts.Contains(AnswerVerdict.Unknown) ? AnswerVerdict.Unknown
        : AnswerVerdict.Equal;

    /// <summary>Compares two lists of the same length, item by item.</summary>
    public static AnswerVerdict Pairwise<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, Func<T, T, AnswerVerdict> compare)
    {
        if (a.Count != b.Count)
        {
            return AnswerVerdict.Different;
        }

        AnswerVerdict verdict = AnswerVerdict.Equal;
        for (int i = 0; i < a.Count && verdict != AnswerVerdict.Different; i++)
        {
            verdict = All(verdict, compare(a[i], b[i]));
        }

        return verdict;
    }

    /// <summary>Compares two lists as sets: order and repetition do not count.</summary>
    public static AnswerVerdict AsSets<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, Func<T, T, AnswerVerdict> compare)
    {
        bool allMatched = true;
        bool anyOpen = false;
        bool[] matched = new bool[b.Count];
        foreach (T item in a)
        {
            bool found = false;
            bool open = false;
            for (int i = 0; i < b.Count; i++)
            {
                AnswerVerdict verdict = compare(item, b[i]);
                matched[i] |= verdict == AnswerVerdict.Equal;
                found |= verdict == AnswerVerdict.Equal;
                open |= verdict == AnswerVerdict.Unknown;
            }

            allMatched &= found;
            anyOpen |= !found && open;
            if (!found && !open)
            {
                return AnswerVerdict.Different;
            }
        }

        return allMatched && Array.TrueForAll(matched, one => one) ? AnswerVerdict.Equal
            : anyOpen ? AnswerVerdict.Unknown
            : AnswerVerdict.Different;
    }
}
