using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Several projections of one input. Their weights are views into one tensor, so that inference multiplies once without a copy; with
/// gradients each part multiplies by itself, for putting outputs and gradients together costs more than one product saves.
/// </summary>
internal sealed class StackedLinear(ParameterSet parameters, IReadOnlyList<string> projections)
{
    private readonly Linear _whole = new(parameters.Stack(projections[0] + ".weight"), parameters.FindStack(projections[0] + ".bias"));
    private readonly Linear[] _parts = [.. projections.Select(name => Linear.Of(parameters, name))];
    private readonly long[] _outputs = [.. projections.Select(name => parameters[name + ".weight"].shape[0])];

    /// <summary>[..., in] to one [..., out] per projection.</summary>
    public Tensor[] Apply(Tensor x, ScalarType productType) =>
        _parts[0].CollectsGradients
            ? [.. _parts.Select(part => part.Apply(x, productType))]
            : [.. _whole.Apply(x, productType).split(_outputs, -1).Select((output, part) => _parts[part].Adapt(output, x, productType))];
}
