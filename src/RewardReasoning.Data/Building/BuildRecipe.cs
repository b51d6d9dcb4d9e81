using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using RewardReasoning.Recipes;

namespace RewardReasoning.Data.Building;

/// <summary>What a data set of labelled pairs is built of, and how. docs/data.md describes every field of its JSON.</summary>
internal sealed record BuildRecipe : ICheckedOptions
{
    /// <summary>Seed of all that is drawn at random.</summary>
    [Range(0L, long.MaxValue, ErrorMessage = "it must be at least 0")]
    public long Seed { get; init; } = 42;

    /// <summary>Ending of the files of rows.</summary>
    [AllowedValues("jsonl", "jsonl.gz", "jsonl.zst", "parquet", ErrorMessage = "it must be jsonl, jsonl.gz, jsonl.zst or parquet")]
    public string Format { get; init; } = "jsonl";

    /// <summary>Share of the queries that is held out, 0 to 1.</summary>
    [Range(0.0, 1.0)]
    public double HeldOut { get; init; }

    /// <summary>Whether thoughts are removed from responses, as the paper does.</summary>
    public bool StripThoughts { get; init; } = true;

    /// <summary>Whether the better response is first in half of the rows; else it is always first.</summary>
    public bool BalancePosition { get; init; } = true;

    /// <summary>
    /// Whether, where a query leaves a choice, pairs are chosen so that the better response is the longer one half of the time.
    /// </summary>
    public bool BalanceLength { get; init; } = true;

    /// <summary>Where pairs come from.</summary>
    [MinLength(1, ErrorMessage = "it must hold at least one source")]
    public required IReadOnlyList<BuildSource> Sources { get; init; }

    /// <summary>What the pairs must not hold; null for no check.</summary>
    public DecontaminationRecipe? Decontaminate { get; init; }

    /// <summary>Reads a recipe, checks it and computes the SHA-256 of its file.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="text">What is read in place of the file's own text, such as that text with other paths; null for the file's.</param>
    /// <exception cref="RewardReasoningException">It has faults; the message lists all of them.</exception>
    public static (BuildRecipe Recipe, string Sha256) Load(string path, string? text = null)
    {
        BuildRecipe recipe = RecipeFile.Load<BuildRecipe>(path, text);
        OptionsCheck.ThrowIfInvalidRecipe(recipe);
        return (recipe, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))));
    }

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        string sources = names[nameof(Sources)];
        foreach (IGrouping<string, BuildSource> same in Sources.GroupBy(source => source.Name).Where(group => group.Count() > 1))
        {
            yield return $"{sources}: {same.Count()} are named '{same.Key}'; every source has a name of its own.";
        }

        if (Sources.Any(source => source.Weight is null) && Sources.Any(source => source.Weight is not null))
        {
            yield return $"{sources}: some have a weight and some do not; give one to all, or to none to take every pair.";
        }
    }
}
