using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Models.Generation;

/// <summary>How a model's makers sample it (<c>generation_config.json</c>); what a request leaves open comes from here.</summary>
internal sealed record GenerationDefaults
{
    private const string FileName = "generation_config.json";

    public float Temperature { get; init; } = 1;

    public int TopK { get; init; }

    public float TopP { get; init; } = 1;

    public float MinP { get; init; }

    /// <summary>Reads the file of a model folder; the usual values where there is none.</summary>
    public static GenerationDefaults Load(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return new GenerationDefaults();
        }

        JsonSettings settings = JsonSettings.Load(path);

        // transformers takes the most probable token unless told to sample; so a file that gives a temperature alone means it too.
        bool samples = settings.Flag(
            "do_sample",
            whenAbsent: settings.Has("temperature") || settings.Has("top_p") || settings.Has("top_k")
        );
        return !samples
            ? new GenerationDefaults()
            : new GenerationDefaults
            {
                Temperature = (float)(settings.OptionalPositiveNumber("temperature") ?? 1),
                TopK = settings.OptionalId("top_k") ?? 0,
                TopP = (float)(settings.OptionalPositiveNumber("top_p") ?? 1),
                MinP = (float)(settings.OptionalPositiveNumber("min_p") ?? 0),
            };
    }
}
