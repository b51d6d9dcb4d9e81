namespace RewardReasoning.Bench;

/// <summary>Options of a benchmark: a name and its value.</summary>
internal static class Arguments
{
    public static string? ValueOf(string[] args, string name) =>
        Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;
}
