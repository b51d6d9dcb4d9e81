using RewardReasoning.Cli.Parsing;
using RewardReasoning.Models.Gguf;

namespace RewardReasoning.Cli.Hub;

/// <summary>Arguments that name a GGUF file where a model folder may stand.</summary>
internal static class GgufPath
{
    /// <summary>Whether an argument names one, by its ending.</summary>
    public static bool Is(string argument) => argument.EndsWith(GgufFile.Extension, StringComparison.OrdinalIgnoreCase);

    /// <summary>The file as given, if there is one.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static string Require(string path) =>
        File.Exists(path) ? path : throw new UsageException($"There is no file '{path}'. A model is a GGUF file or a Hugging Face folder.");
}
