using System.Text.RegularExpressions;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>
/// What no tracked file may be or hold. The words looked for are put together here, so that this file does not find itself.
/// </summary>
public sealed class FileRuleTests
{
    private const long MaxBytes = 20 * 1000 * 1000;

    private static readonly string[] TextEndings =
    [
        ".cs",
        ".csproj",
        ".props",
        ".targets",
        ".md",
        ".json",
        ".txt",
        ".slnx",
        ".sh",
        ".editorconfig",
        "rrm",
        "run",
    ];

    [Fact]
    public void Files_AreSmall() =>
        House.Keeps("Files stay below 20 MB.", House.Files.Where(path => new FileInfo(House.FullPath(path)).Length >= MaxBytes));

    [Fact]
    public void Files_NameNoPathOfAMachine()
    {
        string[] folders = ["/ho" + "me/", "/ro" + "ot/", "/Us" + "ers/", "/wo" + "rk/", @"C:\\?Us" + "ers"];
        Regex path = new($@"(?<![\w.}}~-])({string.Join('|', folders)})", RegexOptions.CultureInvariant);
        House.Keeps("Files name no path of a machine.", Lines(TextFiles).Where(line => path.IsMatch(line.Text)).Select(line => line.Place));
    }

    [Fact]
    public void Sources_HoldNothingUnfinished()
    {
        Regex mark = new(
            $@"\b({"TO" + "DO"}|{"FIX" + "ME"}|{"HA" + "CK"}|{"NotImplemented" + "Exception"})\b",
            RegexOptions.CultureInvariant
        );
        House.Keeps("What lands is finished.", Lines(SourceFiles).Where(line => mark.IsMatch(line.Text)).Select(line => line.Place));
    }

    [Fact]
    public void Tests_NeverSkipAlwaysOrAssertNothing()
    {
        Regex empty = new($@"\bSki{"p"}\s*=\s*""|Assert\.True\(tr{"ue"}\)", RegexOptions.CultureInvariant);
        House.Keeps(
            "Every test can run and can fail.",
            Lines(SourceFiles).Where(line => empty.IsMatch(line.Text)).Select(line => line.Place)
        );
    }

    private static IEnumerable<string> TextFiles =>
        House.Files.Where(path => TextEndings.Any(ending => path.EndsWith(ending, StringComparison.Ordinal)));

    private static IEnumerable<string> SourceFiles => House.Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal));

    private static IEnumerable<(string Place, string Text)> Lines(IEnumerable<string> files) =>
        files.SelectMany(path => File.ReadLines(House.FullPath(path)).Select((text, index) => ($"{path}:{index + 1}", text)));
}
