using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace RewardReasoning.Measure;

/// <summary>Pairs of namespaces inside one project that use each other's types.</summary>
/// <remarks>
/// Names are resolved without compiling: a name means the type of the project that is declared in a namespace which the file can see
/// (its own, those around it, and its usings), if only one such namespace declares it.
/// </remarks>
public static class NamespaceCircles
{
    /// <summary>The circles of a project's sources, as <c>A and B (file of A that uses B, file of B that uses A)</c>.</summary>
    public static IReadOnlyList<string> Find(IEnumerable<SourceFile> project)
    {
        (string Namespace, SourceFile Source)[] files = [.. project.Select(source => (NamespaceOf(source.Root), source))];
        ILookup<string, string> homes = files
            .SelectMany(file => TypesOf(file.Source.Root).Select(type => (type, file.Namespace)))
            .Distinct()
            .ToLookup(entry => entry.type, entry => entry.Namespace);
        Dictionary<(string From, string To), string> uses = [];
        foreach ((string from, SourceFile source) in files)
        {
            HashSet<string> visible = [.. Around(from), .. UsingsOf(source.Root)];
            foreach (string name in NamesOf(source.Root))
            {
                string[] declaring = [.. homes[name].Where(visible.Contains)];
                if (declaring is [string to] && to != from)
                {
                    uses.TryAdd((from, to), source.Path);
                }
            }
        }

        return
        [
            .. uses
                .Keys.Where(use => string.CompareOrdinal(use.From, use.To) < 0 && uses.ContainsKey((use.To, use.From)))
                .Select(use => $"{use.From} and {use.To} ({uses[use]}, {uses[(use.To, use.From)]})")
                .Order(StringComparer.Ordinal),
        ];
    }

    private static string NamespaceOf(SyntaxNode root) =>
        root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString() ?? "";

    private static IEnumerable<string> TypesOf(SyntaxNode root) =>
        root.DescendantNodes(node => node is CompilationUnitSyntax or BaseNamespaceDeclarationSyntax)
            .Select(node =>
                node switch
                {
                    BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
                    DelegateDeclarationSyntax type => type.Identifier.ValueText,
                    _ => "",
                }
            )
            .Where(name => name.Length > 0);

    private static IEnumerable<string> UsingsOf(SyntaxNode root) =>
        root.DescendantNodes().OfType<UsingDirectiveSyntax>().Select(directive => directive.Name?.ToString() ?? "");

    private static IEnumerable<string> Around(string name)
    {
        for (int dot = name.LastIndexOf('.'); ; dot = name.LastIndexOf('.'))
        {
            yield return name;
            if (dot < 0)
            {
                yield break;
            }

            name = name[..dot];
        }
    }

    private static HashSet<string> NamesOf(SyntaxNode root) =>
        [
            .. root.DescendantNodes(descendIntoTrivia: true)
                .OfType<SimpleNameSyntax>()
                .Where(name => name.Parent is not MemberAccessExpressionSyntax access || access.Name != name)
                .Where(name => name.Parent is not (NameColonSyntax or NameEqualsSyntax))
                .Where(name => !name.Ancestors().Any(node => node is CrefSyntax or UsingDirectiveSyntax))
                .Select(name => name.Identifier.ValueText),
        ];
}
