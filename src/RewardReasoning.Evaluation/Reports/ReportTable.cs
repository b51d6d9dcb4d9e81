namespace RewardReasoning.Evaluation.Reports;

/// <summary>A table of a report.</summary>
/// <param name="Title">Its title.</param>
/// <param name="Explanation">What its columns are, in words; empty where they say it themselves.</param>
/// <param name="Rows">The rows as text, the heading first; the first column names the row.</param>
internal sealed record ReportTable(string Title, string Explanation, IReadOnlyList<IReadOnlyList<string>> Rows);
