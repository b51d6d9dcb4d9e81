using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>Reasoning is separated from answers in one place.</summary>
public sealed class ReasoningMarkerTests
{
    private static readonly string[] Table =
    [
        "src/RewardReasoning/ReasoningText.cs",
        "src/RewardReasoning/ReasoningMarkers.cs",
        "src/RewardReasoning.Verification/Answers/VisibleText.cs", // has no project to ask
    ];

    [Fact]
    public void ThinkTags_AreWrittenInOnePlace() =>
        House.Keeps(
            "Think tags are constants of ReasoningText; reasoning is separated by ReasoningText and ReasoningSplitter.",
            House
                .ProductSources.Where(source => !Table.Contains(source.Path))
                .SelectMany(source =>
                    source
                        .Root.DescendantTokens()
                        .Where(token => !token.IsKind(SyntaxKind.IdentifierToken))
                        .Where(token =>
                            token.ValueText.Contains("<think>", StringComparison.Ordinal)
                            || token.ValueText.Contains("</think>", StringComparison.Ordinal)
                        )
                        .Select(token => source.Place(token.Parent ?? source.Root))
                )
        );
}
