using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tensors;

/// <summary>
/// Arithmetic between tensors and numbers that is safe from the garbage collector. TorchSharp wraps a number in a
/// <see cref="Scalar"/> that frees its memory in a finalizer, and keeps no reference to it during the native call: a collection in
/// that moment frees the number while torch reads it. Here every number is held until the call has returned. A test keeps TorchSharp's own
/// forms (<c>x * 2</c>, <c>x + y</c>, <c>x.square()</c>, …) out of the product.
/// </summary>
internal static class TensorArithmetic
{
    private static readonly Scalar Zero = 0L;
    private static readonly Scalar One = 1L;

    /// <summary>x + y.</summary>
    public static Tensor Plus(this Tensor x, Tensor y) => Of(x).add(y, One);

    /// <summary>x + number.</summary>
    public static Tensor Plus(this Tensor x, double number) => With(x, number, static (x, held) => x.add(held, One));

    /// <summary>x + number; integers stay integers.</summary>
    public static Tensor Plus(this Tensor x, long number) => With(x, number, static (x, held) => x.add(held, One));

    /// <summary>x − number.</summary>
    public static Tensor Minus(this Tensor x, double number) => With(x, number, static (x, held) => x.sub(held));

    /// <summary>x − number; integers stay integers.</summary>
    public static Tensor Minus(this Tensor x, long number) => With(x, number, static (x, held) => x.sub(held));

    /// <summary>number · x.</summary>
    public static Tensor Times(this Tensor x, double number) => With(x, number, static (x, held) => x.mul(held));

    /// <summary>x / number.</summary>
    public static Tensor Over(this Tensor x, double number) => With(x, number, static (x, held) => x.div(held));

    /// <summary>x², the product of x with itself.</summary>
    public static Tensor Squared(this Tensor x) => Of(x).mul(x);

    /// <summary>1 − x.</summary>
    public static Tensor Complement(this Tensor x)
    {
        using Tensor negated = Of(x).neg();
        return negated.add(One, One);
    }

    /// <summary>x + a · b, element by element, without the product as a tensor of its own.</summary>
    public static Tensor PlusProduct(this Tensor x, Tensor a, Tensor b) => Of(x).addcmul(a, b, One);

    /// <summary>Adds y to x in place.</summary>
    public static void Add(this Tensor x, Tensor y) => Of(x).add_(y, One);

    /// <summary>max(x, bound).</summary>
    public static Tensor AtLeast(this Tensor x, double bound) => With(x, bound, static (x, held) => x.clamp_min(held));

    /// <summary>max(x, bound); integers stay integers.</summary>
    public static Tensor AtLeast(this Tensor x, long bound) => With(x, bound, static (x, held) => x.clamp_min(held));

    /// <summary>min(x, bound).</summary>
    public static Tensor AtMost(this Tensor x, double bound) => With(x, bound, static (x, held) => x.clamp_max(held));

    /// <summary>min(max(x, low), high).</summary>
    public static Tensor Between(this Tensor x, double low, double high)
    {
        using Scalar heldLow = low;
        using Scalar heldHigh = high;
        return Of(x).clamp(heldLow, heldHigh);
    }

    /// <summary>x with a number where the mask (bool, of x's shape or one that spreads to it) is true.</summary>
    public static Tensor Filled(this Tensor x, Tensor mask, double number)
    {
        using Scalar held = number;
        return Of(x).masked_fill(mask, held);
    }

    /// <summary>x ≠ 0, bool.</summary>
    public static Tensor IsNotZero(this Tensor x) => Of(x).ne(Zero);

    /// <summary>x &lt; 0, bool.</summary>
    public static Tensor IsNegative(this Tensor x) => Of(x).lt(Zero);

    /// <summary>x &gt; 0, bool.</summary>
    public static Tensor IsPositive(this Tensor x) => Of(x).gt(Zero);

    /// <summary>x &lt; bound, bool.</summary>
    public static Tensor IsBelow(this Tensor x, double bound) => With(x, bound, static (x, held) => x.lt(held));

    /// <summary>x &gt; bound, bool.</summary>
    public static Tensor IsAbove(this Tensor x, double bound) => With(x, bound, static (x, held) => x.gt(held));

    /// <summary>0, 1, …, length − 1, of shape [length].</summary>
    public static Tensor Counting(long length, ScalarType type, Device device)
    {
        using Scalar held = length;
        return arange(Zero, held, One, dtype: type, device: device);
    }

    /// <summary>Calls a TorchScript function of lists of tensors, then numbers.</summary>
    public static Tensor Invoke(
        this jit.CompilationUnit unit,
        string function,
        IReadOnlyList<Tensor[]> lists,
        IReadOnlyList<double> numbers
    )
    {
        ArgumentNullException.ThrowIfNull(unit);
        ArgumentNullException.ThrowIfNull(numbers);
        List<Scalar> held = [];
        try
        {
            foreach (double number in numbers)
            {
                held.Add(number);
            }

            return (Tensor)unit.invoke(function, [.. lists, .. held]);
        }
        finally
        {
            held.ForEach(scalar => scalar.Dispose());
        }
    }

    /// <summary>The number is freed when the call has returned, and not before.</summary>
    private static Tensor With(Tensor x, Scalar number, Func<Tensor, Scalar, Tensor> compute)
    {
        using Scalar held = number;
        return compute(Of(x), held);
    }

    private static Tensor Of(Tensor x)
    {
        ArgumentNullException.ThrowIfNull(x);
        return x;
    }
}
