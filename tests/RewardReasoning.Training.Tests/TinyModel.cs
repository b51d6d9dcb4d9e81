using RewardReasoning.Models;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Testing;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests;

/// <summary>A model folder with rrm-mini's tokenizer and prompt over a few thousand random weights.</summary>
internal static class TinyModel
{
    public static DecoderConfig Config =>
        DecoderConfig.Load(SourceFolder) with
        {
            HiddenSize = 32,
            IntermediateSize = 48,
            LayerCount = 2,
            HeadCount = 2,
            KeyValueHeadCount = 1,
            HeadDimension = 16,
        };

    private static string SourceFolder => Path.Combine(SharedFolder.RepositoryRoot, "recipes/rrm-mini/model");

    /// <summary>Writes configuration, tokenizer, prompt and random weights.</summary>
    public static string Write(string folder)
    {
        Directory.CreateDirectory(folder);
        using DecoderModel model = DecoderModel.CreateRandom(Config, 7, CPU);
        ModelFolder.CarryFiles(SourceFolder, folder);
        model.Save(folder, ScalarType.Float32);
        return folder;
    }
}
