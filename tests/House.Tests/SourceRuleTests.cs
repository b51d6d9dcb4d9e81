using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>Rules of the product's sources that no compiler setting keeps.</summary>
public sealed class SourceRuleTests
{
    // Their errors are not caught by the native layer of TorchSharp: a wrong shape ends the process.
    private static readonly HashSet<string> ProcessKillers = ["matmul", "cummax", "cummin"];

    private static readonly HashSet<string> ThreadBoundScopes =
    [
        "NewDisposeScope",
        "no_grad",
        "enable_grad",
        "inference_mode",
        "set_grad_enabled",
    ];

    [Fact]
    public void Sources_TorchSharp_OnlyInModelsAndTraining()
    {
        House.Keeps(
            "Tensors belong to Models and Training.",
            House
                .ProductSources.Where(source =>
                    House.ProjectOf(source.Path) is not ("RewardReasoning.Models" or "RewardReasoning.Training")
                )
                .SelectMany(source =>
                    source
                        .Root.DescendantNodes()
                        .OfType<IdentifierNameSyntax>()
                        .Where(name => name.Identifier.ValueText is "TorchSharp" or "torch")
                        .Select(source.Place)
                )
        );
    }

    [Fact]
    public void Sources_OperationsThatKillTheProcess_AreNotCalled()
    {
        House.Keeps(
            "A wrong shape in matmul, cummax, cummin or autograd.grad ends the process: linear, bmm and backward throw instead.",
            House.ProductSources.SelectMany(source =>
                source
                    .Root.DescendantNodes()
                    .OfType<InvocationExpressionSyntax>()
                    .Where(call =>
                        ProcessKillers.Contains(NameOf(call))
                        || call.Expression.ToString().EndsWith("autograd.grad", StringComparison.Ordinal)
                    )
                    .Select(source.Place)
            )
        );
    }

    [Fact]
    public void Sources_TensorScopes_AreNotHeldAcrossAwaitOrYield()
    {
        House.Keeps(
            "Dispose scopes and grad modes belong to a thread: none across await or yield.",
            House.ProductSources.SelectMany(source =>
                source
                    .Root.DescendantNodes()
                    .Where(IsBody)
                    .Where(body => OwnNodes(body).Any(OpensScope) && OwnNodes(body).Any(Suspends))
                    .Select(source.Place)
            )
        );

        static bool OpensScope(SyntaxNode node) => node is InvocationExpressionSyntax call && ThreadBoundScopes.Contains(NameOf(call));

        static bool Suspends(SyntaxNode node) =>
            node is AwaitExpressionSyntax or YieldStatementSyntax
            || (node is CommonForEachStatementSyntax loop && loop.AwaitKeyword.IsKind(SyntaxKind.AwaitKeyword))
            || (node is UsingStatementSyntax use && use.AwaitKeyword.IsKind(SyntaxKind.AwaitKeyword))
            || (node is LocalDeclarationStatementSyntax local && local.AwaitKeyword.IsKind(SyntaxKind.AwaitKeyword));
    }

    [Fact]
    public void Sources_NullForgiving_IsNotUsed()
    {
        House.Keeps(
            "No null-forgiving operator.",
            House.ProductSources.SelectMany(source =>
                source.Root.DescendantNodes().Where(node => node.IsKind(SyntaxKind.SuppressNullableWarningExpression)).Select(source.Place)
            )
        );
    }

    [Fact]
    public void Sources_Classes_AreSealedAbstractOrStatic()
    {
        House.Keeps(
            "Classes are sealed, abstract or static.",
            House.ProductSources.SelectMany(source =>
                source
                    .Root.DescendantNodes()
                    .OfType<TypeDeclarationSyntax>()
                    .Where(type =>
                        type is ClassDeclarationSyntax
                        || (type is RecordDeclarationSyntax record && !record.ClassOrStructKeyword.IsKind(SyntaxKind.StructKeyword))
                    )
                    .Where(type =>
                        !type.Modifiers.Any(modifier =>
                            modifier.Kind() is SyntaxKind.SealedKeyword or SyntaxKind.AbstractKeyword or SyntaxKind.StaticKeyword
                        )
                    )
                    .Select(source.Place)
            )
        );
    }

    [Fact]
    public void Sources_Program_IsShort() => Assert.True(File.ReadLines(House.FullPath("src/RewardReasoning.Cli/Program.cs")).Count() < 40);

    private static string NameOf(InvocationExpressionSyntax call) =>
        call.Expression switch
        {
            MemberAccessExpressionSyntax access => access.Name.Identifier.ValueText,
            IdentifierNameSyntax name => name.Identifier.ValueText,
            _ => "",
        };

    private static bool IsBody(SyntaxNode node) =>
        node
            is BaseMethodDeclarationSyntax
                or LocalFunctionStatementSyntax
                or AnonymousFunctionExpressionSyntax
                or AccessorDeclarationSyntax;

    /// <summary>What runs when this body runs: functions inside it have bodies of their own.</summary>
    private static IEnumerable<SyntaxNode> OwnNodes(SyntaxNode body) => body.DescendantNodes(child => child == body || !IsBody(child));
}
