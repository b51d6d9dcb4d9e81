using RewardReasoning.IO;
using RewardReasoning.Storage;

namespace RewardReasoning.Server;

/// <summary>
/// The file in which a server keeps its groups, jobs and judgments, or memory in its place. One server at a time has a file: two would
/// judge each other's groups. The operating system takes the lock back when a process ends, however it ends.
/// </summary>
internal sealed class StateFile : IDisposable
{
    private const string Part = ".serve";

    private readonly FileLock? _lock;

    private StateFile(SqliteTables tables, FileLock? held) => (Tables, _lock) = (tables, held);

    /// <summary>The tables; in memory where there is no file.</summary>
    public SqliteTables Tables { get; }

    /// <summary>Opens it.</summary>
    /// <param name="named">The file that the caller named; null for none.</param>
    /// <param name="store">The file of the SQLite store, which is used where none was named; null for none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="warn">Receives a line where the store's file is another server's.</param>
    /// <exception cref="RewardReasoningException">The named file is another server's, or a file cannot be used.</exception>
    public static StateFile Open(string? named, string? store, TimeProvider time, Action<string>? warn)
    {
        if ((named ?? store) is not { } path)
        {
            return new(SqliteTables.Open(null), null);
        }

        FileLock held;
        try
        {
            held = FileLock.Take(path + Part, time);
        }
        catch (FileInUseException) when (named is null)
        {
            warn?.Invoke(
                $"another server keeps its groups, jobs and judgments in {path}; this one keeps its own in memory, until it ends. "
                    + "Name a file for them with --state to keep them."
            );
            return new(SqliteTables.Open(null), null);
        }

        try
        {
            return new(SqliteTables.Open(path), held);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Tables.Dispose();
        _lock?.Dispose();
    }
}
