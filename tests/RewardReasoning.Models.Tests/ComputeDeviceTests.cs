using TorchSharp;
using Xunit;

namespace RewardReasoning.Models.Tests;

public sealed class ComputeDeviceTests
{
    [Fact]
    public void Of_Cpu_IsThere() => Assert.Equal(DeviceType.CPU, ComputeDevice.Of("cpu").type);

    [Theory]
    [InlineData("cuda")]
    [InlineData("cuda:0")]
    public void Of_Cuda_IsThereOrSaysWhatIsMissing(string name)
    {
        if (torch.cuda_is_available())
        {
            Assert.Equal(DeviceType.CUDA, ComputeDevice.Of(name).type);
        }
        else
        {
            Assert.Contains(
                $"The device is \"{name}\", but this machine or its tensor library has no CUDA",
                Assert.Throws<ArgumentException>(() => ComputeDevice.Of(name)).Message,
                StringComparison.Ordinal
            );
        }
    }

    [Theory]
    [InlineData("cuda:99")]
    [InlineData("cuda:x")]
    [InlineData("cuda:-1")]
    [InlineData("gpu")]
    [InlineData("")]
    public void Of_NoSuchDevice_IsRefusedByItsName(string name) =>
        Assert.Contains(
            $"The device is \"{name}\"",
            Assert.Throws<ArgumentException>(() => ComputeDevice.Of(name)).Message,
            StringComparison.Ordinal
        );
}
