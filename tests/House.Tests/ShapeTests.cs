using RewardReasoning.Measure;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>The shape of the libraries: what <c>eng/measure.sh</c> prints, kept by a test.</summary>
public sealed class ShapeTests
{
    [Fact]
    public void Namespaces_OfOneProject_DoNotNeedEachOtherBothWays()
    {
        House.Keeps(
            "Two namespaces of a project may not use each other's types: move the type that both need, or join them.",
            House.ProductSources.GroupBy(source => source.Project).SelectMany(NamespaceCircles.Find)
        );
    }

    [Fact]
    public void Lines_OfTheProduct_AreWithinTheLimit()
    {
        House.Keeps(
            $"A line has at most {Figures.MostColumns} columns.",
            House.ProductSources.SelectMany(source => Figures.LongLines(source).Select(line => $"{source.Path}:{line}"))
        );
    }

    [Fact]
    public void PublicTypes_OfAllLibraries_AreFew()
    {
        int types = House.ProductSources.Sum(source => Figures.PublicTypes(source.Root).Count());

        Assert.True(
            types <= Figures.MostPublicTypes,
            $"The libraries have {types} public types; at most {Figures.MostPublicTypes} are to be learnt. Make those internal that no "
                + $"user needs."
        );
    }
}
