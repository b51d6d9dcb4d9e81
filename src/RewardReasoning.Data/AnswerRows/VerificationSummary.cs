using System.Text.Json.Serialization;
using RewardReasoning.Data.Rows;
using RewardReasoning.Verification;

namespace RewardReasoning.Data.AnswerRows;

/// <summary>Adds up verdicts; where rows say what they expect, also how far the verdicts agree. Not safe for several threads.</summary>
internal sealed class VerificationSummary
{
    private readonly long[] _verdicts = new long[3];
    private readonly Dictionary<string, VerificationSummary> _groups = [];

    /// <summary>The field (a dotted path) by whose values rows are added up apart too; null for none.</summary>
    [JsonIgnore]
    public string? By { get; init; }

    /// <summary>The sums of each value of <see cref="By"/>, in the order of their first row.</summary>
    public IReadOnlyDictionary<string, VerificationSummary> Groups => _groups;

    /// <summary>Rows, those that could not be read included.</summary>
    public long Rows { get; private set; }

    /// <summary>Verdicts <see cref="AnswerVerdict.Equal"/>.</summary>
    public long Equal => _verdicts[(int)AnswerVerdict.Equal];

    /// <summary>Verdicts <see cref="AnswerVerdict.Different"/>.</summary>
    public long Different => _verdicts[(int)AnswerVerdict.Different];

    /// <summary>Verdicts <see cref="AnswerVerdict.Unknown"/>.</summary>
    public long Unknown => _verdicts[(int)AnswerVerdict.Unknown];

    /// <summary>Rows that hold no gold and prediction.</summary>
    public long Errors { get; private set; }

    /// <summary>Rows that say whether their answers are equal.</summary>
    public long Expected { get; private set; }

    /// <summary>Those of them whose verdict is Equal exactly where it should be.</summary>
    public long Agreeing { get; private set; }

    /// <summary>Rows that say their answers differ and got Equal.</summary>
    public long WronglyEqual { get; private set; }

    /// <summary>Share of the rows with an expectation that agree; null without such.</summary>
    public double? Agreement => Expected == 0 ? null : (double)Agreeing / Expected;

    /// <summary>Counts a row; a null verdict is a row that could not be read.</summary>
    public void Add(DataRow row, AnswerVerdict? verdict, bool? expected)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (By is { } field)
        {
            string value = row.Field(field) ?? "(none)";
            if (!_groups.TryGetValue(value, out VerificationSummary? group))
            {
                _groups[value] = group = new VerificationSummary();
            }

            group.Add(row, verdict, expected);
        }

        Rows++;
        if (verdict is not { } known)
        {
            Errors++;
            return;
        }

        _verdicts[(int)known]++;
        if (expected is { } equal)
        {
            Expected++;
            Agreeing += equal == (known == AnswerVerdict.Equal) ? 1 : 0;
            WronglyEqual += !equal && known == AnswerVerdict.Equal ? 1 : 0;
        }
    }
}
