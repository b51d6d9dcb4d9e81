using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RewardReasoning.Measure;

/// <summary>The figures of a checkout that this project keeps an eye on.</summary>
public static class Figures
{
    /// <summary>The most columns of a line of C#.</summary>
    public const int MostColumns = 140;

    /// <summary>The most public types of all packages together.</summary>
    public const int MostPublicTypes = 200;

    /// <summary>All figures, in the order they are printed.</summary>
    public static IEnumerable<(string What, string Value)> Of(Checkout checkout)
    {
        ArgumentNullException.ThrowIfNull(checkout);
        yield return ("projects in src/", Count(checkout.Files.Count(path => IsProject(path, "src/"))));
        yield return ("public types", Count(checkout.Product.Sum(source => PublicTypes(source.Root).Count())));
        yield return (
            "namespace circles inside projects",
            Count(checkout.Product.GroupBy(source => source.Project).Sum(project => NamespaceCircles.Find(project).Count))
        );
        yield return ($"lines over {MostColumns} columns in src/", Count(checkout.Product.Sum(source => LongLines(source).Count())));
        yield return ("files with a <think> literal", Count(Literals(checkout, literal => literal.Contains("<think>"))));
        yield return ("files that name a judgment's \"verdict\" in JSON", Count(Literals(checkout, literal => literal == "verdict")));
        yield return ("files that make a ReasoningJudge", Count(Matching(checkout, @"new ReasoningJudge\(|ReasoningJudge \w+ = new\(")));
        yield return (
            "catch filters that sort three or more exceptions",
            Count(Occurrences(checkout, @"when \([^;{]*Exception\b[^;{]*Exception\b[^;{]*Exception\b"))
        );
        yield return ("readers of recipes", Count(Matching(checkout, @"class \w*Recipe(File|Reader)\b")));
        yield return ("retry classes of our own", Count(Occurrences(checkout, @"class \w*Retr(y|ies)\w*")));
        yield return ("files that rename what they wrote aside", Count(Matching(checkout, @"File\.Move\([^;]*overwrite: true")));
        yield return (
            "token samplers",
            Count(
                Occurrences(
                    checkout,
                    @"class \w*Sampl(er|ing)\b(?=[^{;]*[{;(])",
                    "src/RewardReasoning.Models/",
                    "src/RewardReasoning.Training/"
                )
            )
        );
        yield return ("classes of chat keys", Count(Occurrences(checkout, @"class Chat(Option)?Keys\b")));
        yield return ("outcome enums", Count(Occurrences(checkout, @"enum \w*Outcome\b")));
        yield return ("dense Cholesky factorisations", Count(Matching(checkout, @"class (Dense|Symmetric)\w*System\b")));
        int sources = checkout.Product.Sum(Lines);
        yield return ("lines of C# in src/", Count(sources));
        yield return (
            "test lines per source line",
            ((double)checkout.Under("tests/").Sum(Lines) / sources).ToString("0.00", CultureInfo.InvariantCulture)
        );
        yield return (
            "places in tests that skip without ../shared",
            Count(checkout.Under("tests/").Sum(source => Regex.Count(source.Text, @"SharedFolder\.TryFind\((?![^;]*out _)")))
        );
    }

    /// <summary>Types of a file that other assemblies see.</summary>
    public static IEnumerable<MemberDeclarationSyntax> PublicTypes(SyntaxNode root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return root.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax || IsPublicType(node))
            .Where(IsPublicType)
            .Cast<MemberDeclarationSyntax>();
    }

    /// <summary>Numbers of the lines that are longer than <see cref="MostColumns"/>, from 1.</summary>
    public static IEnumerable<int> LongLines(SourceFile source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return source.Text.Split('\n').Index().Where(line => line.Item.TrimEnd('\r').Length > MostColumns).Select(line => line.Index + 1);
    }

    /// <summary>Files under <c>src/</c> with a string literal of some kind.</summary>
    public static IEnumerable<string> FilesWithLiteral(Checkout checkout, Func<string, bool> literal)
    {
        ArgumentNullException.ThrowIfNull(checkout);
        return checkout
            .Product.Where(source =>
                source
                    .Root.DescendantTokens()
                    .Any(token =>
                        token.Kind()
                            is SyntaxKind.StringLiteralToken
                                or SyntaxKind.MultiLineRawStringLiteralToken
                                or SyntaxKind.SingleLineRawStringLiteralToken
                                or SyntaxKind.InterpolatedStringTextToken
                        && literal(token.ValueText)
                    )
            )
            .Select(source => source.Path);
    }

    private static bool IsProject(string path, string folder) =>
        path.StartsWith(folder, StringComparison.Ordinal) && path.EndsWith(".csproj", StringComparison.Ordinal);

    private static bool IsPublicType(SyntaxNode node) =>
        node is BaseTypeDeclarationSyntax or DelegateDeclarationSyntax
        && ((MemberDeclarationSyntax)node).Modifiers.Any(modifier => modifier.IsKind(SyntaxKind.PublicKeyword));

    private static int Lines(SourceFile source) => source.Text.AsSpan().Count('\n');

    private static int Literals(Checkout checkout, Func<string, bool> literal) => FilesWithLiteral(checkout, literal).Count();

    private static int Matching(Checkout checkout, string pattern) =>
        checkout.Product.Count(source => Regex.IsMatch(source.Text, pattern, RegexOptions.CultureInvariant));

    private static int Occurrences(Checkout checkout, string pattern, params string[] folders) =>
        (folders.Length == 0 ? checkout.Product : folders.SelectMany(checkout.Under)).Sum(source =>
            Regex.Count(source.Text, pattern, RegexOptions.CultureInvariant)
        );

    private static string Count(int value) => value.ToString(CultureInfo.InvariantCulture);
}
