using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Optimization;

/// <summary>Operators over whole lists of tensors that TorchSharp does not expose, reached through TorchScript.</summary>
internal static class TensorLists
{
    private static readonly Lazy<jit.CompilationUnit> Kernels = new(() =>
        jit.compile(
            """
            def adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], step: List[Tensor],
                      lr: float, beta1: float, beta2: float, decay: float, eps: float):
                torch._foreach_add_(step, 1)
                none: List[Tensor] = []
                torch._fused_adamw_(p, g, m, v, none, step, lr=lr, beta1=beta1, beta2=beta2,
                                    weight_decay=decay, eps=eps, amsgrad=False, maximize=False)
                return p[0]

            def scale(g: List[Tensor], factor: float):
                torch._foreach_mul_(g, factor)
                return g[0]

            def add(into: List[Tensor], other: List[Tensor]):
                torch._foreach_add_(into, other)
                return into[0]
            """ + "\n"
        )
    );

    public static void AdamW(
        Tensor[] values,
        Tensor[] gradients,
        Tensor[] first,
        Tensor[] second,
        Tensor[] steps,
        double learningRate,
        AdamWOptions options,
        double decay
    ) => Run("adamw", [values, gradients, first, second, steps], learningRate, options.Beta1, options.Beta2, decay, options.Epsilon);

    public static void Scale(Tensor[] tensors, double factor) => Run("scale", [tensors], factor);

    public static void Add(Tensor[] into, Tensor[] other) => Run("add", [into, other]);

    private static void Run(string name, Tensor[][] lists, params double[] numbers)
    {
        using IDisposable still = no_grad();

        // The function must return something; what comes back is another handle on the first tensor of the list.
        Kernels.Value.Invoke(name, lists, numbers).Dispose();
    }
}
