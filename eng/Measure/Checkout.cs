using System.Diagnostics;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace RewardReasoning.Measure;

/// <summary>A parsed source file; its path is relative to the checkout, with forward slashes.</summary>
public sealed record SourceFile(string Path, string Text, SyntaxNode Root)
{
    /// <summary>
    /// The project folder it lies in, such as <c>RewardReasoning.Cli</c> for <c>src/RewardReasoning.Cli/Program.cs</c>.
    /// </summary>
    public string Project => Path.Split('/')[1];

    /// <summary>File and line of a node.</summary>
    public string Place(SyntaxNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return $"{Path}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1}";
    }
}

/// <summary>The files of a git checkout: tracked ones, and new ones that git does not ignore.</summary>
public sealed class Checkout
{
    /// <summary>Reads the checkout in a folder.</summary>
    /// <exception cref="InvalidOperationException">The folder is not a git checkout.</exception>
    public Checkout(string root)
    {
        Root = root;
        Files = Find(root);
        Sources =
        [
            .. Files
                .Where(path => path.EndsWith(".cs", StringComparison.Ordinal))
                .AsParallel()
                .AsOrdered()
                .Select(path =>
                {
                    string text = File.ReadAllText(FullPath(path));
                    return new SourceFile(path, text, CSharpSyntaxTree.ParseText(text, path: path).GetRoot());
                }),
        ];
    }

    /// <summary>Full path of the checkout.</summary>
    public string Root { get; }

    /// <summary>All files, relative to the root.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>All C# files.</summary>
    public IReadOnlyList<SourceFile> Sources { get; }

    /// <summary>C# files under <c>src/</c>.</summary>
    public IEnumerable<SourceFile> Product => Under("src/");

    /// <summary>C# files under a folder.</summary>
    public IEnumerable<SourceFile> Under(string folder) =>
        Sources.Where(source => source.Path.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>Full path of a file of the checkout.</summary>
    public string FullPath(string path) => Path.Combine(Root, path);

    private static string[] Find(string root)
    {
        ProcessStartInfo start = new("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        {
            WorkingDirectory = root,
            RedirectStandardOutput = true,
        };
        using Process git = Process.Start(start) ?? throw new InvalidOperationException("git did not start.");
        string output = git.StandardOutput.ReadToEnd();
        git.WaitForExit();
        string[] files =
        [
            .. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(path => File.Exists(Path.Combine(root, path))),
        ];
        return git.ExitCode == 0 && files.Length > 0
            ? files
            : throw new InvalidOperationException($"git ls-files in {root} gave no files (exit code {git.ExitCode}).");
    }
}
