using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Mathematical characters beyond ASCII, written as LaTeX; full-width and styled letters and digits as plain ones.</summary>
internal static class UnicodeMath
{
    private const string Superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱˣ";
    private const string Raised = "0123456789+-()nix";
    private const string Subscripts = "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙᵢₖₓ";
    private const string Lowered = "0123456789+-()nikx";
    private const char FullWidthFirst = '！';
    private const char FullWidthLast = '～';
    private const int FullWidthOffset = '！' - '!';

    private static readonly FrozenDictionary<char, string> Replacements = new Dictionary<char, string>
    {
        ['−'] = "-",
        ['–'] = "-",
        ['‐'] = "-",
        ['‑'] = "-",
        ['﹣'] = "-",
        ['×'] = "*",
        ['·'] = "*",
        ['⋅'] = "*",
        ['∙'] = "*",
        ['•'] = "*",
        ['✕'] = "*",
        ['÷'] = "/",
        ['∕'] = "/",
        ['⁄'] = "/",
        ['≤'] = "\\le ",
        ['≥'] = "\\ge ",
        ['≦'] = "\\le ",
        ['≧'] = "\\ge ",
        ['⩽'] = "\\le ",
        ['⩾'] = "\\ge ",
        ['≠'] = "\\ne ",
        ['≈'] = "\\approx ",
        ['≃'] = "\\approx ",
        ['≡'] = "\\equiv ",
        ['∈'] = "\\in ",
        ['∪'] = "\\cup ",
        ['∩'] = "\\cap ",
        ['∖'] = "\\setminus ",
        ['∅'] = "\\emptyset ",
        ['∞'] = "\\infty ",
        ['±'] = "\\pm ",
        ['∓'] = "\\mp ",
        ['√'] = "\\sqrt ",
        ['∛'] = "\\sqrt[3]",
        ['∜'] = "\\sqrt[4]",
        ['°'] = "^\\circ ",
        ['º'] = "^\\circ ",
        ['˚'] = "^\\circ ",
        ['℃'] = "^\\circ C",
        ['℉'] = "^\\circ F",
        ['π'] = "\\pi ",
        ['½'] = "\\frac{1}{2}",
        ['¼'] = "\\frac{1}{4}",
        ['¾'] = "\\frac{3}{4}",
        ['⅓'] = "\\frac{1}{3}",
        ['⅔'] = "\\frac{2}{3}",
        ['⅕'] = "\\frac{1}{5}",
        ['⅖'] = "\\frac{2}{5}",
        ['⅗'] = "\\frac{3}{5}",
        ['⅘'] = "\\frac{4}{5}",
        ['⅙'] = "\\frac{1}{6}",
        ['⅚'] = "\\frac{5}{6}",
        ['⅐'] = "\\frac{1}{7}",
        ['⅛'] = "\\frac{1}{8}",
        ['⅜'] = "\\frac{3}{8}",
        ['⅝'] = "\\frac{5}{8}",
        ['⅞'] = "\\frac{7}{8}",
        ['⅑'] = "\\frac{1}{9}",
        ['⅒'] = "\\frac{1}{10}",
        ['α'] = "\\alpha ",
        ['β'] = "\\beta ",
        ['γ'] = "\\gamma ",
        ['δ'] = "\\delta ",
        ['ε'] = "\\epsilon ",
        ['ϵ'] = "\\epsilon ",
        ['ζ'] = "\\zeta ",
        ['η'] = "\\eta ",
        ['θ'] = "\\theta ",
        ['κ'] = "\\kappa ",
        ['λ'] = "\\lambda ",
        ['μ'] = "\\mu ",
        ['µ'] = "\\mu ",
        ['ν'] = "\\nu ",
        ['ξ'] = "\\xi ",
        ['ρ'] = "\\rho ",
        ['τ'] = "\\tau ",
        ['φ'] = "\\phi ",
        ['ϕ'] = "\\phi ",
        ['χ'] = "\\chi ",
        ['ψ'] = "\\psi ",
        ['ω'] = "\\omega ",
        ['σ'] = "\\sigma ",
        ['Δ'] = "\\Delta ",
        ['Γ'] = "\\Gamma ",
        ['Θ'] = "\\Theta ",
        ['Λ'] = "\\Lambda ",
        ['Σ'] = "\\Sigma ",
        ['Φ'] = "\\Phi ",
        ['Ψ'] = "\\Psi ",
        ['Ω'] = "\\Omega ",
        ['ℕ'] = "\\mathbb{N}",
        ['ℤ'] = "\\mathbb{Z}",
        ['ℚ'] = "\\mathbb{Q}",
        ['ℝ'] = "\\mathbb{R}",
        ['ℂ'] = "\\mathbb{C}",
        ['′'] = "'",
        ['’'] = "'",
        ['″'] = "''",
        ['，'] = ", ",
        ['、'] = ", ",
        ['；'] = "; ",
        ['。'] = ".",
        ['∣'] = "|",
        ['\u00A0'] = " ",
        ['\u2009'] = " ",
        ['\u200A'] = " ",
        ['\u2003'] = " ",
        ['\u202F'] = " ",
        ['\u3000'] = " ",
        ['\u200B'] = "",
        ['\u2061'] = "",
        ['\u2062'] = "*",
        ['\uFEFF'] = "",
        ['“'] = "\"",
        ['”'] = "\"",
        ['⟨'] = "\\langle ",
        ['⟩'] = "\\rangle ",
        ['∠'] = "\\angle ",
        ['…'] = "...",
        ['⋯'] = "...",
        ['∑'] = "\\sum ",
        ['∏'] = "\\prod ",
        ['∫'] = "\\int ",
        ['⌊'] = "\\lfloor ",
        ['⌋'] = "\\rfloor ",
        ['⌈'] = "\\lceil ",
        ['⌉'] = "\\rceil ",
        ['∧'] = "\\land ",
        ['∨'] = "\\lor ",
        ['ℓ'] = "l",
        ['ⅈ'] = "i",
    }.ToFrozenDictionary();

    /// <summary>Full-width and styled letters, digits and punctuation as plain ones; nothing else changes.</summary>
    public static string ToPlain(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c is >= FullWidthFirst and <= FullWidthLast && c is not ('，' or '；' or '：' or '？' or '！'))
            {
                plain.Append((char)(c - FullWidthOffset));
            }
            else if (c == '\uD835' && i + 1 < text.Length && Styled(text[i + 1]) is { } styled)
            {
                plain.Append(styled);
                i++;
            }
            else
            {
                plain.Append(
                    c switch
                    {
                        '：' => ':',
                        '\u3000' => ' ',
                        _ => c,
                    }
                );
            }
        }

        return plain.ToString();
    }

    public static string ToLatex(string text)
    {
        if (Ascii.IsValid(text))
        {
            return text;
        }

        StringBuilder latex = new(text.Length + 16);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (Superscripts.Contains(c))
            {
                i = AppendRun(text, i, '^', Superscripts, Raised, latex);
            }
            else if (Subscripts.Contains(c))
            {
                i = AppendRun(text, i, '_', Subscripts, Lowered, latex);
            }
            else if (c == '√' && RootOf(text, i + 1) is { Length: > 0 } radicand)
            {
                latex.Append("\\sqrt{").Append(radicand).Append('}');
                i += radicand.Length;
            }
            else
            {
                latex.Append(Replacements.TryGetValue(c, out string? replacement) ? replacement : c.ToString());
            }
        }

        return latex.ToString();
    }

    /// <summary>√ reaches over the digits that follow it.</summary>
    private static string RootOf(string text, int from)
    {
        int end = from;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return text[from..end];
    }

    private static int AppendRun(string text, int start, char mark, string from, string to, StringBuilder latex)
    {
        int end = start;
        latex.Append(mark).Append('{');
        for (; end < text.Length && from.IndexOf(text[end], StringComparison.Ordinal) is var at && at >= 0; end++)
        {
            latex.Append(to[at]);
        }

        latex.Append('}');
        return end - 1;
    }

    /// <summary>The letter or digit behind the low surrogate of a mathematical alphanumeric symbol: 𝑥 is x.</summary>
    private static char? Styled(char low)
    {
        if (!char.IsLowSurrogate(low))
        {
            return null;
        }

        string plain = char.ConvertFromUtf32(char.ConvertToUtf32('\uD835', low)).Normalize(NormalizationForm.FormKC);
        return plain is [var letter] && char.GetUnicodeCategory(letter) is not UnicodeCategory.OtherNotAssigned ? letter : null;
    }
}
