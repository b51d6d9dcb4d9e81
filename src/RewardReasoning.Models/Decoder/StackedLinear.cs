using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// Several projections of one input. Their weights are views into one tensor, so that inference multiplies once without a copy; with
/// gradients the views are put together for the step, so that each part gets a gradient of its own.
/// </summary>
internal sealed class StackedLinear(ParameterSet parameters, IReadOnlyList<string> projections)
{
    private readonly Tensor _weight = parameters.Stack(projections[0] + ".weight"); // [sum of outputs, in]
    private readonly Tensor? _bias = parameters.FindStack(projections[0] + ".bias"); // [sum of outputs]
    private readonly Tensor[] _weights = [.. projections.Select(name => parameters[name + ".weight"])];
    private readonly Tensor[] _biases = [.. projections.Select(name => parameters.Find(name + ".bias")).OfType<Tensor>()];

    /// <summary>[..., in] to [..., sum of outputs].</summary>
    public Tensor Apply(Tensor x) => is_grad_enabled() && _weights[0].requires_grad
        ? nn.functional.linear(x, cat(_weights, 0), _bias is null ? null : cat(_biases, 0))
        : nn.functional.linear(x, _weight, _bias);
}
