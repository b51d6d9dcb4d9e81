using RewardReasoning.Verification;

namespace RewardReasoning.Judging;

/// <summary>
/// The calls of the calculator in a text: <c>&lt;calc&gt;12*37&lt;/calc&gt;</c>, behind which the value is written as if the model had
/// written it (arXiv 2504.04718 found tools to cure small verifiers' arithmetic).
/// </summary>
internal static class CalculatorCalls
{
    /// <summary>Begins a call.</summary>
    public const string Open = "<calc>";

    /// <summary>Ends a call.</summary>
    public const string Close = "</calc>";

    /// <summary>What stands behind a call that has no value.</summary>
    public const string NoValue = "no value";

    /// <summary>What is written behind a call.</summary>
    public static string ResultOf(string expression) => Calculator.Compute(expression) ?? NoValue;

    /// <summary>The expression of the call that a text has opened and not closed; null where it has none.</summary>
    public static string? Opened(string text)
    {
        int open = text.LastIndexOf(Open, StringComparison.Ordinal);
        return open >= 0 && text.IndexOf(Close, open, StringComparison.Ordinal) < 0 ? text[(open + Open.Length)..] : null;
    }

    /// <summary>Finds the calls of a text that grows.</summary>
    internal sealed class Watch
    {
        private const int LongestKept = 4 * Calculator.MaximumLength;

        private string _text = "";

        /// <summary>Adds to the text.</summary>
        /// <returns>What is to be written behind it; null unless it ended a call.</returns>
        public string? Add(string text)
        {
            _text += text;
            int close = _text.IndexOf(Close, StringComparison.Ordinal);
            if (close < 0)
            {
                int open = _text.LastIndexOf(Open, StringComparison.Ordinal);
                int kept = open >= 0 ? _text.Length - open : Open.Length - 1;
                _text = _text.Length > kept ? _text[^Math.Min(kept, LongestKept)..] : _text;
                return null;
            }

            string? expression = Opened(_text[..close]);
            _text = _text[(close + Close.Length)..];
            return expression is null ? null : ResultOf(expression);
        }
    }
}
