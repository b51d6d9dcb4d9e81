using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace RewardReasoning.Models.Kernels;

/// <summary>What products of 8-bit weights and 16-bit activations need of vectors of one width.</summary>
/// <typeparam name="TShorts">Vector of 16-bit numbers.</typeparam>
/// <typeparam name="TInts">Vector of 32-bit numbers, half as many.</typeparam>
internal unsafe interface IByteVectors<TShorts, TInts>
    where TShorts : struct
    where TInts : struct
{
    /// <summary>16-bit numbers in a vector.</summary>
    static abstract int Count { get; }

    /// <summary>Whether the sums of four outputs for four rows, and what is added to them, fit the processor's registers.</summary>
    static abstract bool HasManyRegisters { get; }

    static abstract TShorts LoadBytes(sbyte* from);

    static abstract TShorts Load(short* from);

    /// <summary>sum + a · b, the products of two neighbours in one place.</summary>
    static abstract TInts AddProducts(TShorts a, TShorts b, TInts sum);

    /// <summary>The sums of four vectors, as float32.</summary>
    static abstract Vector128<float> Sums(TInts a, TInts b, TInts c, TInts d);
}

/// <summary>AVX-512.</summary>
internal readonly unsafe struct Bytes512 : IByteVectors<Vector512<short>, Vector512<int>>
{
    public static int Count => Vector512<short>.Count;

    public static bool HasManyRegisters => true;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> LoadBytes(sbyte* from) => Avx512BW.ConvertToVector512Int16(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<short> Load(short* from) => Vector512.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> AddProducts(Vector512<short> a, Vector512<short> b, Vector512<int> sum) =>
        sum + Avx512BW.MultiplyAddAdjacent(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector512<int> a, Vector512<int> b, Vector512<int> c, Vector512<int> d) =>
        Vectors512.Sums(
            Vector512.ConvertToSingle(a),
            Vector512.ConvertToSingle(b),
            Vector512.ConvertToSingle(c),
            Vector512.ConvertToSingle(d)
        );
}

/// <summary>AVX2.</summary>
internal readonly unsafe struct Bytes256 : IByteVectors<Vector256<short>, Vector256<int>>
{
    public static int Count => Vector256<short>.Count;

    public static bool HasManyRegisters => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> LoadBytes(sbyte* from) => Avx2.ConvertToVector256Int16(Vector128.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<short> Load(short* from) => Vector256.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> AddProducts(Vector256<short> a, Vector256<short> b, Vector256<int> sum) =>
        sum + Avx2.MultiplyAddAdjacent(a, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector256<int> a, Vector256<int> b, Vector256<int> c, Vector256<int> d) =>
        Vectors256.Sums(
            Vector256.ConvertToSingle(a),
            Vector256.ConvertToSingle(b),
            Vector256.ConvertToSingle(c),
            Vector256.ConvertToSingle(d)
        );
}

/// <summary>Every other processor.</summary>
internal readonly unsafe struct Bytes128 : IByteVectors<Vector128<short>, Vector128<int>>
{
    public static int Count => Vector128<short>.Count;

    public static bool HasManyRegisters => false;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> LoadBytes(sbyte* from) => Vector128.WidenLower(Vector64.Load(from).ToVector128());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<short> Load(short* from) => Vector128.Load(from);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> AddProducts(Vector128<short> a, Vector128<short> b, Vector128<int> sum) =>
        Sse2.IsSupported
            ? sum + Sse2.MultiplyAddAdjacent(a, b)
            : sum + (Vector128.WidenLower(a) * Vector128.WidenLower(b)) + (Vector128.WidenUpper(a) * Vector128.WidenUpper(b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Sums(Vector128<int> a, Vector128<int> b, Vector128<int> c, Vector128<int> d) =>
        Vectors128.Sums(
            Vector128.ConvertToSingle(a),
            Vector128.ConvertToSingle(b),
            Vector128.ConvertToSingle(c),
            Vector128.ConvertToSingle(d)
        );
}
