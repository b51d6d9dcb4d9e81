using System.Text;

namespace RewardReasoning.Cli.Terminals;

/// <summary>
/// Texts of models and data as they may be shown on a terminal: control characters, which could move the cursor, forge a line or reach the
/// clipboard, and marks that turn the direction of writing are shown as <c>\u001b</c> and the like. Line ends and tabs stay.
/// </summary>
internal static class SafeText
{
    /// <summary>The text with everything escaped that a terminal would act on.</summary>
    public static string Escape(string text)
    {
        int first = FirstUnsafe(text);
        if (first < 0)
        {
            return text;
        }

        StringBuilder safe = new(text.Length + 16);
        safe.Append(text, 0, first);
        for (int i = first; i < text.Length; i++)
        {
            if (IsUnsafe(text, i))
            {
                safe.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)text[i]:x4}");
            }
            else
            {
                safe.Append(text[i]);
            }
        }

        return safe.ToString();
    }

    private static int FirstUnsafe(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (IsUnsafe(text, i))
            {
                return i;
            }
        }

        return -1;
    }

    private static bool IsUnsafe(string text, int index) =>
        text[index] switch
        {
            '\n' or '\t' => false,
            '\r' => index + 1 >= text.Length || text[index + 1] != '\n',
            >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' => true,
            var character => char.IsControl(character),
        };
}
