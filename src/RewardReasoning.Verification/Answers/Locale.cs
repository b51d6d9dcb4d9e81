using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Answers;

/// <summary>How the language of a text writes numbers.</summary>
internal static partial class Locale
{
    private const int MaxCharacters = 4_000;

    /// <summary>
    /// Whether a text is in a language that writes 3,5 for three and a half: German, French, Spanish, Portuguese, Italian, Dutch, Russian
    /// and
    /// other Slavic languages. Two of their commonest words, or Cyrillic letters, show it.
    /// </summary>
    public static bool HasDecimalComma(string text)
    {
        string tail = text.Length > MaxCharacters ? text[^MaxCharacters..] : text;
        return !tail.AsSpan().ContainsAnyInRange('а', 'я') ? Cue().IsMatch(tail) || CommonWords().Count(tail) >= 2 : true;
    }

    /// <summary>Words of no other language that announce an answer.</summary>
    [GeneratedRegex(
        @"\b(Antwort|Lösung|Ergebnis|Endergebnis|beträgt|réponse|résultat|respuesta|resposta"
            + @"|risposta|risultato|antwoord|odpowiedź|wynosi)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex Cue();

    [GeneratedRegex(
        @"\b(der|die|das|ist|und|lautet|Antwort|Lösung|Ergebnis|beträgt|la|le|les|est|réponse|donc|résultat|el|es|respuesta"
            + @"|resultado|una|por|resposta|é|risposta|è|il|risultato|het|antwoord|een|odpowiedź|wynosi)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture | RegexOptions.IgnoreCase
    )]
    private static partial Regex CommonWords();
}
