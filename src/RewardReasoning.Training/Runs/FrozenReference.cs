using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// A policy that does not move, one view of it for each worker: the model that a run starts from, or another folder's. Where adapters are
/// trained from their beginning, the starting model is already in memory under them and is not loaded twice.
/// </summary>
internal sealed class FrozenReference : IDisposable
{
    private readonly DecoderModel? _own;
    private readonly DecoderModel[] _models;

    public FrozenReference(TrainingRecipe recipe, TrainingSession session, string? folder)
    {
        DecoderModel source = session.Model;
        if (recipe.Lora is null || folder is not null)
        {
            _own = source = DecoderModel.Load(folder ?? recipe.Model, session.Model.Type, session.Model.Device);
            _own.ProductType = session.Model.ProductType;
        }
        else if (recipe.Lora.From is { } start)
        {
            _own = source = DecoderModel.Load(recipe.Model, session.Model.Type, session.Model.Device);
            source.AddAdapters(recipe.Lora, recipe.Seed);
            AdapterFolder.Load(source, start, recipe.Lora);
            source.MergeAdapters();
        }

        _models = [.. Enumerable.Range(0, recipe.Workers).Select(_ => Frozen(source))];
    }

    /// <summary>What <paramref name="compute"/> makes of a worker's view, without gradients.</summary>
    public T Compute<T>(int worker, Func<DecoderModel, T> compute)
    {
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        return compute(_models[worker]);
    }

    public void Dispose()
    {
        foreach (DecoderModel model in _models)
        {
            model.Dispose();
        }

        _own?.Dispose();
    }

    private static DecoderModel Frozen(DecoderModel source)
    {
        DecoderModel view = source.ShareWeights();
        view.DropAdapters();
        view.SetRequiresGrad(false);
        return view;
    }
}
