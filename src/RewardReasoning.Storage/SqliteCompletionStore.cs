using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>
/// Completions in one SQLite file. Its write-ahead log lets any number of threads and processes of this machine read while one commits;
/// what comes during a commit shares the next. A commit is flushed to the disk (synchronous = FULL), so it survives a killed process and,
/// where the disk keeps its word, a power cut.
/// </summary>
internal sealed class SqliteCompletionStore : ICompletionStore
{
    private const int RowsPerCommit = 1024;

    private readonly string _path;
    private readonly SqliteStoreOptions _options;
    private readonly SqliteWriter _writer;
    private readonly GroupCommit<StoreRow, bool> _commits;
    private readonly ConcurrentBag<SqliteReader> _readers = [];

    private SqliteCompletionStore(string path, SqliteStoreOptions options)
    {
        (_path, _options) = (path, options);
        SqliteConnection connection = Connect();
        try
        {
            SqliteSchema.Ensure(connection, path);
            if (options.MaxPages is { } pages)
            {
                SqliteSchema.Execute(connection, FormattableString.Invariant($"PRAGMA max_page_count = {pages}"));
            }

            _writer = new SqliteWriter(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        _commits = new(RowsPerCommit, rows => Task.FromResult<IReadOnlyList<bool>>(Guard(() => _writer.Add(rows))));
    }

    /// <inheritdoc/>
    public string Location => _path;

    /// <summary>Opens a store, or makes one.</summary>
    /// <exception cref="CompletionStoreException">The file is no store, of a later form, or cannot be read and written.</exception>
    public static SqliteCompletionStore Open(string path, SqliteStoreOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new();
        if (!options.Create && !File.Exists(path))
        {
            throw new CompletionStoreException($"There is no store '{path}': nothing was kept there yet.") { IsUnusable = true };
        }

        if (Directory.Exists(path))
        {
            throw new CompletionStoreException(
                $"The store '{path}' is a folder; it must be a file, such as '{Path.Combine(path, "completions.db")}'."
            )
            {
                IsUnusable = true,
            };
        }

        try
        {
            return new(path, options);
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Of(error, path);
        }
    }

    /// <inheritdoc/>
    public Task<byte[]?> FindAsync(CompletionKey key, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        byte[]? packed = Guard(() =>
        {
            SqliteReader reader = _readers.TryTake(out SqliteReader? idle) ? idle : new SqliteReader(Connect());
            try
            {
                return reader.Find(key);
            }
            finally
            {
                _readers.Add(reader);
            }
        });
        return Task.FromResult(packed is null ? null : Compression.Unpack(packed));
    }

    /// <inheritdoc/>
    public Task<bool> AddAsync(StoredCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return _commits.AddAsync(StoreRow.Of(completion));
    }

    /// <inheritdoc/>
    public Task<StoreStatistics> CountAsync(CancellationToken cancellationToken = default) =>
        Task.Run(
            () =>
                Guard(() =>
                {
                    using SqliteConnection connection = Connect();
                    using SqliteCommand command = connection.CreateCommand();
                    command.CommandText = """
                        SELECT identity, name, count(*), count(DISTINCT prompt), sum(length(settings) + length(response)),
                        min(created), max(created)
                        FROM completions JOIN models ON models.id = model GROUP BY model ORDER BY count(*) DESC, name
                        """;
                    using SqliteDataReader rows = command.ExecuteReader();
                    List<ModelStatistics> models = [];
                    while (rows.Read())
                    {
                        models.Add(
                            new(
                                new(rows.GetString(0), rows.GetString(1)),
                                rows.GetInt64(2),
                                rows.GetInt64(3),
                                rows.GetInt64(4),
                                DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(5)),
                                DateTimeOffset.FromUnixTimeMilliseconds(rows.GetInt64(6))
                            )
                        );
                    }

                    long bytes = new[] { _path, _path + "-wal" }
                        .Select(path => new FileInfo(path))
                        .Sum(file => file.Exists ? file.Length : 0);
                    return new StoreStatistics { StoreBytes = bytes, Models = models };
                }),
            cancellationToken
        );

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredCompletion> ReadAsync(
        string? model = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        await Task.CompletedTask.ConfigureAwait(false);
        using SqliteConnection connection = Guard(Connect);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT identity, name, messages, settings, response, created, elapsed
            FROM completions JOIN models ON models.id = model JOIN prompts ON prompts.hash = prompt
            WHERE $model IS NULL OR identity = $model OR name = $model ORDER BY completions.created, completions.id
            """;
        command.Parameters.AddWithValue("$model", (object?)model ?? DBNull.Value);
        using SqliteDataReader rows = Guard(command.ExecuteReader);
        while (Guard(rows.Read))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return Guard(() =>
                StoreRow.Completion(
                    new(rows.GetString(0), rows.GetString(1)),
                    rows.GetFieldValue<byte[]>(2),
                    rows.GetFieldValue<byte[]>(3),
                    rows.GetFieldValue<byte[]>(4),
                    rows.GetInt64(5),
                    rows.GetInt64(6)
                )
            );
        }
    }

    /// <inheritdoc/>
    public Task<PruneReport> PruneAsync(PruneRule rule, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rule);
        rule.Validate();
        return Task.Run(
            () =>
                Guard(() =>
                {
                    using SqliteConnection connection = Connect();
                    PruneReport report = SqlitePruning.Prune(connection, rule, dryRun);
                    if (report.Completions > 0 && !dryRun)
                    {
                        SqlitePruning.GiveBack(connection);
                    }

                    return report;
                }),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _commits.Dispose();
        while (_readers.TryTake(out SqliteReader? reader))
        {
            reader.Dispose();
        }

        _writer.Dispose();
    }

    private SqliteConnection Connect()
    {
        SqliteConnection connection = new(
            new SqliteConnectionStringBuilder
            {
                DataSource = _path,
                Mode = _options.Create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite,
                Pooling = false,
                DefaultTimeout = (int)_options.LockTimeout.TotalSeconds,
            }.ToString()
        );
        try
        {
            connection.Open();
            SqliteSchema.Execute(
                connection,
                FormattableString.Invariant($"PRAGMA busy_timeout = {(long)_options.LockTimeout.TotalMilliseconds}")
            );
            SqliteSchema.Execute(connection, "PRAGMA synchronous = FULL");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private T Guard<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException error)
        {
            throw SqliteErrors.Of(error, _path);
        }
    }
}
