using System.Globalization;
using System.Net;
using System.Text;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// Writes HTML so that no text can be taken for markup: every text and attribute goes through <see cref="Escape"/>, and only this class
/// writes tags.
/// </summary>
internal sealed class HtmlText
{
    private readonly StringBuilder _html = new();

    public override string ToString() => _html.ToString();

    /// <summary>
    /// Text that can stand between tags and in quoted attributes. Control characters, which HTML forbids, become replacement marks.
    /// </summary>
    public static string Escape(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool forbidden = Rune.GetUnicodeCategory(rune) == UnicodeCategory.Control && rune.Value is not ('\n' or '\t');
            clean.Append(forbidden ? "\uFFFD" : rune.ToString());
        }

        return WebUtility.HtmlEncode(clean.ToString());
    }

    /// <summary>An element with text in it.</summary>
    public HtmlText Element(string tag, string text, string? cssClass = null) => Open(tag, ("class", cssClass)).Text(text).Close(tag);

    /// <summary>An element with more elements in it.</summary>
    public HtmlText Element(string tag, Action<HtmlText> content, string? cssClass = null) => Element(tag, content, [("class", cssClass)]);

    /// <summary>What was written elsewhere.</summary>
    public HtmlText Append(HtmlText other)
    {
        _html.Append(other._html);
        return this;
    }

    /// <summary>A heading that can be linked to.</summary>
    public HtmlText Heading(int level, string text, string? id = null) => Open($"h{level}", ("id", id)).Text(text).Close($"h{level}");

    /// <summary>Something that a reader unfolds; its first element is the summary.</summary>
    public HtmlText Details(bool isOpen, Action<HtmlText> content) => Element("details", content, [("open", isOpen ? "" : null)]);

    /// <summary>A note that is said to readers of screens as such.</summary>
    public HtmlText Note(string text) =>
        Element(
            "div",
            note => note.Open("p").Element("strong", "Warning:").Text($" {text}").Close("p"),
            [("class", "warning"), ("role", "note")]
        );

    /// <summary>Links to the headings of the page.</summary>
    public HtmlText Contents(IReadOnlyList<(string Id, string Title)> headings) =>
        Element(
            "nav",
            nav =>
                nav.Element(
                    "ul",
                    list =>
                    {
                        foreach ((string id, string title) in headings)
                        {
                            list.Open("li").Open("a", ("href", $"#{id}")).Text(title)._html.Append("</a></li>\n");
                        }
                    }
                ),
            [("aria-label", "Contents")]
        );

    /// <summary>
    /// A table, its first row the heading and its first column the names of the rows. It scrolls sideways where the screen is narrow, by
    /// keys too.
    /// </summary>
    public HtmlText Table(string caption, IReadOnlyList<IReadOnlyList<string>> rows) =>
        Element(
            "div",
            scroll =>
                scroll.Element(
                    "table",
                    table =>
                    {
                        table.Open("caption").Text(caption).Close("caption");
                        bool[] isText = [.. rows[0].Select((_, column) => rows.Skip(1).Any(row => IsText(row[column])))];
                        for (int i = 0; i < rows.Count; i++)
                        {
                            table._html.Append(
                                i == 0 ? "<thead>\n<tr>"
                                : i == 1 ? "<tbody>\n<tr>"
                                : "<tr>"
                            );
                            for (int j = 0; j < rows[i].Count; j++)
                            {
                                string tag = i == 0 || j == 0 ? "th" : "td";
                                table
                                    .Open(
                                        tag,
                                        (
                                            "scope",
                                            i == 0 ? "col"
                                            : j == 0 ? "row"
                                            : null
                                        ),
                                        (
                                            "class",
                                            i > 0 && IsLong(rows[i][j]) ? "text"
                                            : isText[j] ? "word"
                                            : null
                                        )
                                    )
                                    .Text(IsText(rows[i][j]) ? rows[i][j] : Unbroken(rows[i][j]))
                                    ._html.Append("</")
                                    .Append(tag)
                                    .Append('>');
                            }

                            table._html.Append(i == 0 ? "</tr>\n</thead>\n" : "</tr>\n");
                        }

                        table._html.Append(rows.Count > 1 ? "</tbody>\n" : "");
                    }
                ),
            [("class", "scroll"), ("tabindex", "0"), ("role", "region"), ("aria-label", caption)]
        );

    /// <summary>Names and values, as pairs.</summary>
    public HtmlText Facts(IReadOnlyList<(string Name, string Value)> facts) =>
        Element(
            "dl",
            list =>
            {
                foreach ((string name, string value) in facts)
                {
                    list.Element("dt", name).Element("dd", value);
                }
            }
        );

    /// <summary>
    /// An SVG as an image of its own document, so that nothing in it can reach the page. Its values in words are for those who cannot see
    /// it, the caption for everybody.
    /// </summary>
    public HtmlText Figure(string svg, string description, string caption) =>
        Element(
            "figure",
            figure =>
            {
                figure
                    ._html.Append("<img alt=\"")
                    .Append(Escape(description))
                    .Append("\" src=\"data:image/svg+xml;base64,")
                    .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(svg)))
                    .Append("\">");
                figure.Line().Element("figcaption", caption);
            }
        );

    /// <summary>Whether a cell is long text that may wrap; numbers with their intervals are not.</summary>
    private static bool IsLong(string cell)
    {
        const int Longest = 28;
        return cell.Length > Longest && IsText(cell);
    }

    /// <summary>Whether a cell has words, which begin on the left, and not a number or the mark for none.</summary>
    private static bool IsText(string cell) => cell.Length > 0 && !char.IsAsciiDigit(cell[0]) && cell[0] is not ('-' or '+' or '<');

    /// <summary>A number with its interval, which is broken before the interval alone.</summary>
    private static string Unbroken(string number) =>
        number
            .Replace(" %", "\u00a0%", StringComparison.Ordinal)
            .Replace(" to ", "\u00a0to\u00a0", StringComparison.Ordinal)
            .Replace("< ", "<\u00a0", StringComparison.Ordinal);

    private HtmlText Element(string tag, Action<HtmlText> content, (string Name, string? Value)[] attributes)
    {
        Open(tag, attributes).Line();
        content(this);
        return Close(tag);
    }

    private HtmlText Open(string tag, params (string Name, string? Value)[] attributes)
    {
        _html.Append('<').Append(tag);
        foreach ((string name, string? value) in attributes)
        {
            if (value is not null)
            {
                _html.Append(' ').Append(name).Append("=\"").Append(Escape(value)).Append('"');
            }
        }

        _html.Append('>');
        return this;
    }

    private HtmlText Text(string text)
    {
        _html.Append(Escape(text));
        return this;
    }

    private HtmlText Close(string tag)
    {
        _html.Append("</").Append(tag).Append(">\n");
        return this;
    }

    private HtmlText Line()
    {
        _html.Append('\n');
        return this;
    }
}
