using System.ComponentModel.DataAnnotations;
using RewardReasoning.Verification.Answers;
using RewardReasoning.Verification.Arithmetic;
using RewardReasoning.Verification.Parsing;

namespace RewardReasoning.Verification;

/// <summary>
/// Decides by rules whether a prediction gives the gold answer. Both may be bare answers or whole texts to find the answer in. Safe for
/// many threads at once, deterministic, and bounded in steps and memory whatever the texts hold; where the bound or the rules end, the
/// verdict is <see cref="AnswerVerdict.Unknown"/>.
/// </summary>
public sealed class AnswerVerifier
{
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
        gold = UnicodeMath.ToPlain(gold);
        prediction = UnicodeMath.ToPlain(prediction);
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

        // "Yes, because 7 is prime." answers with its first word.
        if (
            given.Source is AnswerSource.Last or AnswerSource.Whole
            && AnswerText.YesOrNo(expected.Text) is { } wanted
            && AnswerText.YesOrNo(prediction) is { } said
        )
        {
            return wanted == said ? AnswerVerdict.Equal : AnswerVerdict.Different;
        }

        AnswerVerdict verdict =
            expected.Source == AnswerSource.None || given.Source == AnswerSource.None
                ? AnswerVerdict.Unknown
                : Compare(expected, given, prediction);

        // Against a choice letter, something else may be what the option says.
        return isChoice && verdict == AnswerVerdict.Different ? AnswerVerdict.Unknown : verdict;
    }

    private static AnswerVerdict VerifyChoice(string gold, string prediction) =>
        AnswerExtractor.FindChoice(gold) is { } expected && AnswerExtractor.FindChoice(prediction, onlyOne: true) is { } given
            ? expected == given
                ? AnswerVerdict.Equal
                : AnswerVerdict.Different
            : AnswerVerdict.Unknown;

    private AnswerVerdict Compare(StatedAnswer gold, StatedAnswer prediction, string text)
    {
        string expected = AnswerText.Skeleton(gold.Text);
        if (expected.Length > 0 && expected == AnswerText.Skeleton(prediction.Text))
        {
            return AnswerVerdict.Equal;
        }

        if (ChemicalFormula.Read(gold.Text) is { } substance && substance == ChemicalFormula.Read(prediction.Text))
        {
            return AnswerVerdict.Equal;
        }

        try
        {
            WorkBudget budget = new(_options.MaxSteps);
            AnswerComparer comparer = new(_options, budget);
            AnswerReader reader = new(_options, budget);
            bool hasDecimalComma = Locale.HasDecimalComma(text);
            List<Node> golds = reader.Readings(gold, hasDecimalComma);
            List<Node> predictions = reader.Readings(prediction, hasDecimalComma);
            if (prediction.Source is AnswerSource.Stated or AnswerSource.Last && text.AsSpan().TrimEnd(" *\n").EndsWith('!'))
            {
                predictions.AddRange(reader.Exclaimed(prediction, hasDecimalComma));
            }

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

            // Three and a half, where nothing says so, is at least not known to be another answer than 3,5.
            return first == AnswerVerdict.Different && reader.MayAgreeByComma(gold.Text, prediction.Text, comparer)
                ? AnswerVerdict.Unknown
                : first;
        }
        catch (WorkBudgetException)
        {
            return AnswerVerdict.Unknown;
        }
    }
}
