using System.Text;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// A report as Markdown for a comment on a change: the result in words, one table, and the flips against another run. Texts of models and
/// data are escaped, so that none of them becomes markup, a link or a mention.
/// </summary>
internal static class ReportMarkdown
{
    private const int MostFlips = 50;

    /// <summary>The report of runs.</summary>
    public static string Of(string title, IReadOnlyList<ReportedRun> runs, IReadOnlyList<ReportCheck> checks)
    {
        StringBuilder text = new();
        text.Append("## ").Append(Escape(title)).Append("\n\n");
        foreach (ReportedRun run in runs)
        {
            string name = runs.Count > 1 ? $"**{Escape(run.Name)}**: " : "";
            text.Append(name).Append(Escape(string.Join(' ', run.Result))).Append("\n\n");
            foreach (string warning in run.Warnings)
            {
                text.Append("> **Warning:** ").Append(Escape(warning)).Append("\n\n");
            }
        }

        foreach (ReportCheck check in checks)
        {
            text.Append("- ").Append(Escape(check.Says)).Append('\n');
        }

        text.Append(checks.Count > 0 ? "\n" : "");
        RunAnalysis[] analyses = [.. runs.OfType<JudgedRun>().Select(run => run.Analysis)];
        if (analyses.Length > 0)
        {
            Table(text, ReportTables.Overview(analyses).Rows);
        }

        foreach (ReportedRun run in runs.Where(run => run is not JudgedRun))
        {
            Table(text, run.MainTable.Rows);
        }

        foreach (RunAnalysis run in analyses)
        {
            if (ReportTables.Flips(run) is not { } flips)
            {
                continue;
            }

            int gained = run.Flips.Count(flip => flip.IsGained);
            text.Append("### ").Append(Escape(flips.Title)).Append("\n\n");
            text.Append(
                $"{ReportText.Count(gained, "item is", "items are")} now right, "
                    + $"{ReportText.Count(run.Flips.Count - gained, "item is", "items are")} no longer right."
            );
            text.Append(run.Flips.Count > MostFlips ? $" The first {MostFlips} are listed.\n\n" : "\n\n");
            Table(text, [.. flips.Rows.Take(MostFlips + 1)]);
        }

        foreach (ReportedRun run in runs)
        {
            text.Append("<sub>").Append(Escape(runs.Count > 1 ? $"{run.Name}: {run.Facts.Line}" : run.Facts.Line)).Append("</sub>\n\n");
        }

        return text.ToString().TrimEnd('\n') + "\n";
    }

    /// <summary>A text on one line in which no character has a meaning in Markdown or HTML.</summary>
    internal static string Escape(string text)
    {
        StringBuilder escaped = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            escaped.Append(
                rune.Value switch
                {
                    '&' => "&amp;",
                    '<' => "&lt;",
                    '>' => "&gt;",
                    '@' => "@\u200b", // a mention needs the name right behind it
                    '\\' or '`' or '*' or '_' or '[' or ']' or '#' or '|' or '~' or '!' or '$' => $"\\{rune}",
                    _ when Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) => " ",
                    _ => rune.ToString(),
                }
            );
        }

        // Bare addresses become links on most sites.
        return escaped.Replace("://", ":\u200b//").Replace("www.", "www\u200b.").ToString();
    }

    private static void Table(StringBuilder text, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        for (int i = 0; i < rows.Count; i++)
        {
            text.Append("| ").AppendJoin(" | ", rows[i].Select(cell => Escape(cell))).Append(" |\n");
            if (i == 0)
            {
                text.Append('|').AppendJoin('|', rows[i].Select((_, column) => column == 0 ? "---" : "---:")).Append("|\n");
            }
        }

        text.Append('\n');
    }
}
