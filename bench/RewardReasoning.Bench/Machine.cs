namespace RewardReasoning.Bench;

/// <summary>What the figures of a run were measured on: printed by every benchmark, because no two machines are alike.</summary>
internal static class Machine
{
    public static Task<int> RunAsync(string[] args)
    {
        Print();
        return Task.FromResult(0);
    }

    public static void Print()
    {
        string[] lines = File.Exists("/proc/cpuinfo") ? File.ReadAllLines("/proc/cpuinfo") : [];
        string model =
            Array.Find(lines, line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            ?? "unknown processor";
        bool bfloat16 = Array.Exists(
            lines,
            line => line.StartsWith("flags", StringComparison.Ordinal) && line.Contains("bf16", StringComparison.Ordinal)
        );
        Console.WriteLine(
            $"{model}, {Environment.ProcessorCount} cores, {(bfloat16 ? "with" : "without")} bf16 units; {Environment.OSVersion.VersionString}; .NET {Environment.Version}"
        );
    }
}
