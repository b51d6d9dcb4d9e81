using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;
using RewardReasoning.Verification.Answers;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Decides by rules whether a prediction gives the gold answer. Both may be bare answers or whole texts to find the answer in. Safe for
/// many threads at once, deterministic, and bounded in steps and memory whatever the texts hold; where the bound or the rules end, the
/// verdict is <see cref="AnswerVerdict.Unknown"/>.
/// </summary>
public sealed partial class AnswerVerifier
{
    private const int MaxItems = 300;

    private readonly VerifierOptions _options;

    /// <summary>A verifier with the given rules, or the usual ones.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names all that are.</exception>
    public AnswerVerifier(VerifierOptions? options = null)
    {
        _options = options ?? new VerifierOptions();
        List<ValidationResult> faults = [];
        if (!Validator.TryValidateObject(_options, new ValidationContext(_options), faults, validateAllProperties: true))
        {
            throw new ArgumentException(string.Join(' ', faults.Select(fault => fault.ErrorMessage)), nameof(options));
        }
    }

    /// <summary>The answer that a model's text states, and where in the text it was found.</summary>
    public static StatedAnswer FindAnswer(string text) => AnswerExtractor.Find(text);

    /// <summary>Whether the prediction gives the gold answer.</summary>
    public AnswerVerdict Verify(string gold, string prediction)
    {
        ArgumentNullException.ThrowIfNull(gold);
        ArgumentNullException.ThrowIfNull(prediction);
        StatedAnswer expected = AnswerExtractor.FindGold(gold);
        bool isChoice = _options.Choices ?? ChoiceLetters.IsChoice(expected.Text.Trim());
        if (isChoice && (VerifyChoice(gold, prediction) is var choice && (choice != AnswerVerdict.Unknown || _options.Choices == true)))
        {
            return choice;
        }

        StatedAnswer given = AnswerExtractor.Find(prediction);
        if (ChoiceLetters.IsChoice(given.Text.Trim()) && ChoiceLetters.Leading(expected.Text) is { } option)
        {
            return option == given.Text.Trim()[0] ? AnswerVerdict.Equal : AnswerVerdict.Different;
        }

        AnswerVerdict verdict =
            expected.Source == AnswerSource.None || given.Source == AnswerSource.None ? AnswerVerdict.Unknown : Compare(expected, given);

        // Against a choice letter, something else may be what the option says.
        return isChoice && verdict == AnswerVerdict.Different ? AnswerVerdict.Unknown : verdict;
    }

    private static AnswerVerdict VerifyChoice(string gold, string prediction) =>
        AnswerExtractor.FindChoice(gold) is { } expected && AnswerExtractor.FindChoice(prediction) is { } given
            ? expected == given
                ? AnswerVerdict.Equal
                : AnswerVerdict.Different
            : AnswerVerdict.Unknown;

    private AnswerVerdict Compare(StatedAnswer gold, StatedAnswer prediction)
    {
        string expected = AnswerText.Skeleton(gold.Text);
        if (expected.Length > 0 && expected == AnswerText.Skeleton(prediction.Text))
        {
            return AnswerVerdict.Equal;
        }

        try
        {
            WorkBudget budget = new(_options.MaxSteps);
            AnswerComparer comparer = new(_options, budget);
            List<Node> golds = Readings(gold, budget);
            List<Node> predictions = Readings(prediction, budget);
            AnswerVerdict first = AnswerVerdict.Unknown;
            for (int i = 0; i < golds.Count; i++)
            {
                for (int j = 0; j < predictions.Count; j++)
                {
                    AnswerVerdict verdict = comparer.Compare(golds[i], predictions[j]);
                    if (verdict == AnswerVerdict.Equal)
                    {
                        return verdict;
                    }

                    first = i + j == 0 ? verdict : first;
                }
            }

            return first;
        }
        catch (WorkBudgetException)
        {
            return AnswerVerdict.Unknown;
        }
    }

    /// <summary>What an answer may mean, the likeliest first: 1,234 is one number or two.</summary>
    private List<Node> Readings(StatedAnswer answer, WorkBudget budget)
    {
        if (answer.Parts.Count > 1)
        {
            Node[] parts = [.. answer.Parts.Select(part => Read(part, CommaReading.Thousands, budget))];
            return parts.Length <= MaxItems ? [new ListNode(parts, Join.Comma)] : [];
        }

        string text = answer.Text;
        Node likeliest = Read(text, CommaReading.Thousands, budget);
        return !HasCommaBetweenDigits(text)
            ? [likeliest]
            :
            [
                likeliest,
                Read(text, CommaReading.Separator, budget),
                .. DecimalComma().IsMatch(text) ? [Read(text, CommaReading.Decimal, budget)] : Array.Empty<Node>(),
            ];
    }

    private Node Read(string text, CommaReading commas, WorkBudget budget)
    {
        string answer = text.Trim().TrimEnd('.').Trim('*', ' ');
        return answer.Length > _options.MaxAnswerLength || IsWord(answer)
            ? new TextNode(answer)
            : MathParser.Parse(answer, commas, budget) ?? new TextNode(answer);
    }

    // A word is a word, and no product of its letters: listen is not silent.
    private static bool IsWord(string text) =>
        (text.Length > 2 || text.Equals("no", StringComparison.OrdinalIgnoreCase))
        && text is not "inf"
        && text.All(char.IsLetter)
        && !MathFunctions.Known.Contains(text)
        && text is not ("infinity" or "pi");

    // 1,22 may be a decimal; 1,2 is two numbers and 1,222 is a thousand, each far more often.
    [GeneratedRegex(
        @"^[^\d,]*\d+,(\d\d|\d{4,})[^\d,]*$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex DecimalComma();

    private static bool HasCommaBetweenDigits(string text)
    {
        for (int i = 1; i + 1 < text.Length; i++)
        {
            if (text[i] == ',' && char.IsAsciiDigit(text[i - 1]) && char.IsAsciiDigit(text[i + 1]))
            {
                return true;
            }
        }

        return false;
    }
}
