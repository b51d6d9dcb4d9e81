using RewardReasoning.Measure;
using Xunit;

namespace RewardReasoning.House.Tests;

/// <summary>The checkout under test: its tracked files and its parsed sources.</summary>
internal static class House
{
    private static readonly Lazy<Checkout> LazyCheckout = new(() => new Checkout(FindRoot()));

    public static Checkout Checkout => LazyCheckout.Value;

    public static IReadOnlyList<string> Files => Checkout.Files;

    public static IEnumerable<SourceFile> ProductSources => Checkout.Product;

    public static string FullPath(string path) => Checkout.FullPath(path);

    /// <summary>
    /// The project folder a path lies in, such as <c>RewardReasoning.Cli</c> for <c>src/RewardReasoning.Cli/Program.cs</c>.
    /// </summary>
    public static string ProjectOf(string path) => path.Split('/')[1];

    /// <summary>Fails with the places that break a rule, one a line.</summary>
    public static void Keeps(string rule, IEnumerable<string> breaches)
    {
        string[] places = [.. breaches];
        Assert.True(places.Length == 0, $"{rule} Broken at:\n{string.Join('\n', places)}");
    }

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
}
