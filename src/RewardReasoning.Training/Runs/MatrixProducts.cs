using System.ComponentModel.DataAnnotations;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>Type in which matrix products are computed during training.</summary>
internal enum MatrixProducts
{
    /// <summary>As the weights.</summary>
    [Display(ShortName = "float32")]
    Full,

    /// <summary>Rounded to bfloat16, summed in float32.</summary>
    [Display(ShortName = "bf16")]
    Bfloat16,
}

/// <summary>The tensor type of a setting.</summary>
internal static class MatrixProductTypes
{
    public static ScalarType ToScalarType(this MatrixProducts products) =>
        products == MatrixProducts.Bfloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
}
