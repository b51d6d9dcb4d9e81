using Mono.Cecil;
using RewardReasoning.Models.Tensors;
using RewardReasoning.Training.Grpo;
using TorchSharp;
using Xunit;

namespace RewardReasoning.Training.Tests;

/// <summary>
/// TorchSharp frees a <see cref="Scalar"/> in its finalizer and does not hold it during the native call, so a number made inside an
/// operator may be freed while torch reads it. This reads the compiled product: whatever it calls of TorchSharp may make no Scalar of its
/// own.
/// </summary>
public sealed class HeldNumbersTests
{
    private static readonly string Folder = Path.GetDirectoryName(typeof(torch).Assembly.Location) ?? AppContext.BaseDirectory;

    [Theory]
    [InlineData("RewardReasoning.Models.dll")]
    [InlineData("RewardReasoning.Training.dll")]
    public void Product_NumbersGivenToTorch_AreHeldDuringTheCall(string product)
    {
        using DefaultAssemblyResolver resolver = new();
        resolver.AddSearchDirectory(Folder);
        HashSet<string> unsafeMethods = MethodsThatMakeScalars(Read("TorchSharp.dll", resolver));

        string[] places =
        [
            .. from type in Read(product, resolver).GetTypes()
            from method in type.Methods
            from called in Calls(method)
            where unsafeMethods.Contains(called) && !(type.FullName == typeof(TensorArithmetic).FullName && MayHold(called))
            select $"{type.FullName}.{method.Name} calls {called}",
        ];

        Assert.True(unsafeMethods.Count > 100, $"Only {unsafeMethods.Count} methods of TorchSharp make a Scalar: is the test blind?");
        Assert.True(places.Length == 0, $"Use {nameof(TensorArithmetic)}, which holds the number:\n{string.Join('\n', places)}");
    }

    [Fact]
    public void MethodsThatMakeScalars_ByThemselvesAndThroughOthers_AreFound()
    {
        using DefaultAssemblyResolver resolver = new();
        resolver.AddSearchDirectory(Folder);
        HashSet<string> found = MethodsThatMakeScalars(Read("TorchSharp.dll", resolver));

        Assert.Contains(
            found,
            name => name.EndsWith("Tensor::op_Multiply(TorchSharp.torch/Tensor,System.Double)", StringComparison.Ordinal)
        );
        Assert.Contains(
            found,
            name => name.EndsWith("Tensor::op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)", StringComparison.Ordinal)
        );
        Assert.Contains(found, name => name.EndsWith("Tensor::square()", StringComparison.Ordinal));
        Assert.DoesNotContain(found, name => name.EndsWith("Tensor::mul(TorchSharp.torch/Tensor)", StringComparison.Ordinal));
    }

    /// <summary>
    /// Making a Scalar that has a name, and TorchScript, which makes none of what is one: only <see cref="TensorArithmetic"/> may.
    /// </summary>
    private static bool MayHold(string method) =>
        method.Contains(typeof(Scalar).FullName + "::op_Implicit", StringComparison.Ordinal)
        || method.Contains("CompilationUnit::invoke(", StringComparison.Ordinal);

    private static ModuleDefinition Read(string file, DefaultAssemblyResolver resolver)
    {
        string path = Path.Combine(
            file == "TorchSharp.dll" ? Folder : Path.GetDirectoryName(typeof(GrpoLoss).Assembly.Location) ?? Folder,
            file
        );
        return ModuleDefinition.ReadModule(path, new ReaderParameters { AssemblyResolver = resolver });
    }

    private static HashSet<string> MethodsThatMakeScalars(ModuleDefinition torchSharp)
    {
        string constructor = typeof(Scalar).FullName + "::.ctor";
        Dictionary<string, string[]> calls = torchSharp
            .GetTypes()
            .SelectMany(type => type.Methods)
            .GroupBy(method => method.FullName)
            .ToDictionary(group => group.Key, group => group.SelectMany(Calls).ToArray());
        HashSet<string> found =
        [
            .. calls
                .Where(item => item.Value.Any(called => called.Contains(constructor, StringComparison.Ordinal)))
                .Select(item => item.Key),
        ];
        int before;
        do
        {
            before = found.Count;
            found.UnionWith(calls.Where(item => item.Value.Any(found.Contains)).Select(item => item.Key).ToArray());
        } while (found.Count > before);
        return found;
    }

    private static IEnumerable<string> Calls(MethodDefinition method) =>
        method.HasBody
            ? method
                .Body.Instructions.Select(instruction => instruction.Operand)
                .OfType<MethodReference>()
                .Select(reference =>
                    reference.DeclaringType.FullName.StartsWith("TorchSharp", StringComparison.Ordinal)
                        ? reference.Resolve()?.FullName ?? reference.FullName
                        : reference.FullName
                )
            : [];
}
