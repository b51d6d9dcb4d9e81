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
    public HtmlText Element(string tag, string text, string? cssClass = null) => Open(tag, cssClass).Text(text).Close(tag);

    /// <summary>An element with more elements in it.</summary>
    public HtmlText Element(string tag, Action<HtmlText> content, string? cssClass = null)
    {
        Open(tag, cssClass).Line();
        content(this);
        return Close(tag);
    }

    /// <summary>A table, its first row the heading; it scrolls sideways where the screen is narrow.</summary>
    public HtmlText Table(IReadOnlyList<IReadOnlyList<string>> rows) =>
        Element(
            "div",
            scroll =>
                scroll.Element(
                    "table",
                    table =>
                    {
                        for (int i = 0; i < rows.Count; i++)
                        {
                            table.Open("tr", null);
                            foreach (string cell in rows[i])
                            {
                                string tag = i == 0 ? "th" : "td";
                                table.Open(tag, null).Text(cell)._html.Append("</").Append(tag).Append('>');
                            }

                            table.Close("tr");
                        }
                    }
                ),
            "scroll"
        );

    /// <summary>An SVG as an image of its own document, so that nothing in it can reach the page, with what it shows in words.</summary>
    public HtmlText Figure(string svg, string caption) =>
        Element(
            "figure",
            figure =>
            {
                figure
                    ._html.Append("<img alt=\"")
                    .Append(Escape(caption))
                    .Append("\" src=\"data:image/svg+xml;base64,")
                    .Append(Convert.ToBase64String(Encoding.UTF8.GetBytes(svg)))
                    .Append("\">");
                figure.Line().Element("figcaption", caption);
            }
        );

    private HtmlText Open(string tag, string? cssClass)
    {
        _html.Append('<').Append(tag);
        if (cssClass is not null)
        {
            _html.Append(" class=\"").Append(Escape(cssClass)).Append('"');
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
