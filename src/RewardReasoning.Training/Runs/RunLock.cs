using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Runs;

/// <summary>An exclusive lock on a run's folder. The system releases it when the process ends, however it ends.</summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file that is locked. No other process can read it meanwhile, so <see cref="OwnerName"/> names the holder.</summary>
    public const string FileName = "run.lock";

    /// <summary>The file that names the process which holds the lock, or held it last.</summary>
    public const string OwnerName = "run.owner";

    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Locks a folder, which is made where it does not exist.</summary>
    /// <exception cref="RewardReasoningException">Another run holds it; the message names that process.</exception>
    public static RunLock Take(string folder, TimeProvider clock)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, FileName);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error)
        {
            throw new RecipeException(
                $"{folder} is in use by another run ({Holder(folder)}). Wait for it to end, or give this run another out folder.",
                error
            );
        }

        File.WriteAllText(
            Path.Combine(folder, OwnerName),
            FormattableString.Invariant($"process {Environment.ProcessId} on {Environment.MachineName}, since {clock.GetUtcNow():u}")
        );
        return new RunLock(file);
    }

    public void Dispose() => _file.Dispose();

    private static string Holder(string folder)
    {
        string path = Path.Combine(folder, OwnerName);
        return File.Exists(path) ? File.ReadAllText(path) : "it is just starting";
    }
}
