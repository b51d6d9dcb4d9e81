using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Keys and values of prompts with their gradients, shared by the completions of each prompt.</summary>
/// <param name="layers">Layers of the model.</param>
/// <param name="each">Completions of each prompt.</param>
internal sealed class SharedPromptCache(int layers, int each) : ILayerCache
{
    private readonly (Tensor Keys, Tensor Values)?[] _kept = new (Tensor, Tensor)?[layers];

    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        if (_kept[layer] is { } prompt)
        {
            return (cat([Spread(prompt.Keys), keys], 2), cat([Spread(prompt.Values), values], 2));
        }

        // The layer's scope ends before completions are computed; the caller's does not.
        _kept[layer] = (keys.MoveToOuterDisposeScope(), values.MoveToOuterDisposeScope());
        return (keys, values);
    }

    private Tensor Spread(Tensor kept)
    {
        long[] shape = kept.shape;
        return kept.unsqueeze(1).expand([shape[0], each, .. shape[1..]]).reshape([shape[0] * each, .. shape[1..]]);
    }
}
