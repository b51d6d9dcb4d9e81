using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tensors;
using RewardReasoning.Training.Optimization;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// One view of a model for each worker: the same weights, float32 gradients of their own. Every trained weight has a gradient from the
/// start, zeros at first, so that a step in which a worker has nothing to do is a step like any other, also right after a resume.
/// </summary>
internal sealed class ModelReplicas : IDisposable
{
    private readonly DecoderModel[] _models;
    private readonly Tensor[][] _sums; // by worker and trained weight

    /// <summary>Makes <paramref name="count"/> views of <paramref name="model"/>.</summary>
    public ModelReplicas(DecoderModel model, int count)
    {
        ArgumentNullException.ThrowIfNull(model);
        _models = [.. Enumerable.Range(0, count).Select(_ => model.ShareWeights())];
        _sums = [.. _models.Select(view => view.Trainable.Select(entry => Zeros(entry.Value)).ToArray())];
    }

    /// <summary>The views, by worker.</summary>
    public IReadOnlyList<DecoderModel> Models => _models;

    /// <summary>Moves what a backward pass left on a worker's view into the worker's sum; call it on that worker's thread.</summary>
    public void Collect(int worker)
    {
        IReadOnlyList<(string Name, Tensor Value)> trained = _models[worker].Trainable;
        using IDisposable noGradients = no_grad();
        using DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < trained.Count; i++)
        {
            if (trained[i].Value.grad is { } gradient && gradient.dtype != ScalarType.Float32)
            {
                _sums[worker][i].Add(gradient.to(ScalarType.Float32));
                _ = gradient.zero_();
            }
        }
    }

    /// <summary>Adds the sums of all workers into the first's, in worker order; one tensor per trained weight.</summary>
    public IReadOnlyList<Tensor?> SumGradients()
    {
        foreach (Tensor[] other in _sums.Skip(1))
        {
            GradientSum.AddInPlace(_sums[0], other);
        }

        return _sums[0];
    }

    /// <summary>Sets all sums to zero, keeping their memory.</summary>
    public void ClearGradients()
    {
        using IDisposable noGradients = no_grad();
        foreach (Tensor sum in _sums.SelectMany(sums => sums))
        {
            _ = sum.zero_();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Tensor sum in _sums.SelectMany(sums => sums))
        {
            sum.Dispose();
        }

        foreach (DecoderModel model in _models)
        {
            model.Dispose();
        }
    }

    /// <summary>Float32 weights collect their gradients in the sum itself.</summary>
    private static Tensor Zeros(Tensor weight)
    {
        Tensor sum = zeros_like(weight, dtype: ScalarType.Float32).DetachFromDisposeScope();
        if (weight.dtype == ScalarType.Float32)
        {
            weight.grad = sum;
        }

        return sum;
    }
}
