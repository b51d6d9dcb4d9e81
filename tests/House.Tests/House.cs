using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>The checkout under test: its tracked files and its parsed sources.</summary>
internal static class House
{
    private static readonly Lazy<string> LazyRoot = new(FindRoot);
    private static readonly Lazy<IReadOnlyList<string>> LazyFiles = new(FindFiles);
    private static readonly Lazy<IReadOnlyList<SourceFile>> LazySources = new(() =>
        [.. Files.Where(path => path.EndsWith(".cs", StringComparison.Ordinal)).AsParallel().AsOrdered().Select(Parse)]
    );

    public static string Root => LazyRoot.Value;

    /// <summary>
    /// Files of the checkout, relative to its root with forward slashes: tracked ones and new ones that git does not ignore.
    /// </summary>
    public static IReadOnlyList<string> Files => LazyFiles.Value;

    public static IEnumerable<SourceFile> ProductSources =>
        LazySources.Value.Where(source => source.Path.StartsWith("src/", StringComparison.Ordinal));

    public static string FullPath(string path) => Path.Combine(Root, path);

    /// <summary>
    /// The project folder a path lies in, such as <c>RewardReasoning.Cli</c> for <c>src/RewardReasoning.Cli/ExitCodes.cs</c>.
    /// </summary>
    public static string ProjectOf(string path) => path.Split('/')[1];

    private static SourceFile Parse(string path) =>
        new(path, CSharpSyntaxTree.ParseText(File.ReadAllText(FullPath(path)), path: path).GetRoot());

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "RewardReasoning.slnx")))
            {
                return at.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No RewardReasoning.slnx in {AppContext.BaseDirectory} or any folder above it.");
    }

    /// <summary>Fails with the places that break a rule, one a line.</summary>
    public static void Keeps(string rule, IEnumerable<string> breaches)
    {
        string[] places = [.. breaches];
        Assert.True(places.Length == 0, $"{rule} Broken at:\n{string.Join('\n', places)}");
    }

    private static string[] FindFiles()
    {
        ProcessStartInfo start = new("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = Root,
            RedirectStandardOutput = true,
        };
        using Process git = Process.Start(start) ?? throw new InvalidOperationException("git did not start.");
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        string[] files = [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(path => File.Exists(FullPath(path)))];
        return git.ExitCode == 0 && files.Length > 0
            ? files
            : throw new InvalidOperationException(
                $"git ls-files in {Root} gave no files (exit code {git.ExitCode}); these tests read a git checkout."
            );
    }
}

internal sealed record SourceFile(string Path, SyntaxNode Root)
{
    public string Place(SyntaxNode node) => $"{Path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";
}
