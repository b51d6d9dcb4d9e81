namespace RewardReasoning.Models.Decoder;

/// <summary>What a parameter is, as far as its first value goes.</summary>
internal enum ParameterRole
{
    Embedding,
    Matrix,

    /// <summary>A matrix that writes into the residual stream.</summary>
    OutputMatrix,
    Norm,
    Bias,

    /// <summary>The row that turns a hidden state into a score.</summary>
    Score,
}

/// <summary>One parameter under its Hugging Face name.</summary>
/// <param name="Name">For example <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
/// <param name="Shape">Matrices are [out, in].</param>
/// <param name="Role">Decides the first value.</param>
/// <param name="Stack">Parameters with the same stack are rows of one tensor; null: a tensor of its own.</param>
internal sealed record ParameterSpecification(string Name, long[] Shape, ParameterRole Role, string? Stack = null)
{
    public const string EmbeddingWeight = "model.embed_tokens.weight";
    public const string HeadWeight = "lm_head.weight";

    /// <summary>The head of a model that scores.</summary>
    public const string ScoreWeight = "score.weight";

    /// <summary>All parameters of a model, in the order of transformers' <c>named_parameters</c>.</summary>
    public static IReadOnlyList<ParameterSpecification> Of(DecoderConfig config)
    {
        long[] vocabularyByHidden = [config.VocabularySize, config.HiddenSize];
        List<ParameterSpecification> all = [new(EmbeddingWeight, vocabularyByHidden, ParameterRole.Embedding)];
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            AddLayer(all, config, DecoderLayer.Prefix(layer));
        }

        all.Add(new("model.norm.weight", [config.HiddenSize], ParameterRole.Norm));
        if (config.ScalarHead)
        {
            all.Add(new(ScoreWeight, [1, config.HiddenSize], ParameterRole.Score));
        }
        else if (!config.TieWordEmbeddings)
        {
            all.Add(new(HeadWeight, vocabularyByHidden, ParameterRole.Matrix));
        }

        return all;
    }

    private static void AddLayer(List<ParameterSpecification> all, DecoderConfig config, string prefix)
    {
        long hidden = config.HiddenSize,
            dimension = config.HeadDimension;
        long queries = config.HeadCount * dimension,
            keys = config.KeyValueHeadCount * dimension;
        foreach ((string name, long outputs) in new[] { ("q_proj", queries), ("k_proj", keys), ("v_proj", keys) })
        {
            all.Add(new($"{prefix}self_attn.{name}.weight", [outputs, hidden], ParameterRole.Matrix, prefix + "qkv.weight"));
            if (config.QkvBias)
            {
                all.Add(new($"{prefix}self_attn.{name}.bias", [outputs], ParameterRole.Bias, prefix + "qkv.bias"));
            }
        }

        all.Add(new(prefix + "self_attn.o_proj.weight", [hidden, queries], ParameterRole.OutputMatrix));
        if (config.OutputBias)
        {
            all.Add(new(prefix + "self_attn.o_proj.bias", [hidden], ParameterRole.Bias));
        }

        if (config.QkNorm)
        {
            all.Add(new(prefix + "self_attn.q_norm.weight", [config.HeadDimension], ParameterRole.Norm));
            all.Add(new(prefix + "self_attn.k_norm.weight", [config.HeadDimension], ParameterRole.Norm));
        }

        all.Add(new(prefix + "mlp.gate_proj.weight", [config.IntermediateSize, hidden], ParameterRole.Matrix, prefix + "mlp.weight"));
        all.Add(new(prefix + "mlp.up_proj.weight", [config.IntermediateSize, hidden], ParameterRole.Matrix, prefix + "mlp.weight"));
        all.Add(new(prefix + "mlp.down_proj.weight", [hidden, config.IntermediateSize], ParameterRole.OutputMatrix));
        all.Add(new(prefix + "input_layernorm.weight", [hidden], ParameterRole.Norm));
        all.Add(new(prefix + "post_attention_layernorm.weight", [hidden], ParameterRole.Norm));
    }
}
