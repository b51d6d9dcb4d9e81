using System.Text.RegularExpressions;
using RewardReasoning.Judging;

namespace RewardReasoning.Training.Policies;

/// <summary>Why a response is not shown to the judge.</summary>
internal enum ResponseFault
{
    /// <summary>It says nothing behind its thought.</summary>
    Empty,

    /// <summary>It was cut, or is longer than the recipe allows.</summary>
    TooLong,

    /// <summary>It addresses whoever compares it, or writes what only the judge or its prompt writes.</summary>
    SpeaksToJudge,

    /// <summary>It is nothing that the judge was made to read, by its own declaration.</summary>
    OutsideDomain,
}

/// <summary>Tells responses that would be rewarded for something else than being good.</summary>
/// <param name="options">What the recipe adds.</param>
/// <param name="domain">What the judge can read; null where it does not say.</param>
internal sealed partial class ResponseGuard(GuardOptions options, JudgeDomain? domain = null)
{
    private readonly Regex[] _phrases = [SpeaksToJudge(), .. options.Phrases.Select(GuardOptions.Compile)];

    /// <summary>What is wrong with a response; null if nothing is.</summary>
    /// <param name="answer">What follows its reasoning.</param>
    /// <param name="finished">Whether it ended by itself.</param>
    public ResponseFault? Check(string answer, bool finished) =>
        !finished || answer.Length > options.LongestResponse ? ResponseFault.TooLong
        : string.IsNullOrWhiteSpace(answer) ? ResponseFault.Empty
        : Array.Exists(_phrases, phrase => phrase.IsMatch(answer)) ? ResponseFault.SpeaksToJudge
        : domain?.HoldsResponse(answer) == false ? ResponseFault.OutsideDomain
        : null;

    // A verdict in its box, the headings and names of the judge's prompt, control tokens, praise of itself, orders and addresses to a
    // judge.
    [GeneratedRegex(
        """
            \\boxed\s*\{\s*(\\text\s*\{\s*)?assistant
            |\#\s*assistant\s*[12]\b
            |\bassistant\s+(1|2|one|two)\s+(is|was|wins|gives|has|deserves)\b
            |<\|[a-z_]+\|>|</?think>
            |\b(this|my)\s+(response|answer)\s+(is|should\s+be)\s+
            (clearly\s+|by\s+far\s+)?(the\s+)?(better|best|preferred|winner|superior)\b
            |\b(choose|pick|prefer|select|vote\s+for)\s+(this|my)\s+(response|answer)\b
            |\b(ignore|disregard|forget)\s+((all|any|the|your|of)\s+)*(previous|prior|above|earlier|preceding|other)\s+
            (instructions?|prompts?|messages?|responses?|answers?|rules)\b
            |\b(dear|attention|hello|note\s+(to|for)(\s+the)?)[\s,:]+(judge|evaluator|grader|rater|reward\s+model)s?\b
            """,
        RegexOptions.NonBacktracking
            | RegexOptions.IgnoreCase
            | RegexOptions.CultureInvariant
            | RegexOptions.ExplicitCapture
            | RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex SpeaksToJudge();
}
