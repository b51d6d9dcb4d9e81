using RewardReasoning.Training.Optimization;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Optimization;

public sealed class GradientTests
{
    [Fact]
    public void ClipByNorm_ThreeFourTwelve_ScalesToTheLimit()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor([3.0, 4.0]);
        Tensor b = tensor([12.0]);

        double norm = GradientClip.ClipByNorm([a, null, b], 1.3);

        Assert.Equal(13, norm, 12);
        ReferenceNumbers.AssertClose([0.3, 0.4], ReferenceNumbers.Flat(a), 1e-6, "first");
        ReferenceNumbers.AssertClose([1.2], ReferenceNumbers.Flat(b), 1e-6, "second");
    }

    [Fact]
    public void ClipByNorm_BelowTheLimit_LeavesEveryBit()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor([0.1f, -0.2f]);

        GradientClip.ClipByNorm([a], 1);

        Assert.Equal([0.1f, -0.2f], a.data<float>().ToArray());
    }

    [Fact]
    public void ClipByNorm_NotFinite_IsToldAndLeftAlone()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor([5.0, double.NaN]);

        Assert.True(double.IsNaN(GradientClip.ClipByNorm([a], 1)));
        Assert.Equal(5, a[0].item<double>());
    }

    [Fact]
    public void AddInPlace_TwoWorkers_AddsEachTensor()
    {
        using var scope = NewDisposeScope();
        Tensor a = tensor([1.0, 2.0]);
        Tensor b = tensor([3.0]);

        GradientSum.AddInPlace([a, null, b], [tensor([10.0, 20.0]), null, tensor([30.0])]);

        Assert.Equal([11.0, 22.0], ReferenceNumbers.Flat(a));
        Assert.Equal([33.0], ReferenceNumbers.Flat(b));
    }

    [Fact]
    public void AddInPlace_MissingOnOneSide_IsRefused()
    {
        using var scope = NewDisposeScope();
        Assert.Contains(
            "Gradient 0 is missing on one side only",
            Assert.Throws<ArgumentException>(() => GradientSum.AddInPlace([null], [ones(1)])).Message,
            StringComparison.Ordinal
        );
    }
}
