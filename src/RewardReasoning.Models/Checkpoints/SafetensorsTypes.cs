using TorchSharp;

namespace RewardReasoning.Models.Checkpoints;

/// <summary>The element types that safetensors and TorchSharp share, with the format's spelling.</summary>
internal static class SafetensorsTypes
{
    private static readonly (string Spelling, torch.ScalarType Type, int Size)[] Known =
    [
        ("F64", torch.ScalarType.Float64, 8),
        ("F32", torch.ScalarType.Float32, 4),
        ("F16", torch.ScalarType.Float16, 2),
        ("BF16", torch.ScalarType.BFloat16, 2),
        ("I64", torch.ScalarType.Int64, 8),
        ("I32", torch.ScalarType.Int32, 4),
        ("I16", torch.ScalarType.Int16, 2),
        ("I8", torch.ScalarType.Int8, 1),
        ("U8", torch.ScalarType.Byte, 1),
        ("BOOL", torch.ScalarType.Bool, 1),
    ];

    public static string AllSpellings => string.Join(", ", Known.Select(known => known.Spelling));

    public static bool TryParse(string? spelling, out torch.ScalarType type)
    {
        int at = Array.FindIndex(Known, known => known.Spelling == spelling);
        type = at < 0 ? default : Known[at].Type;
        return at >= 0;
    }

    public static string Spelling(torch.ScalarType type) => Find(type).Spelling;

    public static int Size(torch.ScalarType type) => Find(type).Size;

    private static (string Spelling, torch.ScalarType Type, int Size) Find(torch.ScalarType type)
    {
        int at = Array.FindIndex(Known, known => known.Type == type);
        return at >= 0
            ? Known[at]
            : throw new ArgumentException($"Tensors of type {type} cannot be stored; safetensors files hold {AllSpellings}.", nameof(type));
    }
}
