using RewardReasoning.IO;
using RewardReasoning.Storage.Jobs;
using RewardReasoning.Storage.Judgments;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Storage.State;

/// <summary>
/// The state of one server in an SQLite file, which may be that of a store of completions, or in memory. The operating system takes the
/// file's lock back when a process ends, however it ends.
/// </summary>
internal sealed class SqliteState : ServerState
{
    private const string Part = ".serve";
    private const int MostInMemory = 2_000;
    private const long MostBytesInMemory = 64 << 20;

    private readonly SqliteTables _tables;
    private readonly FileLock? _lock;

    private SqliteState(SqliteTables tables, FileLock? held)
    {
        (_tables, _lock) = (tables, held);
        Rewards = tables.IsDurable ? new SqliteRewardLedger(tables) : new MemoryRewardLedger();
        Judgments = tables.IsDurable ? new SqliteJudgmentLog(tables, MostRecorded) : new MemoryJudgmentLog(MostInMemory, MostBytesInMemory);
        Jobs = new SqliteJobStore(tables);
    }

    /// <inheritdoc/>
    public override IRewardLedger Rewards { get; }

    /// <inheritdoc/>
    public override IJudgmentLog Judgments { get; }

    /// <inheritdoc/>
    public override IJobStore Jobs { get; }

    /// <summary>In memory, until the process ends.</summary>
    public static SqliteState InMemory() => new(SqliteTables.Open(null), null);

    /// <summary>Opens a file, which is made if there is none.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mustHave">Whether it is an error that another server has it.</param>
    /// <param name="time">The clock.</param>
    /// <returns>The state; null where another server has the file.</returns>
    /// <exception cref="RewardReasoningException">The file is another server's, or cannot be used.</exception>
    public static SqliteState? Open(string path, bool mustHave, TimeProvider time)
    {
        FileLock held;
        try
        {
            held = FileLock.Take(path + Part, time);
        }
        catch (FileInUseException) when (!mustHave)
        {
            return null;
        }

        SqliteTables? tables = null;
        try
        {
            tables = SqliteTables.Open(path);
            return new(tables, held);
        }
        catch
        {
            tables?.Dispose();
            held.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task CheckAsync()
    {
        _tables.Read(session => session.Query("SELECT count(*) FROM jobs", row => row.GetInt64(0)));
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _tables.Dispose();
        _lock?.Dispose();
    }
}
