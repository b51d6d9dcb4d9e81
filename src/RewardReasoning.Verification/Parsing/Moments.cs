using System.Globalization;
using System.Text.RegularExpressions;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Times of day and dates: "3:30 p.m.", "noon", "July 4, 1776", "1776-07-04".</summary>
internal static partial class Moments
{
    private const int MaxLength = 60;
    private const int HalfDay = 12 * 3600;

    private static readonly string[] Months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

    /// <summary>The time or date that a whole text is; null for anything else, and for 3:30 alone, which may be a ratio.</summary>
    public static Node? Read(string text)
    {
        if (
            text.Length > MaxLength
            || !text.Any(char.IsAsciiDigit)
                && !text.Contains("noon", StringComparison.OrdinalIgnoreCase)
                && !text.Contains("midnight", StringComparison.OrdinalIgnoreCase)
                && !ClockWords().IsMatch(text)
        )
        {
            return null;
        }

        string plain = LatexText.ToPlain(text).ToLowerInvariant().Trim('.', ' ');
        return (Node?)ReadTime(plain) ?? ReadDate(plain);
    }

    /// <summary>The seconds of a time that was written without its half of the day, as 15:30 is.</summary>
    public static int? Seconds(RatioNode ratio) =>
        ratio.Source.Split(':') is [{ Length: 1 or 2 } hours, { Length: 2 } minutes]
        && int.TryParse(hours, NumberStyles.None, CultureInfo.InvariantCulture, out int h)
        && int.TryParse(minutes, NumberStyles.None, CultureInfo.InvariantCulture, out int m)
        && h < 24
        && m < 60
            ? (h * 3600) + (m * 60)
            : null;

    private static ClockTimeNode? ReadTime(string text)
    {
        if (text is "noon" or "midday" or "midnight" or "12 noon" or "12 midnight" or "12:00 noon" or "12:00 midnight")
        {
            return new ClockTimeNode(text.EndsWith("night", StringComparison.Ordinal) ? 0 : HalfDay, true);
        }

        Match match = Time().Match(text);
        if (!match.Success)
        {
            if (Spoken().Match(text) is { Success: true } spoken)
            {
                return ReadSpoken(spoken);
            }

            // A leading zero is that of a clock with 24 hours.
            return text is ['0', _, ':', _, _] && Seconds(new RatioNode([], text)) is { } early ? new ClockTimeNode(early, true) : null;
        }

        int hours = Number(match, "h");
        int seconds = (Number(match, "m") * 60) + Number(match, "s");
        string half = HalfOf(match);
        if (hours > 23 || seconds >= 3600 || (hours > 12 && half[0] == 'a'))
        {
            return null;
        }

        return half[0] switch
        {
            'a' => new ClockTimeNode((hours % 12 * 3600) + seconds, true),
            'o' => new ClockTimeNode((hours * 3600) + seconds, hours > 12),
            _ => new ClockTimeNode((hours % 12 * 3600) + HalfDay + seconds, true),
        };
    }

    /// <summary>"quarter past three", "20 minutes to 7 in the evening", "five o'clock".</summary>
    private static ClockTimeNode? ReadSpoken(Match spoken)
    {
        // "3 to 4" is a proportion.
        if (spoken.Groups["before"].Success && char.IsAsciiDigit(spoken.Groups["part"].ValueSpan[^1]))
        {
            return null;
        }

        int? hours = NumberOf(spoken.Groups["h"].Value);
        int? minutes = spoken.Groups["part"].Value switch
        {
            "" => 0,
            "half" when spoken.Groups["before"].Success => null,
            "half" => 30,
            "quarter" or "a quarter" => 15,
            var words => NumberOf(words.Replace(" minutes", "", StringComparison.Ordinal)),
        };
        if (hours is not (>= 1 and <= 12) || minutes is not (>= 0 and < 60))
        {
            return null;
        }

        int minute = (hours.Value * 60) + (spoken.Groups["before"].Success ? -minutes.Value : minutes.Value);
        string half = HalfOf(spoken);
        int seconds = (minute < 60 && half.Length == 0 ? minute + (12 * 60) : minute) % (12 * 60) * 60;
        seconds = half.Length == 0 && seconds < 3600 ? seconds + HalfDay : seconds;
        return half.Length == 0 ? new ClockTimeNode(seconds, false) : new ClockTimeNode(seconds + (half[0] == 'p' ? HalfDay : 0), true);
    }

    private static int? NumberOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int digits) ? digits
        : NumberWords.Read(text) is ({ Denominator.IsOne: true } value, "") && value.Numerator < 100 ? (int)value.Numerator
        : null;

    /// <summary>a, p or o (o'clock) with what follows; empty where the half of the day is not said.</summary>
    private static string HalfOf(Match match) =>
        match.Groups["half"].Value switch
        {
            "in the morning" => "a",
            "in the afternoon" or "in the evening" or "at night" => "p",
            var written => written,
        };

    private static DateNode? ReadDate(string text)
    {
        Match match = IsoDate().Match(text);
        if (match.Success)
        {
            return Checked(Number(match, "y"), Number(match, "m"), Number(match, "d"));
        }

        match = SlashedDate().Match(text);
        if (match.Success)
        {
            // Day or month first: only a number above 12 tells.
            (int first, int second) = (Number(match, "first"), Number(match, "second"));
            return first > 12 ? Checked(Number(match, "y"), second, first)
                : second > 12 || first == second ? Checked(Number(match, "y"), first, second)
                : null;
        }

        match = DayFirst().Match(text) is { Success: true } dayFirst ? dayFirst : MonthFirst().Match(text);
        return
            match.Success
            && Array.FindIndex(Months, month => match.Groups["month"].Value.StartsWith(month, StringComparison.Ordinal)) is var index
            && index >= 0
            ? Checked(match.Groups["y"].Success ? Number(match, "y") : null, index + 1, Number(match, "d"))
            : null;
    }

    private static DateNode? Checked(int? year, int month, int day) =>
        month is >= 1 and <= 12 && day is >= 1 and <= 31 ? new DateNode(year, month, day) : null;

    private static int Number(Match match, string group) =>
        match.Groups[group].Success ? int.Parse(match.Groups[group].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        @"\b(past|after|to|before|o'clock|o’clock)\b",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex ClockWords();

    [GeneratedRegex(
        @"^((it|the time|time) (is|will be|was) )?(at )?((?<part>half|a quarter|quarter|\d{1,2}( minutes)?|[a-z]+([ -][a-z]+)?( minutes)?) "
            + @"((?<after>past|after)|(?<before>to|before)) (?<h>\d{1,2}|[a-z]+)( o['’]clock)?|(?<h>\d{1,2}|[a-z]+) o['’]clock)"
            + @"( ?(?<half>a\.?\s?m|p\.?\s?m|in the morning|in the afternoon|in the evening|at night))?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Spoken();

    [GeneratedRegex(
        @"^(at )?(?<h>\d{1,2})([:.](?<m>\d\d))?(:(?<s>\d\d))?\s*(?<half>a\.?\s?m|p\.?\s?m|o'?\s?clock|in the morning"
            + @"|in the afternoon|in the evening|at night)\.?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex Time();

    [GeneratedRegex(
        @"^(?<y>\d{4})[-/.](?<m>\d{1,2})[-/.](?<d>\d{1,2})$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex IsoDate();

    [GeneratedRegex(
        @"^(?<first>\d{1,2})/(?<second>\d{1,2})/(?<y>\d{4})$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex SlashedDate();

    [GeneratedRegex(
        @"^(the )?(?<d>\d{1,2})(st|nd|rd|th)?\s*(of )?(?<month>jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?"
            + @"|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?)\.?,?\s*(?<y>\d{4})?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex DayFirst();

    [GeneratedRegex(
        @"^(?<month>jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|sept?(ember)?|oct(ober)?|nov(ember)?"
            + @"|dec(ember)?)\.?\s*(the )?(?<d>\d{1,2})(st|nd|rd|th)?(,?\s*(?<y>\d{4}))?$",
        RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture
    )]
    private static partial Regex MonthFirst();
}
