using System.Text.Json.Serialization;

namespace RewardReasoning.Server.Runs;

/// <summary>What runs show.</summary>
/// <param name="Names">Their names.</param>
/// <param name="Result">What came out, in sentences; warnings too.</param>
/// <param name="Tables">Tables, those of flipped items included where there are several runs.</param>
/// <param name="Figures">Plots.</param>
internal sealed record RunView(
    IReadOnlyList<string> Names,
    IReadOnlyList<string> Result,
    IReadOnlyList<RunTable> Tables,
    IReadOnlyList<RunFigure> Figures
);

/// <summary>A table; its heading is the first row.</summary>
internal sealed record RunTable(string Title, IReadOnlyList<IReadOnlyList<string>> Rows);

/// <summary>A plot.</summary>
/// <param name="Name">A name that no other plot beside it has.</param>
/// <param name="Caption">What it shows.</param>
/// <param name="Description">Its values in words, for those who cannot see it.</param>
/// <param name="Svg">The picture.</param>
internal sealed record RunFigure(string Name, string Caption, string Description, string Svg);

/// <summary>A run in the list of runs.</summary>
internal sealed record ListedRun(string Name, string Kind, string State, DateTimeOffset Updated);

/// <summary>The list of runs.</summary>
/// <param name="Watched">Whether the server watches a folder.</param>
/// <param name="Runs">Its runs, those that were written to last first.</param>
internal sealed record RunList(bool Watched, IReadOnlyList<ListedRun> Runs);

/// <summary>Runs as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(RunView))]
internal sealed partial class RunWireJson : JsonSerializerContext;
