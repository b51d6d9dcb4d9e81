using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>Type in which matrix products are computed during training.</summary>
public enum MatrixProducts
{
    /// <summary>As the weights.</summary>
    Full,

    /// <summary>Rounded to bfloat16, summed in float32.</summary>
    Bfloat16,
}

/// <summary>The tensor type of a setting.</summary>
internal static class MatrixProductTypes
{
    public static ScalarType ToScalarType(this MatrixProducts products) =>
        products == MatrixProducts.Bfloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
}
