using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>
/// Tables of a service's own beside the completions of a store, or in memory. What comes during a commit shares the next one, and a commit
/// is flushed to the disk. Safe to use from many threads.
/// </summary>
internal sealed class SqliteTables : IDisposable
{
    private const int WritesPerCommit = 1_024;
    private const string InMemory = ":memory:";

    private readonly string _path;
    private readonly SqliteSession _writing;
    private readonly SqliteSession _reading;
    private readonly Lock _writeLock;
    private readonly Lock _readLock;
    private readonly GroupCommit<Func<SqliteSession, int>, int> _commits;

    private SqliteTables(string path, SqliteSession writing, SqliteSession reading)
    {
        (_path, _writing, _reading) = (path, writing, reading);
        _writeLock = new();
        // In memory both are one connection.
        _readLock = ReferenceEquals(writing, reading) ? _writeLock : new();
        _commits = new(WritesPerCommit, writes => Task.FromResult<IReadOnlyList<int>>(Commit(writes)));
    }

    /// <summary>Whether what is written survives the process.</summary>
    public bool IsDurable => _path != InMemory;

    /// <summary>Opens a store's file, which is made if there is none.</summary>
    /// <param name="path">The file; null keeps everything in memory.</param>
    /// <exception cref="CompletionStoreException">The file is no store or cannot be used.</exception>
    public static SqliteTables Open(string? path)
    {
        if (path is null)
        {
            SqliteConnection memory = new($"Data Source={InMemory};Pooling=False");
            memory.Open();
            SqliteSession only = new(memory);
            return new(InMemory, only, only);
        }

        SqliteCompletionStore.Open(path).Dispose(); // makes the file, or says why it cannot be used
        List<SqliteConnection> opened = [];
        try
        {
            opened.Add(Connect(path));
            opened.Add(Connect(path));
            return new(path, new(opened[0]), new(opened[1]));
        }
        catch (SqliteException error)
        {
            opened.ForEach(connection => connection.Dispose());
            throw SqliteErrors.Of(error, path);
        }
    }

    /// <summary>Makes tables where they are missing.</summary>
    /// <exception cref="CompletionStoreException">The file cannot be written.</exception>
    public void Ensure(string definition) => Commit([session => session.Execute(definition)]);

    /// <summary>Writes; done, with the write's result, when it is committed.</summary>
    /// <exception cref="CompletionStoreException">The file cannot be written; nothing of the commit is kept.</exception>
    public Task<int> WriteAsync(Func<SqliteSession, int> write) => _commits.AddAsync(write);

    /// <summary>Reads as of one moment.</summary>
    /// <exception cref="CompletionStoreException">The file cannot be read.</exception>
    public T Read<T>(Func<SqliteSession, T> read)
    {
        lock (_readLock)
        {
            try
            {
                return _reading.InTransaction(read, deferred: true);
            }
            catch (SqliteException error)
            {
                throw SqliteErrors.Of(error, _path);
            }
        }
    }

    public void Dispose()
    {
        _commits.Dispose();
        _writing.Dispose();
        _reading.Dispose();
    }

    private int[] Commit(IReadOnlyList<Func<SqliteSession, int>> writes)
    {
        lock (_writeLock)
        {
            try
            {
                return _writing.InTransaction(session => writes.Select(write => write(session)).ToArray());
            }
            catch (SqliteException error)
            {
                throw SqliteErrors.Of(error, _path);
            }
        }
    }

    private static SqliteConnection Connect(string path)
    {
        SqliteConnection connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = path,
                Mode = SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = (int)new SqliteStoreOptions().LockTimeout.TotalSeconds,
            }.ToString()
        );
        connection.Open();
        SqliteSchema.Execute(connection, "PRAGMA synchronous = FULL");
        return connection;
    }
}
