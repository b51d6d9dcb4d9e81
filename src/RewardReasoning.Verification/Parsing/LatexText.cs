using System.Buffers;
using System.Text;

namespace RewardReasoning.Verification.Parsing;

/// <summary>Words and units out of LaTeX: \text{ cm}^2 is cm^2, 25\,^\circ\mathrm{C} is 25 °C.</summary>
internal static class LatexText
{
    private static readonly SearchValues<char> Special = SearchValues.Create("\\{}$~^°º˚℃℉μ");

    /// <summary>The text without commands that only set it, and with symbols in place of those that name one.</summary>
    public static string ToPlain(string text)
    {
        if (text.AsSpan().IndexOfAny(Special) < 0)
        {
            return text;
        }

        StringBuilder plain = new(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c != '\\')
            {
                plain.Append(
                    c switch
                    {
                        '{' or '}' => "",
                        '~' => " ",
                        '℃' => "°C",
                        '℉' => "°F",
                        'º' or '˚' => "°",
                        'μ' => "µ",
                        '$' when i > 0 && i + 1 < text.Length => "$",
                        '$' => i == 0 && text.Length > 1 && char.IsAsciiDigit(text[1]) && text.IndexOf('$', 1) < 0 ? "$" : "",
                        _ => c.ToString(),
                    }
                );
                continue;
            }

            int end = i + 1;
            while (end < text.Length && char.IsAsciiLetter(text[end]))
            {
                end++;
            }

            string name = text[(i + 1)..end];
            if (name.Length == 0)
            {
                char symbol = end < text.Length ? text[end] : ' ';
                plain.Append(
                    symbol is '%' or '$' or '\'' ? symbol.ToString()
                    : symbol == '!' ? ""
                    : " "
                );
                i = end;
                continue;
            }

            plain.Append(
                name switch
                {
                    "cdot" or "times" => "·",
                    "Omega" => "Ω",
                    "mu" => "µ",
                    "circ" or "degree" => "°",
                    "prime" => "'",
                    "quad" or "qquad" or "space" => " ",
                    _ when LatexCommands.TextCommands.Contains(name) || LatexCommands.Skipped.Contains(name) => "",
                    _ => "\\" + name,
                }
            );
            i = end - 1;
        }

        return plain.Replace("^ °", "°").Replace("^°", "°").Replace("^ °", "°").ToString();
    }
}
