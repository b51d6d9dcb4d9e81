using System.Text.Json;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Building;

/// <summary>Reads a <see cref="BuildRecipe"/> and tells all its faults at once.</summary>
internal static class BuildRecipeReader
{
    private static readonly (string Name, BuildSourceKind Kind)[] Kinds =
    [
        ("outputs", BuildSourceKind.Outputs),
        ("sampled", BuildSourceKind.Sampled),
        ("annotated", BuildSourceKind.Annotated),
        ("preferences", BuildSourceKind.Preferences),
    ];

    private static readonly (string Name, string Ending)[] Formats =
    [
        ("jsonl", ".jsonl"),
        ("jsonl.gz", ".jsonl.gz"),
        ("jsonl.zst", ".jsonl.zst"),
        ("parquet", ".parquet"),
    ];

    public static BuildRecipe Read(JsonElement json, string path)
    {
        List<string> faults = [];
        BuildRecipe? recipe = RecipeObject.Of(json, "", faults) is { } root ? Read(root, faults) : null;
        return recipe is not null && faults.Count == 0
            ? recipe
            : throw new FormatException(
                $"{path} has {faults.Count} {(faults.Count == 1 ? "fault" : "faults")}: {string.Join(' ', faults)}"
            );
    }

    private static BuildRecipe Read(RecipeObject root, List<string> faults)
    {
        BuildRecipe recipe = new()
        {
            Seed = root.Integer("seed", 42, 0),
            Format = root.Has("format") && root.TryChoice("format", Formats, out string? ending) ? ending : Formats[0].Ending,
            HeldOut = root.Number("held_out", 0, 0, 1),
            StripThoughts = root.Flag("strip_thoughts", true),
            BalancePosition = root.Flag("balance_position", true),
            BalanceLength = root.Flag("balance_length", true),
            Sources = [.. root.Objects("sources", required: true).Select(ReadSource)],
            Decontaminate = root.Object("decontaminate") is { } decontaminate ? ReadDecontamination(decontaminate) : null,
        };
        root.RequireNoOthers();
        foreach (
            IGrouping<string, BuildSource> same in recipe
                .Sources.GroupBy(source => source.Name)
                .Where(group => group.Key.Length > 0 && group.Count() > 1)
        )
        {
            faults.Add($"sources: {same.Count()} are named '{same.Key}'; every source has a name of its own.");
        }

        if (recipe.Sources.Any(source => source.Weight is null) && recipe.Sources.Any(source => source.Weight is not null))
        {
            faults.Add("sources: some have a weight and some do not; give one to all, or to none to take every pair.");
        }

        return recipe;
    }

    private static BuildSource ReadSource(RecipeObject json)
    {
        bool isKnown = json.TryChoice("kind", Kinds, out BuildSourceKind kind);
        BuildSource source = new()
        {
            Name = json.Text("name"),
            Kind = kind,
            Licence = json.Text("licence"),
            Rows = FilesOf(json, "rows", json.Texts("rows", required: true)),
            Weight = json.Has("weight") ? json.Number("weight", 1, 1e-9, 1e9) : null,
            Limit = json.Has("limit") ? json.Integer("limit", 1, 1) : null,
            PairsPerQuery = json.Integer("pairs_per_query", 1, 1),
            CutAt = json.Texts("cut_at", required: false),
        };
        if (!isKnown)
        {
            // Which members belong to it, only its kind can tell.
            return source;
        }

        source = kind switch
        {
            BuildSourceKind.Outputs => source with
            {
                Outputs = FilesOf(json, "outputs", json.Texts("outputs", required: true)),
                Key = json.Text("key"),
                Output = json.OptionalText("output") ?? source.Output,
                Correct = json.OptionalText("correct"),
                Require = json.Members("require")
                    .ToDictionary(
                        member => member.Name,
                        member =>
                            member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() ?? "" : member.Value.GetRawText()
                    ),
            },
            BuildSourceKind.Sampled => source with
            {
                Models = [.. json.Objects("models", required: true).Select(ReadModel)],
                Samples = json.Integer("samples", 4, 1),
                Temperature = json.Number("temperature", 1, 0, 10),
                MaxTokens = json.Integer("max_tokens", 4096, 1),
                Instruction = json.OptionalText("instruction"),
            },
            BuildSourceKind.Annotated => source with { MinMargin = json.Number("min_margin", 0, 0, 1) },
            _ => source,
        };
        json.RequireNoOthers();
        return source;
    }

    private static SampledModel ReadModel(RecipeObject json)
    {
        string? address = json.OptionalText("endpoint");
        Uri? endpoint = null;
        if (address is not null && !Uri.TryCreate(address, UriKind.Absolute, out endpoint))
        {
            json.Fault("endpoint", $"is '{address}'; it is an absolute http or https address, such as http://localhost:8000/v1.");
        }

        SampledModel model = new(json.Text("model"), endpoint, json.OptionalText("api_key_env"));
        if (endpoint is null && address is null && model.ApiKeyVariable is not null)
        {
            json.Fault("api_key_env", "goes with endpoint, which is not given.");
        }

        json.RequireNoOthers();
        return model;
    }

    private static DecontaminationRecipe ReadDecontamination(RecipeObject json)
    {
        Dictionary<string, IReadOnlyList<string>> against = new(StringComparer.Ordinal);
        RecipeObject? named = json.Object("against");
        foreach ((string name, _) in named is null ? [] : json.Members("against"))
        {
            if (named?.Texts(name, required: true) is { Count: > 0 } files)
            {
                against[name] = FilesOf(named, name, files);
            }
        }

        if (!json.Has("against"))
        {
            json.Fault("against", "is missing; it is an object of names of benchmarks with their files.");
        }

        DecontaminationRecipe recipe = new()
        {
            Against = against,
            NGram = json.Integer("ngram", 8, 1, 1000),
            Share = json.Number("share", 0.5, 1e-9, 1),
        };
        json.RequireNoOthers();
        return recipe;
    }

    /// <summary>The files that the names stand for; a name that stands for none is a fault.</summary>
    private static List<string> FilesOf(RecipeObject json, string name, IReadOnlyList<string> arguments)
    {
        List<string> files = [];
        foreach (string argument in arguments)
        {
            try
            {
                files.AddRange(RowFiles.Find(argument));
            }
            catch (FileNotFoundException exception)
            {
                json.Fault(name, $"finds nothing: {exception.Message}");
            }
        }

        return files;
    }
}
