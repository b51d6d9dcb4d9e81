using System.Globalization;
using System.Text.RegularExpressions;

namespace RewardReasoning.Cli.Parsing;

/// <summary>Times and sizes as people write them.</summary>
internal static partial class Quantity
{
    private static readonly Dictionary<string, double> Days = new(StringComparer.Ordinal)
    {
        ["m"] = 1 / 1440d,
        ["h"] = 1 / 24d,
        ["d"] = 1,
        ["w"] = 7,
        ["y"] = 365,
    };

    private static readonly Dictionary<string, double> Bytes = new(StringComparer.OrdinalIgnoreCase)
    {
        [""] = 1,
        ["B"] = 1,
        ["KB"] = 1e3,
        ["MB"] = 1e6,
        ["GB"] = 1e9,
        ["TB"] = 1e12,
        ["KiB"] = 1 << 10,
        ["MiB"] = 1 << 20,
        ["GiB"] = 1 << 30,
    };

    /// <summary>Such as 45m, 12h, 30d, 2w, 1y.</summary>
    public static TimeSpan Age(string text, string option) =>
        Parse(text, Days) is { } days && days < 100_000
            ? TimeSpan.FromDays(days)
            : throw new UsageException($"{option} is '{text}'; it is a number with a unit: 45m, 12h, 30d, 2w or 1y.");

    /// <summary>Such as 500MB, 2GB, 1GiB, or bytes.</summary>
    public static long Size(string text, string option) =>
        Parse(text, Bytes) is { } bytes && bytes < long.MaxValue
            ? (long)bytes
            : throw new UsageException($"{option} is '{text}'; it is a size such as 500MB, 2GB or 1GiB.");

    /// <summary>A number of bytes for people.</summary>
    public static string OfBytes(long bytes)
    {
        (double unit, string name) = bytes switch
        {
            >= 1_000_000_000 => (1e9, "GB"),
            >= 1_000_000 => (1e6, "MB"),
            >= 1000 => (1e3, "kB"),
            _ => (1, "bytes"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{bytes / unit:0.#} {name}");
    }

    private static double? Parse(string text, Dictionary<string, double> units) =>
        Form().Match(text) is { Success: true } match
        && units.TryGetValue(match.Groups[2].Value, out double unit)
        && double.TryParse(match.Groups[1].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number)
            ? number * unit
            : null;

    [GeneratedRegex("^([0-9]+(?:\\.[0-9]+)?) ?([A-Za-z]*)$")]
    private static partial Regex Form();
}
