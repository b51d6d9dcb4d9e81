using System.Globalization;
using System.Text;

namespace RewardReasoning.Text.Jinja;

/// <summary>The functions that every template can call.</summary>
internal static class JinjaGlobals
{
    private const long LongestRange = 100_000;

    /// <summary>The functions by name.</summary>
    public static IEnumerable<KeyValuePair<string, object?>> All(TimeProvider clock) =>
        [
            Function("namespace", MakeNamespace),
            Function("dict", call => MakeDictionary(call)),
            Function("range", call => MakeRange(call)),
            Function(
                "raise_exception",
                call => throw new JinjaFailure($"the template refuses: {PythonText.Str(call.Require(0, "message"))}")
            ),
            Function("strftime_now", call => MarkedText.Trust(FormatTime(clock.GetLocalNow(), call.RequireText(0, "format").Value))),
        ];

    private static KeyValuePair<string, object?> Function(string name, Func<JinjaCall, object?> body) =>
        new(name, new JinjaFunction(name, body));

    private static JinjaNamespace MakeNamespace(JinjaCall call)
    {
        JinjaNamespace space = new();
        foreach (JinjaDictionary dictionary in call.Positional.OfType<JinjaDictionary>())
        {
            foreach ((MarkedText key, object? value) in dictionary.Entries)
            {
                space.Members[key.Value] = value;
            }
        }

        foreach ((string name, object? value) in call.Named)
        {
            space.Members[name] = value;
        }

        return space;
    }

    private static JinjaDictionary MakeDictionary(JinjaCall call)
    {
        JinjaDictionary made = new();
        foreach ((MarkedText key, object? value) in call.Positional.OfType<JinjaDictionary>().SelectMany(d => d.Entries))
        {
            made.Set(key, value);
        }

        foreach ((string name, object? value) in call.Named)
        {
            made.Set(MarkedText.Trust(name), value);
        }

        return made;
    }

    private static List<object?> MakeRange(JinjaCall call)
    {
        long first = call.Integer(0, "start") ?? throw new JinjaFailure("'range' needs a whole number");
        long start = call.Positional.Count > 1 ? first : 0;
        long stop = call.Positional.Count > 1 ? call.Integer(1, "stop") ?? 0 : first;
        long step = call.Integer(2, "step") ?? 1;
        if (step == 0)
        {
            throw new JinjaFailure("the step of 'range' must not be 0");
        }

        // In wide arithmetic, for the bounds may be the largest there are.
        Int128 count = step > 0 ? ((Int128)stop - start + step - 1) / step : ((Int128)start - stop - step - 1) / -(Int128)step;
        if (count > LongestRange)
        {
            throw new JinjaFailure($"'range' of {count} numbers is too long; at most {LongestRange} are made");
        }

        List<object?> numbers = [];
        for (long i = 0; i < (long)Int128.Max(count, 0); i++)
        {
            numbers.Add(start + (i * step));
        }

        return numbers;
    }

    /// <summary>Python's <c>strftime</c> in the C locale.</summary>
    private static string FormatTime(DateTimeOffset time, string format)
    {
        StringBuilder text = new();
        for (int i = 0; i < format.Length; i++)
        {
            if (format[i] != '%' || i + 1 == format.Length)
            {
                text.Append(format[i]);
                continue;
            }

            char directive = format[++i];
            text.Append(
                directive switch
                {
                    '%' => "%",
                    'j' => $"{time.DayOfYear:000}",
                    'w' => $"{(int)time.DayOfWeek}",
                    _ => time.ToString(
                        directive switch
                        {
                            'd' => "dd",
                            'm' => "MM",
                            'Y' => "yyyy",
                            'y' => "yy",
                            'b' or 'h' => "MMM",
                            'B' => "MMMM",
                            'a' => "ddd",
                            'A' => "dddd",
                            'H' => "HH",
                            'I' => "hh",
                            'M' => "mm",
                            'S' => "ss",
                            'p' => "tt",
                            'f' => "ffffff",
                            'F' => "yyyy-MM-dd",
                            'T' => "HH:mm:ss",
                            _ => throw new JinjaFailure($"the directive '%{directive}' of a date is not supported"),
                        },
                        CultureInfo.InvariantCulture
                    ),
                }
            );
        }

        return text.ToString();
    }
}
