using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Models.Generation;

/// <summary>How a model's makers sample it (<c>generation_config.json</c>): the defaults of a request.</summary>
internal sealed record GenerationDefaults
{
    private const string FileName = "generation_config.json";

    public float Temperature { get; init; } = 1;

    public int TopK { get; init; }

    public float TopP { get; init; } = 1;

    public float MinP { get; init; }

    public float RepetitionPenalty { get; init; } = 1;

    /// <summary>Reads the file of a model folder; transformers' defaults where it is missing.</summary>
    public static GenerationDefaults Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return new GenerationDefaults();
        }

        JsonSettings settings = JsonSettings.Load(path);

        // transformers takes the most probable token unless do_sample is set; a file that gives a temperature alone means sampling too.
        bool samples = settings.Flag(
            "do_sample",
            whenAbsent: settings.Has("temperature") || settings.Has("top_p") || settings.Has("top_k")
        );
        GenerationDefaults defaults = new() { RepetitionPenalty = (float)(settings.OptionalPositiveNumber("repetition_penalty") ?? 1) };
        return !samples
            ? defaults
            : defaults with
            {
                Temperature = (float)(settings.OptionalNumberFrom0("temperature") ?? 1),
                TopK = Math.Max(0, settings.OptionalWholeNumber("top_k") ?? 0), // vLLM writes -1 for all
                TopP = (float)(settings.OptionalPositiveNumber("top_p") ?? 1),
                MinP = (float)(settings.OptionalNumberFrom0("min_p") ?? 0),
            };
    }
}
