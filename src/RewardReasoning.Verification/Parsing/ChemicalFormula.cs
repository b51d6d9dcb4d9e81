using System.Buffers;
using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Formulas of substances: H2O, H_2O, \ce{H2O}, SO_4^{2-}.</summary>
internal static partial class ChemicalFormula
{
    private const int MaxLength = 120;
    private static readonly SearchValues<char> NumbersAndCharges = SearchValues.Create("0123456789+-");

    private static readonly FrozenSet<string> Elements = (
        "H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr Nb Mo Tc Ru Rh Pd Ag "
        + "Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th "
        + "Pa U Np Pu Am"
    )
        .Split(' ')
        .ToFrozenSet();

    /// <summary>
    /// The formula that a text is, without what only sets it; null for anything else, and for what may be a variable or a word: there is a
    /// second element, a number or a charge.
    /// </summary>
    public static string? Read(string text)
    {
        if (text.Length is < 2 or > MaxLength)
        {
            return null;
        }

        string plain = Setting().Replace(UnicodeMath.ToLatex(text), "");
        StringBuilder flat = new(plain.Length);
        foreach (char c in plain)
        {
            flat.Append(c is '{' or '}' or '_' or '$' or ' ' ? "" : c.ToString());
        }

        string formula = flat.Replace("^+", "+").Replace("^-", "-").ToString();
        return
            Whole().IsMatch(formula)
            && Element().Matches(formula) is { Count: > 0 } elements
            && elements.All(element => Elements.Contains(element.Value))
            && (elements.Count > 1 || formula.AsSpan().ContainsAny(NumbersAndCharges))
            ? formula
            : null;
    }

    [GeneratedRegex(
        @"\\(ce|text|mathrm|mathbf|textbf|rm|mbox|,|!|boxed|left|right)\b|\\[,!]",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Setting();

    [GeneratedRegex(
        @"^\d{0,2}([A-Z][a-z]?\d*|\(([A-Z][a-z]?\d*)+\)\d*)+(\^?\d?[+-])?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Whole();

    [GeneratedRegex(@"[A-Z][a-z]?", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex Element();
}
