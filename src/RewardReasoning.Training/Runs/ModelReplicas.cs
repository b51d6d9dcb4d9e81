using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Optimization;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>One view of a model for each worker: the same weights, gradients of their own.</summary>
public sealed class ModelReplicas : IDisposable
{
    private readonly DecoderModel[] _models;

    /// <summary>Makes <paramref name="count"/> views of <paramref name="model"/>.</summary>
    public ModelReplicas(DecoderModel model, int count)
    {
        ArgumentNullException.ThrowIfNull(model);
        _models = [.. Enumerable.Range(0, count).Select(_ => model.ShareWeights())];
    }

    /// <summary>The views, by worker.</summary>
    public IReadOnlyList<DecoderModel> Models => _models;

    /// <summary>The first view's gradients, which hold the sum once <see cref="SumGradients"/> has run; one per parameter in order.</summary>
    public IReadOnlyList<Tensor?> Gradients => GradientsOf(_models[0]);

    /// <summary>Adds the gradients of all views into the first's, in worker order.</summary>
    public IReadOnlyList<Tensor?> SumGradients()
    {
        IReadOnlyList<Tensor?> sum = Gradients;
        foreach (DecoderModel model in _models.Skip(1))
        {
            GradientSum.AddInPlace(sum, GradientsOf(model));
        }

        return sum;
    }

    /// <summary>Sets all gradients to zero, keeping their memory.</summary>
    public void ClearGradients()
    {
        using IDisposable noGradients = no_grad();
        foreach (DecoderModel model in _models)
        {
            foreach (Tensor? gradient in GradientsOf(model))
            {
                _ = gradient?.zero_();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (DecoderModel model in _models)
        {
            model.Dispose();
        }
    }

    private static List<Tensor?> GradientsOf(DecoderModel model) => [.. model.Parameters.Select(parameter => parameter.Value.grad)];
}
