using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Answers;

/// <summary>Where a text announces its answer: "the answer is", "Final answer:", a heading "Answer", in several languages.</summary>
/// <param name="Start">Where the announcement begins.</param>
/// <param name="End">Where the answer may begin.</param>
/// <param name="IsFinal">Whether the answer is called final.</param>
/// <param name="IsLine">Whether the announcement has a line of its own, or ends with a colon.</param>
internal readonly partial record struct AnswerCue(int Start, int End, bool IsFinal, bool IsLine)
{
    /// <summary>The announcements of a text in order, the last ones where there are more than a number of them.</summary>
    public static List<AnswerCue> Find(string text, int max)
    {
        List<AnswerCue> cues = [];
        if (!HasWords(text))
        {
            return cues;
        }

        foreach (Regex pattern in new[] { English(), Reversed(), Heading(), European(), Asian() })
        {
            foreach (Match match in pattern.Matches(text))
            {
                bool isFinal =
                    match.Value.Contains("final", StringComparison.OrdinalIgnoreCase)
                    || match.Value.StartsWith("####", StringComparison.Ordinal)
                    || (match.Index >= 6 && text.AsSpan(match.Index - 6, 6).Equals("Final ", StringComparison.OrdinalIgnoreCase));
                cues.Add(
                    ReferenceEquals(pattern, Reversed())
                        ? new AnswerCue(match.Index, -1, isFinal, false)
                        : new AnswerCue(
                            match.Index,
                            match.Groups["value"] is { Success: true } value ? value.Index : match.Index + match.Length,
                            isFinal,
                            match.Value.TrimEnd() is [.., ':' or '：' or '#'] || match.Value.Contains('\n')
                        )
                );
            }
        }

        cues.Sort((a, b) => a.Start.CompareTo(b.Start));
        return cues.Count > max ? cues[^max..] : cues;
    }

    /// <summary>
    /// Whether a text has a word, other than names of commands: most answers have none, and nothing is announced without one.
    /// </summary>
    private static bool HasWords(string text)
    {
        int run = 0;
        bool isCommand = false;
        foreach (char c in text)
        {
            if (c is '#' or > '\u2E80')
            {
                return true;
            }

            isCommand = c == '\\' || (isCommand && char.IsAsciiLetter(c));
            run = char.IsLetter(c) && !isCommand ? run + 1 : 0;
            if (run >= 3)
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(
        @"\b(answers?\b([ ][\w'\u2019]+){0,6}?[\s*_]*(:|：|\bis\b|\bare\b|\bwould be\b|\bshould be\b|\bmust be\b|\bwill be\b"
            + @"|\bcomes out to\b|\bequals\b)|answers?[*_]* [—–]|answers?[\s*_]*=|ans(\.|\b)[\s*_]*[:=]?(?<value>\s*[\d$\\-])|(final"
            + @"|numerical) (result|value)[\s*_]*(:|：|\bis\b|=))|####|\[(final )?answer\]",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex English();

    /// <summary>"14 is the answer", "we get 14 as the answer".</summary>
    [GeneratedRegex(
        @"\b(is|as) (therefore |thus |then |hence )?(the|our|my) (final |correct |right |required )?(answer|solution"
            + @"|result)\b\s*([.!,;\n*]|$)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Reversed();

    [GeneratedRegex(
        @"(^|\n)[ \t>]*([-*#]+[ \t]*)?[*_]*(the )?(final |correct |short )?(answer|result|solution|conclusion|antwort"
            + @"|lösung|réponse|respuesta|resposta|risposta|ответ)[ \t]*:?[*_]*[ \t]*:?[*_]*[ \t]*\n",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Heading();

    [GeneratedRegex(
        @"\b(antwort(en)?|lösung|ergebnis|endergebnis|resultat|réponses?|résultat|respuestas?|resultado|solución|respostas?"
            + @"|solução|risposte?|risposta|risultato|soluzione|ответ|результат|відповідь|antwoord|odpowiedź|odpověď|cevap|svar"
            + @"|vastaus)([ ][\w']+){0,3}?[\s*_]*(:|：|=|—|–|\bist\b|\blautet\b|\bbeträgt\b|\best\b|\bvaut\b|\bes\b|\bé\b|\bè\b"
            + @"|\bравен\b|\bравна\b|\bравно\b|\bis\b|\bto\b|\bär\b|\bon\b)",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex European();

    [GeneratedRegex(
        @"(正确答案|最终答案|答案|最终结果|结果|結果|答え|解答|正解|정답|답)\s*(应该是|应为|應為|是|为|為|は|은|는|選|选)?\s*[*_]*\s*[：:]?|(故选|因此选|所以选|应选|故選|应该选|选择"
            + @"|选)\s*[：:]?\s*(?<value>[(（]?[A-J])|(综上|因此|所以|故)[，,]?[^。\n]{0,20}?(为|共有|等于|是)(?<value>\s*[\d$\\-])",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Asian();
}
