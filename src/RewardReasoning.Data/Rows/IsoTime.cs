using System.Buffers.Binary;
using System.Globalization;
using ParquetSharp;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// Dates and times of Parquet as ISO 8601 texts and back, exactly: years beyond those of <see cref="DateTime"/>, nanoseconds, and the
/// infinities of DuckDB and PostgreSQL included.
/// </summary>
internal static class IsoTime
{
    private const string Infinity = "infinity";
    private const string MinusInfinity = "-infinity";
    private const long SecondsPerDay = 86_400;
    private const long NanosPerSecond = 1_000_000_000;
    private const int JulianDayOf1970 = 2_440_588;

    /// <summary>A date by its days since 1970.</summary>
    public static string OfDate(long days) =>
        days switch
        {
            int.MaxValue => Infinity,
            -int.MaxValue => MinusInfinity,
            _ => CivilDate(days),
        };

    /// <summary>A time of day.</summary>
    public static string OfTime(long sinceMidnight, TimeUnit unit)
    {
        (long seconds, long nanos) = Split(sinceMidnight, unit);
        return Clock(seconds, nanos);
    }

    /// <summary>A timestamp by its units since 1970; one in UTC says so by a Z.</summary>
    public static string OfTimestamp(long since1970, TimeUnit unit, bool isUtc)
    {
        if (since1970 is long.MaxValue or -long.MaxValue)
        {
            return since1970 > 0 ? Infinity : MinusInfinity;
        }

        (long seconds, long nanos) = Split(since1970, unit);
        long days = FloorDivide(seconds, SecondsPerDay);
        return $"{CivilDate(days)}T{Clock(seconds - days * SecondsPerDay, nanos)}{(isUtc ? "Z" : "")}";
    }

    /// <summary>A timestamp of Impala: nanoseconds of the day in the lower eight bytes, the Julian day in the upper four.</summary>
    public static string OfInt96(int low, int middle, int julianDay)
    {
        long nanos = (long)(((ulong)(uint)middle << 32) | (uint)low);
        long seconds = FloorDivide(nanos, NanosPerSecond);
        return $"{CivilDate((long)julianDay - JulianDayOf1970)}T{Clock(seconds, nanos - seconds * NanosPerSecond)}";
    }

    /// <summary>Months, days and milliseconds, each in four bytes, as a duration.</summary>
    public static string OfInterval(ReadOnlySpan<byte> parts)
    {
        uint months = BinaryPrimitives.ReadUInt32LittleEndian(parts),
            days = BinaryPrimitives.ReadUInt32LittleEndian(parts[4..]),
            millis = BinaryPrimitives.ReadUInt32LittleEndian(parts[8..]);
        string date = (months > 0 ? $"{months}M" : "") + (days > 0 || (months == 0 && millis == 0) ? $"{days}D" : "");
        return millis > 0 ? $"P{date}T{Seconds(millis / 1000, millis % 1000 * 1_000_000L)}S" : $"P{date}";
    }

    /// <summary>The days of what <see cref="OfDate"/> made.</summary>
    /// <exception cref="FormatException">It is not a date.</exception>
    public static int ParseDate(string text) =>
        text switch
        {
            Infinity => int.MaxValue,
            MinusInfinity => -int.MaxValue,
            _ => checked((int)ParseCivilDate(text)),
        };

    /// <summary>The units of what <see cref="OfTime"/> made.</summary>
    /// <exception cref="FormatException">It is not a time.</exception>
    public static long ParseTime(string text, TimeUnit unit)
    {
        (long seconds, long nanos) = ParseClock(text);
        return Join(seconds, nanos, unit);
    }

    /// <summary>The units of what <see cref="OfTimestamp"/> made.</summary>
    /// <exception cref="FormatException">It is not a timestamp.</exception>
    public static long ParseTimestamp(string text, TimeUnit unit)
    {
        if (text is Infinity or MinusInfinity)
        {
            return text == Infinity ? long.MaxValue : -long.MaxValue;
        }

        string plain = text.EndsWith('Z') ? text[..^1] : text;
        int separator = plain.IndexOf('T', StringComparison.Ordinal);
        if (separator < 0)
        {
            throw new FormatException($"'{text}' is not a timestamp.");
        }

        (long seconds, long nanos) = ParseClock(plain[(separator + 1)..]);
        return Join(checked(ParseCivilDate(plain[..separator]) * SecondsPerDay + seconds), nanos, unit);
    }

    private static long PerSecond(TimeUnit unit) =>
        unit switch
        {
            TimeUnit.Millis => 1_000,
            TimeUnit.Micros => 1_000_000,
            _ => NanosPerSecond,
        };

    private static (long Seconds, long Nanos) Split(long count, TimeUnit unit)
    {
        long perSecond = PerSecond(unit),
            seconds = FloorDivide(count, perSecond);
        return (seconds, (count - seconds * perSecond) * (NanosPerSecond / perSecond));
    }

    private static long Join(long seconds, long nanos, TimeUnit unit)
    {
        long perSecond = PerSecond(unit);
        return checked(seconds * perSecond + nanos / (NanosPerSecond / perSecond));
    }

    private static string Clock(long seconds, long nanos) =>
        FormattableString.Invariant($"{seconds / 3600:00}:{seconds / 60 % 60:00}:") + Seconds(seconds % 60, nanos).PadLeftTo2();

    /// <summary>Seconds with as many decimals as they need.</summary>
    private static string Seconds(long seconds, long nanos) =>
        nanos == 0
            ? seconds.ToString(CultureInfo.InvariantCulture)
            : FormattableString.Invariant($"{seconds}.{nanos:000000000}").TrimEnd('0');

    private static string PadLeftTo2(this string seconds) =>
        seconds.IndexOf('.', StringComparison.Ordinal) is 1 || seconds.Length == 1 ? "0" + seconds : seconds;

    private static (long Seconds, long Nanos) ParseClock(string text)
    {
        string[] parts = text.Split(':');
        int point = parts[^1].IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? parts[^1] : parts[^1][..point],
            fraction = point < 0 ? "" : parts[^1][(point + 1)..];
        if (parts.Length != 3 || fraction.Length > 9)
        {
            throw new FormatException($"'{text}' is not a time of day.");
        }

        return (Number(parts[0]) * 3600 + Number(parts[1]) * 60 + Number(whole), Number(fraction.PadRight(9, '0')));
    }

    private static long Number(string digits) => long.Parse(digits, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>A day of the proleptic Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms").</summary>
    private static string CivilDate(long days)
    {
        long shifted = days + 719_468,
            era = FloorDivide(shifted, 146_097),
            dayOfEra = shifted - era * 146_097,
            yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365,
            dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100),
            monthFromMarch = (5 * dayOfYear + 2) / 153,
            day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1,
            month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9,
            year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
        return FormattableString.Invariant($"{year:0000}-{month:00}-{day:00}");
    }

    private static long ParseCivilDate(string text)
    {
        int sign = text.StartsWith('-') ? -1 : 1;
        string[] parts = (sign < 0 ? text[1..] : text).Split('-');
        if (parts.Length != 3)
        {
            throw new FormatException($"'{text}' is not a date.");
        }

        long month = Number(parts[1]),
            year = sign * Number(parts[0]) - (month <= 2 ? 1 : 0),
            era = FloorDivide(year, 400),
            yearOfEra = year - era * 400,
            dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + Number(parts[2]) - 1,
            dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
        return era * 146_097 + dayOfEra - 719_468;
    }

    private static long FloorDivide(long value, long by) => value / by - (value % by < 0 ? 1 : 0);
}
