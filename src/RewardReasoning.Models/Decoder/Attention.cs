using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Causal self-attention with grouped key and value heads: query heads g*G..g*G+G-1 look through key and value head g.</summary>
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
        _output = new Linear(parameters[prefix + "o_proj.weight"], parameters.Find(prefix + "o_proj.bias"));
        if (config.QkNorm)
        {
            _queryNorm = new RmsNorm(parameters[prefix + "q_norm.weight"], config.RmsNormEpsilon);
            _keyNorm = new RmsNorm(parameters[prefix + "k_norm.weight"], config.RmsNormEpsilon);
        }
    }

    /// <summary>[B, T, H] to [B, T, H].</summary>
    public Tensor Apply(Tensor x, ForwardContext context)
    {
        long batch = x.shape[0], length = x.shape[1];
        Tensor[] parts = _qkv.Apply(x, context.ProductType);
        Tensor query = Place(Heads(parts[0]), _queryNorm, context); // [B, T, heads, D]
        Tensor key = Place(Heads(parts[1]), _keyNorm, context).transpose(1, 2); // [B, kv heads, T, D]
        Tensor value = Heads(parts[2]).transpose(1, 2);
        if (context.Cache is { } cache)
        {
            (key, value) = cache.Append(_layer, key, value); // [B, kv heads, keys, D]
        }

        Tensor mixed = length == 1
            ? OneToken(query, key, value, context.Mask)
            : ManyTokens(query, key, value, context.Mask); // [B, T, heads, D]
        return _output.Apply(mixed.reshape(batch, length, _heads * _dimension), context.ProductType);
    }

    private Tensor Heads(Tensor x) => x.view(x.shape[0], x.shape[1], -1, _dimension); // [B, T, heads, D]

    private static Tensor Place(Tensor heads, RmsNorm? norm, ForwardContext context) =>
        RotaryEmbedding.Rotate(norm is null ? heads : norm.Apply(heads), context.Cosine, context.SignedSine);

    /// <summary>
    /// One query per row: the heads of a group become the queries of their key head, so that keys and values are not repeated.
    /// </summary>
    private Tensor OneToken(Tensor query, Tensor key, Tensor value, Tensor? mask)
    {
        Tensor grouped = query.reshape(query.shape[0], _keyValueHeads, _heads / _keyValueHeads, _dimension);
        return nn.functional.scaled_dot_product_attention(grouped, key, value, mask);
    }

    private Tensor ManyTokens(Tensor query, Tensor key, Tensor value, Tensor? mask) =>
        nn.functional.scaled_dot_product_attention(
            query.transpose(1, 2), RepeatHeads(key), RepeatHeads(value), mask, 0, is_casual: mask is null).transpose(1, 2);

    private Tensor RepeatHeads(Tensor heads)
    {
        if (_heads == _keyValueHeads)
        {
            return heads;
        }

        long batch = heads.shape[0], keys = heads.shape[2];
        Tensor repeated = heads.unsqueeze(2).expand(batch, _keyValueHeads, _heads / _keyValueHeads, keys, _dimension);
        return repeated.reshape(batch, _heads, keys, _dimension);
    }
}
