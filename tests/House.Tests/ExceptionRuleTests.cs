using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>Exceptions say at which boundary a failure arose.</summary>
public sealed class ExceptionRuleTests
{
    [Fact]
    public void PublicExceptions_DeriveFromTheCommonBase_OrAreCancellation() =>
        House.Keeps(
            "A public exception derives from RewardReasoningException, or from OperationCanceledException.",
            House.ProductSources.SelectMany(source =>
                source
                    .Root.DescendantNodes()
                    .OfType<ClassDeclarationSyntax>()
                    .Where(type => type.Modifiers.Any(SyntaxKind.PublicKeyword))
                    .Where(type => type.Identifier.ValueText.EndsWith("Exception", StringComparison.Ordinal))
                    .Where(type => type.Identifier.ValueText != "RewardReasoningException")
                    .Where(type =>
                        type.BaseList?.Types[0].Type.ToString() is not ("RewardReasoningException" or "OperationCanceledException")
                    )
                    .Select(type => $"{source.Path}: {type.Identifier.ValueText}")
            )
        );
}
