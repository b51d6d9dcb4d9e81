using System.Diagnostics;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Models.Tests.Checkpoints;

/// <summary>
/// SmolLM2-135M-Instruct with its weights unpacked, once for all test runs, into the system's folder for temporary files.
/// </summary>
public static class SmolLm2Folder
{
    private const long UnpackedBytes = 269_060_552;

    public static string Get()
    {
        if (!SharedFolder.TryFind("models/smollm2-135m-instruct", out string source, out string reason))
        {
            Assert.Skip(reason);
        }

        string folder = Path.Combine(Path.GetTempPath(), "rrm-test-smollm2-135m-instruct"),
            weights = Path.Combine(folder, "model.safetensors");
        if (!File.Exists(weights) || new FileInfo(weights).Length != UnpackedBytes)
        {
            Directory.CreateDirectory(folder);
            string aside = weights + "." + Environment.ProcessId;
            if (!TryUnpack(Path.Combine(source, "model.safetensors.xz"), aside))
            {
                Assert.Skip("There is no xz on the path to unpack the weights of SmolLM2 with.");
            }

            File.Move(aside, weights, overwrite: true);
        }

        foreach (string file in Directory.EnumerateFiles(source, "*.json"))
        {
            File.WriteAllBytes(Path.Combine(folder, Path.GetFileName(file)), File.ReadAllBytes(file));
        }

        return folder;
    }

    private static bool TryUnpack(string packed, string path)
    {
        try
        {
            using Process xz =
                Process.Start(new ProcessStartInfo("xz", ["-dkc", packed]) { RedirectStandardOutput = true })
                ?? throw new InvalidOperationException("xz did not start");
            using (FileStream stream = File.Create(path))
            {
                xz.StandardOutput.BaseStream.CopyTo(stream);
            }

            xz.WaitForExit();
            Assert.Equal(0, xz.ExitCode);
            return true;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
