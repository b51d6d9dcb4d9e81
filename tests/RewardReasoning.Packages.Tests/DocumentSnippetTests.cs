using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Packages.Tests;

/// <summary>
/// C# in the documents compiles against the libraries. In readmes a snippet is a whole program, usings and all; on the pages of docs/ it is
/// a piece of one, which may use the names of <see cref="Surroundings"/>.
/// </summary>
public sealed partial class DocumentSnippetTests
{
    private const string ImplicitUsings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
        """;

    private const string Surroundings = """
        static class Page
        {
            static readonly Uri url = new("http://localhost");
            static readonly string path = "", query = "";
            static readonly IReadOnlyList<string> responses = [];
            static readonly IReadOnlyList<Comparison> comparisons = [];
            static readonly IChatClient client = null!;
            static readonly OpenedJudge judge = null!;
            static readonly ICompletionStore store = null!;
            static readonly JudgeOptions options = new();
            static readonly IChatClient judgeClient = null!;
            static readonly IReadOnlyList<ChatMessage> messages = [];
            static readonly ChatResponse response = new();
            static readonly string textOfTheCurrentModel = "";
            static readonly Microsoft.Extensions.DependencyInjection.IServiceCollection services = null!;
            static readonly CancellationToken cancellationToken;

            static async Task Snippet()
            {
        #line 1
        SNIPPET
            }
        }
        """;

    private static readonly Lazy<IReadOnlyList<MetadataReference>> References = new(() =>
        [
            .. ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "")
                .Split(Path.PathSeparator)
                .Where(File.Exists)
                .Select(path => MetadataReference.CreateFromFile(path)),
        ]
    );

    public static TheoryData<string> Readmes => [.. Documents(".", "src/*", "examples")];

    public static TheoryData<string> Pages => [.. Documents("docs")];

    [Theory]
    [MemberData(nameof(Readmes))]
    public void Readme_EachSnippetIsAProgram(string document)
    {
        foreach (string snippet in Snippets(document))
        {
            AssertCompiles(document, snippet, OutputKind.ConsoleApplication);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Page_EachSnippetIsAPieceOfAProgram(string document)
    {
        string usings = string.Concat(
            AppDomain
                .CurrentDomain.GetAssemblies()
                .Concat(
                    Directory.EnumerateFiles(AppContext.BaseDirectory, "RewardReasoning*.dll").Select(System.Reflection.Assembly.LoadFrom)
                )
                .Where(assembly => assembly.GetName().Name is { } name && IsPackage(name))
                .SelectMany(assembly => assembly.GetExportedTypes().Select(type => type.Namespace))
                .Concat(["Microsoft.Extensions.AI", "OpenTelemetry.Trace", "OpenTelemetry.Metrics"])
                .Append("Microsoft.Extensions.DependencyInjection")
                .Distinct()
                .Select(name => $"using {name};\n")
        );
        foreach (string snippet in Snippets(document))
        {
            string hoisted = string.Concat(Using().Matches(snippet).Select(match => match.Value + "\n"));
            AssertCompiles(
                document,
                hoisted + usings + Surroundings.Replace("SNIPPET", Using().Replace(snippet, ""), StringComparison.Ordinal),
                OutputKind.DynamicallyLinkedLibrary
            );
        }
    }

    private static bool IsPackage(string assembly) =>
        assembly.StartsWith("RewardReasoning", StringComparison.Ordinal)
        && !assembly.EndsWith("Tests", StringComparison.Ordinal)
        && !assembly.EndsWith("Testing", StringComparison.Ordinal)
        && !assembly.EndsWith("Lab", StringComparison.Ordinal);

    private static void AssertCompiles(string document, string source, OutputKind kind)
    {
        CSharpCompilation compilation = CSharpCompilation.Create(
            "snippet",
            [CSharpSyntaxTree.ParseText(ImplicitUsings), CSharpSyntaxTree.ParseText(source)],
            References.Value,
            new CSharpCompilationOptions(kind, nullableContextOptions: NullableContextOptions.Enable)
        );
        string[] errors =
        [
            .. compilation.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error).Select(found => found.ToString()),
        ];
        Assert.True(errors.Length == 0, $"{document}: {string.Join('\n', errors)}\n{source}");
    }

    private static IEnumerable<string> Snippets(string document) =>
        Fence().Matches(File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, document))).Select(match => match.Groups[1].Value);

    /// <summary>The markdown files of some folders, relative to the root; <c>src/*</c> stands for each folder in it.</summary>
    private static IEnumerable<string> Documents(params string[] folders) =>
        folders
            .SelectMany(folder =>
                folder.EndsWith("/*", StringComparison.Ordinal)
                    ? Directory.EnumerateDirectories(Path.Combine(SharedFolder.RepositoryRoot, folder[..^2]))
                    : [Path.Combine(SharedFolder.RepositoryRoot, folder)]
            )
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.md"))
            .Select(path => Path.GetRelativePath(SharedFolder.RepositoryRoot, path))
            .Order(StringComparer.Ordinal);

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^using [\w.]+;$", RegexOptions.Multiline)]
    private static partial Regex Using();
}
