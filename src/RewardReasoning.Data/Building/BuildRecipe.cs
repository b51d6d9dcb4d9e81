using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RewardReasoning.Data.Building;

/// <summary>What a data set of labelled pairs is built of, and how. docs/data.md describes every field of its JSON.</summary>
internal sealed record BuildRecipe
{
    /// <summary>What chance there is follows from it.</summary>
    public long Seed { get; init; } = 42;

    /// <summary>Ending of the files of rows: <c>.jsonl</c>, <c>.jsonl.gz</c>, <c>.jsonl.zst</c> or <c>.parquet</c>.</summary>
    public string Format { get; init; } = ".jsonl";

    /// <summary>Share of the queries that is held out, 0 to 1.</summary>
    public double HeldOut { get; init; }

    /// <summary>Whether thoughts are removed from responses, as the paper does.</summary>
    public bool StripThoughts { get; init; } = true;

    /// <summary>Whether the better response stands first just as often as second; else it always stands first.</summary>
    public bool BalancePosition { get; init; } = true;

    /// <summary>
    /// Whether, where a query leaves a choice, pairs are chosen so that the better response is the longer one half of the time.
    /// </summary>
    public bool BalanceLength { get; init; } = true;

    /// <summary>Where pairs come from.</summary>
    public required IReadOnlyList<BuildSource> Sources { get; init; }

    /// <summary>What the pairs must not hold; null for no check.</summary>
    public DecontaminationRecipe? Decontaminate { get; init; }

    /// <summary>SHA-256 of the recipe's file, in hexadecimal.</summary>
    public string Sha256 { get; init; } = "";

    /// <summary>Reads a recipe: JSON, in which comments and trailing commas are allowed.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="text">What is read in place of the file's own text, such as that text with other paths; null for the file's.</param>
    /// <exception cref="FormatException">It has faults; the message lists all of them.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    public static BuildRecipe Load(string path, string? text = null)
    {
        byte[] bytes = File.Exists(path) ? File.ReadAllBytes(path) : throw new FileNotFoundException($"There is no recipe '{path}'.", path);
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                text is null ? bytes : Encoding.UTF8.GetBytes(text),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true }
            );
            return BuildRecipeReader.Read(document.RootElement, path) with { Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
        }
        catch (JsonException exception)
        {
            throw new FormatException($"{path}, line {exception.LineNumber + 1}: not JSON: {exception.Message}", exception);
        }
    }
}

/// <summary>How the pairs of a source come about.</summary>
internal enum BuildSourceKind
{
    /// <summary>Questions with answers, and outputs of models that lie in files: right ones are paired with wrong ones.</summary>
    Outputs,

    /// <summary>Questions with answers; models are asked for outputs, which are verified: right ones are paired with wrong ones.</summary>
    Sampled,

    /// <summary>Pairs without an answer to verify: a judge says which response is better.</summary>
    Annotated,

    /// <summary>Pairs whose better response is known.</summary>
    Preferences,
}

/// <summary>One source of pairs. Its fields depend on its kind.</summary>
internal sealed record BuildSource
{
    /// <summary>Its name in rows and manifest.</summary>
    public required string Name { get; init; }

    /// <summary>How its pairs come about.</summary>
    public required BuildSourceKind Kind { get; init; }

    /// <summary>The licence of its data, for the manifest.</summary>
    public required string Licence { get; init; }

    /// <summary>Files, folders or patterns of questions or pairs.</summary>
    public required IReadOnlyList<string> Rows { get; init; }

    /// <summary>Its weight in the mixture; null where all pairs of all sources are taken.</summary>
    public double? Weight { get; init; }

    /// <summary>The most rows that are read; null for all.</summary>
    public int? Limit { get; init; }

    /// <summary>The most pairs of one query.</summary>
    public int PairsPerQuery { get; init; } = 1;

    /// <summary>Of outputs: files of them, one for each model, in the order of the questions.</summary>
    public IReadOnlyList<string> Outputs { get; init; } = [];

    /// <summary>Of outputs: the field that says which question an output answers, in both.</summary>
    public string Key { get; init; } = "id";

    /// <summary>Of outputs: the field that holds the text.</summary>
    public string Output { get; init; } = "output";

    /// <summary>Of outputs: the field that says whether one is right; null: the answer in it is verified by rules.</summary>
    public string? Correct { get; init; }

    /// <summary>Of outputs: values that fields must have, as they stand in JSON; other outputs are left out.</summary>
    public IReadOnlyDictionary<string, string> Require { get; init; } = new Dictionary<string, string>();

    /// <summary>Texts at which an output ends that runs on, such as the start of another question.</summary>
    public IReadOnlyList<string> CutAt { get; init; } = [];

    /// <summary>Of samples: the models that are asked.</summary>
    public IReadOnlyList<SampledModel> Models { get; init; } = [];

    /// <summary>Of samples: outputs of each model for each question.</summary>
    public int Samples { get; init; } = 4;

    /// <summary>Of samples: sampling temperature.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Of samples: the most tokens of an output.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>Of samples: what follows the question, such as how to state the answer.</summary>
    public string? Instruction { get; init; }

    /// <summary>Of annotated pairs: the least margin of the votes (share for, less share against) that a pair is kept with.</summary>
    public double MinMargin { get; init; }
}

/// <summary>A model that is asked for outputs: a folder, or a name at an endpoint.</summary>
/// <param name="Model">The folder or name.</param>
/// <param name="Endpoint">Address of an OpenAI-compatible server; null for a folder.</param>
/// <param name="ApiKeyVariable">Environment variable that holds the server's key; null for none.</param>
internal sealed record SampledModel(string Model, Uri? Endpoint, string? ApiKeyVariable);

/// <summary>Data that pairs must not be of, and what counts as being of it.</summary>
internal sealed record DecontaminationRecipe
{
    /// <summary>Benchmarks by name, each with its files, folders or patterns.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<string>> Against { get; init; }

    /// <summary>Words in a row that are compared; of shorter queries only the whole is.</summary>
    public int NGram { get; init; } = 8;

    /// <summary>Share of the n-grams of a query that a benchmark must hold for the query to be of it, above 0 to 1.</summary>
    public double Share { get; init; } = 0.5;
}
