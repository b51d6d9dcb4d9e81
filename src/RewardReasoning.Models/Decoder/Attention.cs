using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Causal self-attention with grouped key and value heads: query heads g*G..g*G+G-1 share key and value head g.</summary>
internal sealed class Attention
{
    private readonly long _heads;
    private readonly long _keyValueHeads;
    private readonly long _dimension;
    private readonly int _layer;
    private readonly StackedLinear _qkv;
    private readonly Linear _output;
    private readonly RmsNorm? _queryNorm;
    private readonly RmsNorm? _keyNorm;

    public Attention(DecoderConfig config, ParameterSet parameters, int layer)
    {
        string prefix = DecoderLayer.Prefix(layer) + "self_attn.";
        (_heads, _keyValueHeads, _dimension, _layer) = (config.HeadCount, config.KeyValueHeadCount, config.HeadDimension, layer);
        _qkv = new StackedLinear(parameters, [prefix + "q_proj", prefix + "k_proj", prefix + "v_proj"]);
        _output = Linear.Of(parameters, prefix + "o_proj");
        if (config.QkNorm)
        {
            _queryNorm = new RmsNorm(parameters[prefix + "q_norm.weight"], config.RmsNormEpsilon);
            _keyNorm = new RmsNorm(parameters[prefix + "k_norm.weight"], config.RmsNormEpsilon);
        }
    }

    /// <summary>[B, T, H] to [B, T, H], or to [B, 1, H] where the last token alone is wanted.</summary>
    public Tensor Apply(Tensor x, ForwardContext context)
    {
        Tensor[] parts = _qkv.Apply(x, context.ProductType);
        Tensor mixed = Mix(parts, context);
        return _output.Apply(mixed.reshape(x.shape[0], -1, _heads * _dimension), context.ProductType);
    }

    /// <summary>[B, T, heads, D].</summary>
    private Tensor Mix(Tensor[] parts, ForwardContext context)
    {
        long length = context.LastOnly ? 1 : parts[0].shape[1];
        Tensor query = Heads(Last(parts[0], length)); // [B, T, heads, D]
        query = Place(query, _queryNorm, Last(context.Cosine, length), Last(context.SignedSine, length));
        Tensor key = Place(Heads(parts[1]), _keyNorm, context.Cosine, context.SignedSine).transpose(1, 2); // [B, kv heads, T, D]
        Tensor value = Heads(parts[2]).transpose(1, 2);
        if (context.Cache is { } cache)
        {
            (key, value) = cache.Append(_layer, key, value); // [B, kv heads, keys, D]
        }

        return length == 1
            ? OneToken(query, key, value, context.Mask is { } mask ? mask.narrow(2, mask.shape[2] - 1, 1) : null)
            : ManyTokens(query, key, value, context.Mask);
    }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], -1, _dimension); // [B, T, heads, D]

    private static Tensor Last(Tensor x, long length) => x.shape[1] == length ? x : x.narrow(1, x.shape[1] - length, length);

    private static Tensor Place(Tensor heads, RmsNorm? norm, Tensor cosine, Tensor signedSine) =>
        RotaryEmbedding.Rotate(norm is null ? heads : norm.Apply(heads), cosine, signedSine);

    /// <summary>
    /// One query per row: the heads of a group become the queries of their key head, so that keys and values are not repeated.
    /// </summary>
    private Tensor OneToken(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        long batch = query.shape[0],
            group = _heads / _keyValueHeads,
            keys = key.shape[2];
        if (mask is null || query.dtype != ScalarType.Float32)
        {
            return nn.functional.scaled_dot_product_attention(query.reshape(batch, _keyValueHeads, group, _dimension), key, value, mask);
        }

        // The fused kernel takes more than twice as long with a mask as without; plain products do not.
        Tensor scaled = query.Times(1 / Math.Sqrt(_dimension)).reshape(batch * _keyValueHeads, group, _dimension);
        Tensor scores = scaled.bmm(key.reshape(batch * _keyValueHeads, keys, _dimension).transpose(1, 2)); // [B * kv heads, group, keys]
        Tensor shares = scores.view(batch, _keyValueHeads, group, keys).Plus(mask).softmax(-1).view(batch * _keyValueHeads, group, keys);
        return shares.bmm(value.reshape(batch * _keyValueHeads, keys, _dimension));
    }

    private Tensor ManyTokens(Tensor query, Tensor key, Tensor value, Tensor? mask) =>
        nn
            .functional.scaled_dot_product_attention(
                query.transpose(1, 2),
                RepeatHeads(key),
                RepeatHeads(value),
                mask,
                0,
                is_casual: mask is null
            )
            .transpose(1, 2);

    private Tensor RepeatHeads(Tensor heads)
    {
        if (_heads == _keyValueHeads)
        {
            return heads;
        }

        long batch = heads.shape[0],
            keys = heads.shape[2];
        Tensor repeated = heads.unsqueeze(2).expand(batch, _keyValueHeads, _heads / _keyValueHeads, keys, _dimension);
        return repeated.reshape(batch, _heads, keys, _dimension);
    }
}
