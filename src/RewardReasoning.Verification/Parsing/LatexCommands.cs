using System.Collections.Frozen;

namespace RewardReasoning.Verification.Parsing;

/// <summary>What LaTeX commands mean here. One that stands in none of these tables fails the text that holds it.</summary>
internal static class LatexCommands
{
    /// <summary>Commands that change nothing but looks.</summary>
    public static readonly FrozenSet<string> Skipped = FrozenSet.ToFrozenSet(
        ["left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "biggl", "biggr", "middle", "displaystyle", "textstyle", "scriptstyle", "limits", "nolimits",
         "enspace", "thinspace", "mathstrut", "strut", "hfill", "bf", "rm", "it", "hline", "nonumber", "ensuremath"]);

    /// <summary>Commands that are one token.</summary>
    public static readonly FrozenDictionary<string, MathToken> Commands = new Dictionary<string, MathToken>
    {
        ["cdot"] = new(TokenKind.Operator, "*"), ["times"] = new(TokenKind.Operator, "*"), ["ast"] = new(TokenKind.Operator, "*"), ["div"] = new(TokenKind.Operator, "/"), ["pm"] = new(TokenKind.Operator, "pm"), ["mp"] = new(TokenKind.Operator, "mp"), ["cup"] = new(TokenKind.Operator, "u"), ["cap"] = new(TokenKind.Operator, "n"), ["setminus"] = new(TokenKind.Operator, "-set"),
        ["backslash"] = new(TokenKind.Operator, "-set"), ["circ"] = new(TokenKind.Operator, "deg"), ["degree"] = new(TokenKind.Operator, "deg"), ["prime"] = new(TokenKind.Operator, "'"), ["bmod"] = new(TokenKind.Operator, "mod"), ["colon"] = new(TokenKind.Operator, ":"),
        ["le"] = new(TokenKind.Relation, "l"), ["leq"] = new(TokenKind.Relation, "l"), ["leqslant"] = new(TokenKind.Relation, "l"), ["ge"] = new(TokenKind.Relation, "g"), ["geq"] = new(TokenKind.Relation, "g"), ["geqslant"] = new(TokenKind.Relation, "g"), ["lt"] = new(TokenKind.Relation, "<"), ["gt"] = new(TokenKind.Relation, ">"),
        ["ne"] = new(TokenKind.Relation, "!"), ["neq"] = new(TokenKind.Relation, "!"), ["approx"] = new(TokenKind.Relation, "~"), ["simeq"] = new(TokenKind.Relation, "~"), ["doteq"] = new(TokenKind.Relation, "~"), ["in"] = new(TokenKind.Relation, "e"), ["equiv"] = new(TokenKind.Relation, "="),
        ["lvert"] = new(TokenKind.Open, "|"), ["rvert"] = new(TokenKind.Close, "|"), ["vert"] = new(TokenKind.Operator, "|"), ["mid"] = new(TokenKind.Operator, "|"), ["lVert"] = new(TokenKind.Open, "‖"), ["rVert"] = new(TokenKind.Close, "‖"),
        ["lfloor"] = new(TokenKind.Open, "⌊"), ["rfloor"] = new(TokenKind.Close, "⌊"), ["lceil"] = new(TokenKind.Open, "⌈"), ["rceil"] = new(TokenKind.Close, "⌈"),
        ["langle"] = new(TokenKind.Open, "("), ["rangle"] = new(TokenKind.Close, ")"), ["lbrace"] = new(TokenKind.Open, "{"), ["rbrace"] = new(TokenKind.Close, "}"),
        ["lbrack"] = new(TokenKind.Open, "["), ["rbrack"] = new(TokenKind.Close, "]"), ["lparen"] = new(TokenKind.Open, "("), ["rparen"] = new(TokenKind.Close, ")"),
        ["land"] = new(TokenKind.Separator, "and"), ["lor"] = new(TokenKind.Separator, "or"), ["wedge"] = new(TokenKind.Separator, "and"), ["vee"] = new(TokenKind.Separator, "or"),
        ["varnothing"] = new(TokenKind.Name, "emptyset"), ["infin"] = new(TokenKind.Name, "infty"), ["lnot"] = new(TokenKind.Operator, "not"),
        ["dfrac"] = new(TokenKind.Name, "frac"), ["tfrac"] = new(TokenKind.Name, "frac"), ["cfrac"] = new(TokenKind.Name, "frac"), ["dbinom"] = new(TokenKind.Name, "binom"), ["tbinom"] = new(TokenKind.Name, "binom"),
        ["arctg"] = new(TokenKind.Name, "arctan"), ["tg"] = new(TokenKind.Name, "tan"), ["ctg"] = new(TokenKind.Name, "cot"), ["cosec"] = new(TokenKind.Name, "csc"),
        ["varphi"] = new(TokenKind.Letter, "phi"), ["varepsilon"] = new(TokenKind.Letter, "epsilon"), ["ell"] = new(TokenKind.Letter, "l"),
    }.ToFrozenDictionary();

    /// <summary>Letters.</summary>
    public static readonly FrozenSet<string> Greek = FrozenSet.ToFrozenSet(
        ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mu", "nu", "xi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega",
         "Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Phi", "Psi", "Omega"]);

    /// <summary>Commands that take arguments, and constants.</summary>
    public static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
        ["frac", "sqrt", "binom", "pi", "infty", "emptyset", "sum", "prod", "int", "lim", "overline", "bar", "angle", "triangle", .. MathFunctions.Known]);

    /// <summary>Commands whose argument is words or a name.</summary>
    public static readonly FrozenSet<string> TextCommands = FrozenSet.ToFrozenSet(
        ["text", "mbox", "textbf", "textit", "textrm", "textnormal", "texttt", "mathrm", "mathbf", "mathit", "mathsf", "mathtt", "operatorname", "hbox", "bold", "boldsymbol", "bm", "emph", "mathcal"]);

    /// <summary>Commands whose argument counts as if they were not there.</summary>
    public static readonly FrozenSet<string> Transparent = FrozenSet.ToFrozenSet(["boxed", "fbox", "displaylines", "vec", "overrightarrow", "hat", "tilde", "underline"]);
}
