using System.Collections.Frozen;
using System.Text;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Mathematical characters beyond ASCII, written as LaTeX.</summary>
internal static class UnicodeMath
{
    private static readonly FrozenDictionary<char, string> Replacements = new Dictionary<char, string>
    {
        ['−'] = "-",
        ['–'] = "-",
        ['‐'] = "-",
        ['×'] = "*",
        ['·'] = "*",
        ['⋅'] = "*",
        ['∙'] = "*",
        ['÷'] = "/",
        ['∕'] = "/",
        ['⁄'] = "/",
        ['≤'] = "\\le ",
        ['≥'] = "\\ge ",
        ['⩽'] = "\\le ",
        ['⩾'] = "\\ge ",
        ['≠'] = "\\ne ",
        ['≈'] = "\\approx ",
        ['≃'] = "\\approx ",
        ['∈'] = "\\in ",
        ['∪'] = "\\cup ",
        ['∩'] = "\\cap ",
        ['∖'] = "\\setminus ",
        ['∅'] = "\\emptyset ",
        ['∞'] = "\\infty ",
        ['±'] = "\\pm ",
        ['∓'] = "\\mp ",
        ['√'] = "\\sqrt ",
        ['°'] = "^\\circ ",
        ['π'] = "\\pi ",
        ['²'] = "^2",
        ['³'] = "^3",
        ['¹'] = "^1",
        ['½'] = "\\frac{1}{2}",
        ['¼'] = "\\frac{1}{4}",
        ['¾'] = "\\frac{3}{4}",
        ['⅓'] = "\\frac{1}{3}",
        ['⅔'] = "\\frac{2}{3}",
        ['α'] = "\\alpha ",
        ['β'] = "\\beta ",
        ['γ'] = "\\gamma ",
        ['θ'] = "\\theta ",
        ['λ'] = "\\lambda ",
        ['μ'] = "\\mu ",
        ['φ'] = "\\phi ",
        ['ω'] = "\\omega ",
        ['σ'] = "\\sigma ",
        ['Δ'] = "\\Delta ",
        ['ℝ'] = "\\mathbb{R}",
        ['ℤ'] = "\\mathbb{Z}",
        ['′'] = "'",
        ['’'] = "'",
        ['，'] = ", ",
        ['；'] = "; ",
        ['：'] = ":",
        ['（'] = "(",
        ['）'] = ")",
        ['％'] = "%",
        ['＝'] = "=",
        ['\u00A0'] = " ",
        ['\u2009'] = " ",
        ['\u202F'] = " ",
        ['“'] = "\"",
        ['”'] = "\"",
        ['⟨'] = "\\langle ",
        ['⟩'] = "\\rangle ",
        ['∠'] = "\\angle ",
    }.ToFrozenDictionary();

    public static string ToLatex(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return text;
        }

        StringBuilder latex = new(text.Length + 16);
        foreach (char c in text)
        {
            if (Replacements.TryGetValue(c, out string? replacement))
            {
                latex.Append(replacement);
            }
            else
            {
                latex.Append(c);
            }
        }

        return latex.ToString();
    }
}
