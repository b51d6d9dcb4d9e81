using System.Globalization;
using System.Text;
using System.Xml;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>
/// A report as JUnit XML, which CI servers show: <c>testsuites</c>, a <c>testsuite</c> for each run and section, and a <c>testcase</c> for
/// each item. A wrong verdict is a <c>failure</c>, a missing one an <c>error</c>, an item without a label is <c>skipped</c>. The checks of
/// a report are a suite of their own. Documents keep to the schema of Jenkins' xUnit plugin (junit-10.xsd), which other servers read too.
/// </summary>
internal static class JUnitFile
{
    private const string Checks = "checks";

    /// <summary>Every item is a test case.</summary>
    public static string OfItems(IReadOnlyList<ReportedRun> runs, IReadOnlyList<ReportCheck> checks) =>
        Write([
            .. runs.SelectMany(run =>
                run.Cases.GroupBy(item => item.Section).Select(section => new Suite($"{run.Name}.{section.Key}", run.Facts, [.. section]))
            ),
            .. SuiteOf(checks),
        ]);

    /// <summary>Every section of a run, and the whole, is a test case: whether its main figure reaches a threshold.</summary>
    /// <exception cref="RunException">A run has no sections of right verdicts.</exception>
    public static string OfSections(IReadOnlyList<ReportedRun> runs, IReadOnlyList<ReportCheck> checks, double least, bool byLowerEnd) =>
        Write([
            .. runs.Select(run => new Suite(
                run.Name,
                run.Facts,
                run is JudgedRun { Measured: not null } judged
                    ? [.. judged.Sections.Select(section => CaseOf(run.Name, section, least, byLowerEnd))]
                    : throw new RunException(
                        $"'{run.Name}' has no share of right verdicts, so --junit-by section has no test cases for it."
                    )
            )),
            .. SuiteOf(checks),
        ]);

    private static ReportCase CaseOf(string run, MeasuredShare section, double least, bool byLowerEnd)
    {
        bool reaches = ReportChecks.Reaches(section, least, byLowerEnd);
        string what = byLowerEnd
            ? $"The lower end of the 95 % interval, {ReportText.Percent(section.Low)},"
            : $"The main figure, {ReportText.Percent(section.Value)},";
        return new ReportCase(
            section.Section,
            run,
            reaches ? CaseStatus.Passed : CaseStatus.Failed,
            reaches ? "" : $"{what} is below {ReportText.Percent(least)}."
        );
    }

    private static IEnumerable<Suite> SuiteOf(IReadOnlyList<ReportCheck> checks) =>
        checks.Count == 0
            ? []
            :
            [
                new(
                    Checks,
                    new RunFacts(),
                    [
                        .. checks.Select(check => new ReportCase(
                            $"{check.Check} {check.Run}",
                            Checks,
                            check.Passed ? CaseStatus.Passed : CaseStatus.Failed,
                            check.Passed ? "" : check.Says
                        )),
                    ]
                ),
            ];

    private static string Write(IReadOnlyList<Suite> suites)
    {
        StringBuilder text = new();
        using (
            XmlWriter xml = XmlWriter.Create(
                text,
                new XmlWriterSettings
                {
                    Indent = true,
                    OmitXmlDeclaration = true,
                    NewLineChars = "\n",
                }
            )
        )
        {
            xml.WriteStartElement("testsuites");
            xml.WriteAttributeString("name", "rrm report");
            Counts(xml, [.. suites.SelectMany(suite => suite.Cases)], withSkipped: false); // the format has it in suites alone
            foreach (Suite suite in suites)
            {
                Write(xml, suite);
            }

            xml.WriteEndElement();
        }

        return $"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{text}\n";
    }

    private static void Write(XmlWriter xml, Suite suite)
    {
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", Text(suite.Name));
        Counts(xml, suite.Cases, withSkipped: true);
        if (suite.Facts.Started is { } started)
        {
            xml.WriteAttributeString(
                "timestamp",
                started.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)
            );
        }

        foreach (ReportCase item in suite.Cases)
        {
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("name", Text(item.Id));
            xml.WriteAttributeString("classname", Text(suite.Name));
            xml.WriteAttributeString("time", "0");
            string? element = item.Outcome switch
            {
                CaseStatus.Failed => "failure",
                CaseStatus.Missing => "error",
                CaseStatus.Unlabelled or CaseStatus.Abstained => "skipped",
                _ => null,
            };
            if (element is not null)
            {
                xml.WriteStartElement(element);
                xml.WriteAttributeString("message", Text(item.Message));
                if (element != "skipped")
                {
                    xml.WriteAttributeString("type", item.Outcome == CaseStatus.Missing ? "missing" : "wrong");
                }

                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Counts(XmlWriter xml, IReadOnlyList<ReportCase> cases, bool withSkipped)
    {
        int Count(CaseStatus outcome) => cases.Count(item => item.Outcome == outcome);
        foreach (
            (string name, int count) in new[]
            {
                ("tests", cases.Count),
                ("failures", Count(CaseStatus.Failed)),
                ("errors", Count(CaseStatus.Missing)),
                ("skipped", Count(CaseStatus.Unlabelled) + Count(CaseStatus.Abstained)),
            }
        )
        {
            if (name != "skipped" || withSkipped)
            {
                xml.WriteAttributeString(name, count.ToString(CultureInfo.InvariantCulture));
            }
        }

        xml.WriteAttributeString("time", "0");
    }

    /// <summary>A text without the characters that XML cannot hold.</summary>
    private static string Text(string text)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            clean.Append(rune.Value is < 0x20 and not ('\t' or '\n' or '\r') or 0xFFFE or 0xFFFF ? "\uFFFD" : rune.ToString());
        }

        return clean.ToString();
    }

    private sealed record Suite(string Name, RunFacts Facts, IReadOnlyList<ReportCase> Cases);
}
