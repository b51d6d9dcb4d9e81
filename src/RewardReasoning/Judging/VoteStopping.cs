using System.Globalization;

namespace RewardReasoning.Judging;

/// <summary>When voting may end before all votes are in; <see cref="StoppingRule"/> has the arithmetic.</summary>
public abstract record VoteStopping
{
    private const string CertainName = "certain";

    private VoteStopping() { }

    /// <summary>Every vote is asked, all at once: the paper's majority voting.</summary>
    public sealed record Fixed : VoteStopping
    {
        /// <inheritdoc/>
        public override string ToString() => "fixed";
    }

    /// <summary>
    /// Voting ends when the votes still to come could neither change the majority nor make it a draw. The preferred response, and how a
    /// draw is broken, are always those of <see cref="Fixed"/> on the same seeds.
    /// </summary>
    public sealed record Certain : VoteStopping
    {
        /// <inheritdoc/>
        public override string ToString() => CertainName;
    }

    /// <summary>
    /// Voting ends when the leader would win more than half of this judge's votes with this probability (<see cref="BetaPosterior"/>).
    /// </summary>
    /// <param name="Level">The probability, between 0.5 and 1. At 0.95 four equal votes are enough.</param>
    public sealed record Confidence(double Level) : VoteStopping
    {
        /// <summary>Whether voting also ends where the votes still to come could not change the outcome, short of the level.</summary>
        /// <value>false: they are asked, for what they say about the confidence.</value>
        public bool OrCertain { get; init; }

        /// <inheritdoc/>
        public override string ToString() => Level.ToString(CultureInfo.InvariantCulture) + (OrCertain ? $",{CertainName}" : "");
    }

    /// <summary>
    /// Reads <c>fixed</c>, <c>certain</c>, a level such as <c>0.95</c>, or both with a comma: what <c>ToString</c> writes.
    /// </summary>
    /// <exception cref="FormatException">The text is not one of these; the message lists them.</exception>
    public static VoteStopping Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string level = text.EndsWith($",{CertainName}", StringComparison.Ordinal) ? text[..^(CertainName.Length + 1)] : text;
        return text switch
        {
            "fixed" => new Fixed(),
            CertainName => new Certain(),
            _ when double.TryParse(level, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && IsLevel(value) =>
                new Confidence(value) { OrCertain = level != text },
            _ => throw new FormatException(
                $"'{text}' does not say when voting ends; it is {CertainName}, a confidence between 0.5 and 1 such as 0.95, "
                    + $"or both: 0.95,{CertainName}."
            ),
        };
    }

    internal static bool IsLevel(double level) => level is > 0.5 and < 1;
}
