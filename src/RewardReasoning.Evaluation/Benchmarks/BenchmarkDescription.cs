namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>A benchmark, for lists.</summary>
/// <param name="Name">Its name on the command line.</param>
/// <param name="Title">What it tests.</param>
/// <param name="Source">Where it comes from.</param>
/// <param name="Data">What <c>--data</c> is.</param>
/// <param name="Orders">The orders that are asked for.</param>
/// <param name="Counting">How answers count.</param>
/// <param name="Measures">Its figures, with what each counts.</param>
internal sealed record BenchmarkDescription(
    string Name,
    string Title,
    string Source,
    string Data,
    AskedOrders Orders,
    string Counting,
    IReadOnlyDictionary<string, string> Measures
)
{
    /// <summary>The description of a benchmark.</summary>
    public static BenchmarkDescription Of(Benchmark definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        return new(
            definition.Name,
            definition.Title,
            definition.Source,
            definition.Data,
            definition.Orders,
            definition.Counting,
            definition.FigureMeanings
        );
    }
}
