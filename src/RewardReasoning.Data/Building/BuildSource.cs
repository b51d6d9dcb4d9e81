using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Data.Rows;
using RewardReasoning.Recipes;

namespace RewardReasoning.Data.Building;

/// <summary>One source of pairs; its kind decides which fields it has.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(OutputsSource), "outputs")]
[JsonDerivedType(typeof(SampledSource), "sampled")]
[JsonDerivedType(typeof(AnnotatedSource), "annotated")]
[JsonDerivedType(typeof(PreferencesSource), "preferences")]
internal abstract record BuildSource : ICheckedOptions
{
    /// <summary>Its name in rows and manifest.</summary>
    [Required]
    public required string Name { get; init; }

    /// <summary>The licence of its data, for the manifest.</summary>
    [Required]
    public required string Licence { get; init; }

    /// <summary>Files, folders or patterns of questions or pairs.</summary>
    public required TextList Rows { get; init; }

    /// <summary>Its weight in the mixture; null where all pairs of all sources are taken.</summary>
    [Range(0.0, double.MaxValue, MinimumIsExclusive = true)]
    public double? Weight { get; init; }

    /// <summary>The most rows that are read; null for all.</summary>
    [Range(1, int.MaxValue)]
    public int? Limit { get; init; }

    /// <summary>The most pairs of one query.</summary>
    [Range(1, int.MaxValue)]
    public int PairsPerQuery { get; init; } = 1;

    /// <summary>Texts at which an output ends that runs on, such as the start of another question.</summary>
    public TextList CutAt { get; init; } = TextList.Empty;

    /// <summary>The word that stands for this kind of source in a recipe.</summary>
    public string KindOf() =>
        typeof(BuildSource)
            .GetCustomAttributes<JsonDerivedTypeAttribute>()
            .Where(kind => kind.DerivedType == GetType())
            .Select(kind => kind.TypeDiscriminator as string)
            .Single()
        ?? "";

    /// <summary>All files that are read for it.</summary>
    public virtual IEnumerable<string> FilesOf() => RowFiles.FindAll(Rows);

    /// <inheritdoc/>
    public virtual IEnumerable<string> Faults(OptionNames names) => RowFiles.Faults(names[nameof(Rows)], Rows);
}

/// <summary>Questions with answers, and outputs of models that lie in files: right ones are paired with wrong ones.</summary>
internal sealed record OutputsSource : BuildSource
{
    /// <summary>Files of outputs, one for each model, in the order of the questions.</summary>
    public required TextList Outputs { get; init; }

    /// <summary>The field that says which question an output answers, in both.</summary>
    [Required]
    public required string Key { get; init; }

    /// <summary>The field that holds the text.</summary>
    [Required]
    public string Output { get; init; } = "output";

    /// <summary>The field that says whether an output is right; null: the answer in it is verified by rules.</summary>
    public string? Correct { get; init; }

    /// <summary>Values that fields must have; other outputs are left out.</summary>
    public IReadOnlyDictionary<string, JsonElement> Require { get; init; } = new Dictionary<string, JsonElement>();

    /// <inheritdoc/>
    public override IEnumerable<string> FilesOf() => base.FilesOf().Concat(RowFiles.FindAll(Outputs));

    /// <inheritdoc/>
    public override IEnumerable<string> Faults(OptionNames names) =>
        base.Faults(names).Concat(RowFiles.Faults(names[nameof(Outputs)], Outputs));
}

/// <summary>Questions with answers; models are asked for outputs, which are verified: right ones are paired with wrong ones.</summary>
internal sealed record SampledSource : BuildSource
{
    /// <summary>The models that are asked.</summary>
    [MinLength(1, ErrorMessage = "it must hold at least one model")]
    public required IReadOnlyList<SampledModel> Models { get; init; }

    /// <summary>Outputs of each model for each question.</summary>
    [Range(1, int.MaxValue)]
    public int Samples { get; init; } = 4;

    /// <summary>Sampling temperature.</summary>
    [Range(0.0, 10.0)]
    public double Temperature { get; init; } = 1;

    /// <summary>The most tokens of an output.</summary>
    [Range(1, int.MaxValue)]
    public int MaxTokens { get; init; } = 4096;

    /// <summary>What follows the question, such as how to state the answer.</summary>
    public string? Instruction { get; init; }
}

/// <summary>Pairs without an answer to verify: a judge says which response is better.</summary>
internal sealed record AnnotatedSource : BuildSource
{
    /// <summary>The least margin of the votes (share for, less share against) that a pair is kept with.</summary>
    [Range(0.0, 1.0)]
    public double MinMargin { get; init; }
}

/// <summary>Pairs whose better response is known.</summary>
internal sealed record PreferencesSource : BuildSource;

/// <summary>A model that is asked for outputs: a folder, or a name at an endpoint.</summary>
internal sealed record SampledModel : ICheckedOptions
{
    /// <summary>The folder or name.</summary>
    [Required]
    public required string Model { get; init; }

    /// <summary>Address of an OpenAI-compatible server; null for a folder.</summary>
    public Uri? Endpoint { get; init; }

    /// <summary>Environment variable that holds the server's key; null for none.</summary>
    public string? ApiKeyEnv { get; init; }

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        if (Endpoint is { } address && !(address.IsAbsoluteUri && address.Scheme is "http" or "https"))
        {
            yield return $"{names[nameof(Endpoint)]} is '{address.OriginalString}'; it must be an absolute http or https address, such as "
                + "http://localhost:8000/v1.";
        }

        if (Endpoint is null && ApiKeyEnv is not null)
        {
            yield return $"{names[nameof(ApiKeyEnv)]} goes with {names[nameof(Endpoint)]}, which is not given.";
        }
    }
}

/// <summary>Data that pairs must not be of, and what counts as being of it.</summary>
internal sealed record DecontaminationRecipe : ICheckedOptions
{
    /// <summary>Benchmarks by name, each with its files, folders or patterns.</summary>
    public required IReadOnlyDictionary<string, TextList> Against { get; init; }

    /// <summary>Words in a row that are compared; of shorter queries only the whole is.</summary>
    [Range(1, 1000)]
    public int Ngram { get; init; } = 8;

    /// <summary>Share of the n-grams of a query that a benchmark must hold for the query to be of it, above 0 to 1.</summary>
    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Share { get; init; } = 0.5;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names) =>
        Against.SelectMany(benchmark => RowFiles.Faults($"{names[nameof(Against)]}.{benchmark.Key}", benchmark.Value));
}
