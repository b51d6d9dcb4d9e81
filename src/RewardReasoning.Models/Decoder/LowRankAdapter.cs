using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>What an adapter adds to the output of its layer: scale · B A x.</summary>
/// <param name="down">A, [rank, in].</param>
/// <param name="up">B, [out, rank].</param>
/// <param name="scale">alpha / rank.</param>
internal sealed class LowRankAdapter(Tensor down, Tensor up, double scale)
{
    public const string DownSuffix = AdapterWeights.DownSuffix;
    public const string UpSuffix = AdapterWeights.UpSuffix;

    /// <summary>A, [rank, in].</summary>
    public Tensor Down => down;

    /// <summary>B, [out, rank].</summary>
    public Tensor Up => up;

    /// <summary>alpha / rank.</summary>
    public double Scale => scale;

    /// <summary>The layers of a decoder that adapters are put on, as PEFT names them.</summary>
    public static readonly IReadOnlyList<string> Targets = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    /// <summary>The adapter of a layer; null where the model has none.</summary>
    public static LowRankAdapter? Find(ParameterSet parameters, string layer) =>
        parameters.Find(layer + DownSuffix) is { } down && parameters.Find(layer + UpSuffix) is { } up
            ? new(down, up, parameters.AdapterScale)
            : null;

    /// <summary>An output [..., out] of the layer for x [..., in], with the adapter's part added.</summary>
    public Tensor AddTo(Tensor output, Tensor x, ScalarType productType)
    {
        Tensor narrow = nn.functional.linear(x.to(productType), down.to(productType)).Times(scale); // [..., rank]
        return output.dtype == productType
            ? output.reshape(-1, up.shape[0]).addmm(narrow.reshape(-1, up.shape[1]), up.to(productType).t()).view(output.shape)
            : output.Plus(nn.functional.linear(narrow, up.to(productType)).to(output.dtype));
    }

    /// <summary>scale · B A, [out, in].</summary>
    public Tensor Product() => up.mm(down).Times(scale);
}
