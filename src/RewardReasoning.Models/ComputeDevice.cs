using TorchSharp;

namespace RewardReasoning.Models;

/// <summary>Devices of the tensor library, by name.</summary>
internal static class ComputeDevice
{
    /// <summary>The device of a name: <c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</summary>
    /// <exception cref="ArgumentException">The name is not a device's, or this machine does not have it.</exception>
    public static torch.Device Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        int number = 0;
        bool isCuda =
            name == "cuda"
            || (name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan("cuda:".Length), out number) && number >= 0);
        if (name == "cpu")
        {
            return torch.CPU;
        }

        if (!isCuda)
        {
            throw new ArgumentException($"The device is \"{name}\"; it is cpu, cuda or cuda:N.");
        }

        if (!torch.cuda_is_available())
        {
            throw new ArgumentException(
                $"The device is \"{name}\", but this machine or its tensor library has no CUDA. Use cpu, or build with the CUDA libraries "
                    + "(docs/cuda.md)."
            );
        }

        return number < torch.cuda.device_count()
            ? new torch.Device(name)
            : throw new ArgumentException($"The device is \"{name}\", but there are {torch.cuda.device_count()} here, counted from 0.");
    }
}
