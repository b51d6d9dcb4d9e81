using System.Runtime.CompilerServices;
using Npgsql;

namespace RewardReasoning.Storage;

/// <summary>
/// Completions in a PostgreSQL database, shared by any number of machines, in the schema <c>rewardreasoning</c>. What is asked or added
/// during one round trip shares the next. When the server goes away, work waits for it for about a minute.
/// </summary>
internal sealed class PostgresCompletionStore : ICompletionStore
{
    private const int RowsPerCommit = 512;
    private const int KeysPerQuestion = 512;

    private const string FindSql = "SELECT key, response FROM rewardreasoning.completions WHERE key = ANY ($1)";

    // A prompt is written by whoever adds the first completion that answers it; a statement is a transaction.
    private const string AddSql = """
        WITH row AS (
          SELECT * FROM unnest($1::bytea[], $2::int[], $3::bigint[], $4::bigint[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[])
            AS row (key, model, created, elapsed, prompt, settings, response, messages)),
        prompt AS (
          INSERT INTO rewardreasoning.prompts (hash, messages)
          SELECT DISTINCT ON (row.prompt) row.prompt, messages FROM row ORDER BY row.prompt ON CONFLICT DO NOTHING)
        INSERT INTO rewardreasoning.completions (key, model, created, elapsed, prompt, settings, response)
        SELECT key, model, created, elapsed, prompt, settings, response FROM row ORDER BY key
        ON CONFLICT DO NOTHING RETURNING key
        """;

    private const string ModelSql = """
        INSERT INTO rewardreasoning.models (identity, name) VALUES ($1, $2)
        ON CONFLICT (identity) DO UPDATE SET name = models.name RETURNING id
        """;

    private readonly PostgresDatabase _database;
    private readonly GroupCommit<StoreRow, bool> _commits;
    private readonly GroupCommit<CompletionKey, byte[]?> _questions;
    private readonly Dictionary<string, int> _models = new(StringComparer.Ordinal);

    private PostgresCompletionStore(PostgresDatabase database, string address)
    {
        (_database, Address) = (database, address);
        _commits = new(
            RowsPerCommit,
            rows => database.RunAsync(cancellationToken => AddAsync(rows, cancellationToken), CancellationToken.None)
        );
        _questions = new(
            KeysPerQuestion,
            keys => database.RunAsync(cancellationToken => FindAsync(keys, cancellationToken), CancellationToken.None)
        );
    }

    /// <inheritdoc/>
    public string Location => _database.Location;

    /// <summary>The address that it was opened with.</summary>
    public string Address { get; }

    /// <summary>Connects, and makes the tables where they are missing.</summary>
    /// <param name="location">The address (<see cref="PostgresLocation"/>).</param>
    /// <param name="time">Clock for waits when the server goes away; the system's if null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CompletionStoreException">The server cannot be reached, refuses, or holds a store of a later form.</exception>
    public static async Task<PostgresCompletionStore> OpenAsync(
        string location,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default
    ) =>
        new(
            await PostgresDatabase
                .OpenAsync(location, PostgresSchema.Completions, time ?? TimeProvider.System, cancellationToken: cancellationToken)
                .ConfigureAwait(false),
            location
        );

    /// <inheritdoc/>
    public async Task<byte[]?> FindAsync(CompletionKey key, CancellationToken cancellationToken = default) =>
        await _questions.AddAsync(key).WaitAsync(cancellationToken).ConfigureAwait(false) is { } packed ? Compression.Unpack(packed) : null;

    /// <inheritdoc/>
    public Task<bool> AddAsync(StoredCompletion completion)
    {
        ArgumentNullException.ThrowIfNull(completion);
        return _commits.AddAsync(StoreRow.Of(completion));
    }

    /// <inheritdoc/>
    public Task<StoreStatistics> CountAsync(CancellationToken cancellationToken = default) =>
        _database.RunAsync(
            async stop =>
            {
                List<ModelStatistics> models = await _database
                    .RowsAsync(
                        """
                        SELECT identity, name, count(*), count(DISTINCT prompt), sum(length(settings) + length(response))::bigint,
                        min(created), max(created)
                        FROM rewardreasoning.completions JOIN rewardreasoning.models ON models.id = model
                        GROUP BY identity, name ORDER BY count(*) DESC, name
                        """,
                        row => new ModelStatistics(
                            new(row.GetString(0), row.GetString(1)),
                            row.GetInt64(2),
                            row.GetInt64(3),
                            row.GetInt64(4),
                            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(5)),
                            DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6))
                        ),
                        stop
                    )
                    .ConfigureAwait(false);
                List<long> bytes = await _database
                    .RowsAsync(
                        "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class WHERE relnamespace = "
                            + "'rewardreasoning'::regnamespace AND relname IN ('models', 'prompts', 'completions')",
                        row => row.GetInt64(0),
                        stop
                    )
                    .ConfigureAwait(false);
                return new StoreStatistics { StoreBytes = bytes[0], Models = models };
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredCompletion> ReadAsync(
        string? model = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        const int PageSize = 1000;
        const string Sql = """
            SELECT identity, name, messages, settings, response, created, elapsed, completions.id
            FROM rewardreasoning.completions JOIN rewardreasoning.models ON models.id = model
            JOIN rewardreasoning.prompts ON prompts.hash = prompt
            WHERE ($1::text IS NULL OR identity = $1 OR name = $1) AND (created, completions.id) > ($2, $3)
            ORDER BY created, completions.id LIMIT $4
            """;

        // By the page, so that no connection is held and nothing grows while the reader does other things.
        (long Created, long Id) after = (long.MinValue, long.MinValue);
        while (true)
        {
            List<(StoredCompletion Completion, long Id)> page = await _database
                .RunAsync(
                    stop =>
                        _database.RowsAsync(
                            Sql,
                            row =>
                                (
                                    StoreRow.Completion(
                                        new(row.GetString(0), row.GetString(1)),
                                        row.GetFieldValue<byte[]>(2),
                                        row.GetFieldValue<byte[]>(3),
                                        row.GetFieldValue<byte[]>(4),
                                        row.GetInt64(5),
                                        row.GetInt64(6)
                                    ),
                                    row.GetInt64(7)
                                ),
                            stop,
                            PostgresDatabase.Text(model),
                            new() { Value = after.Created },
                            new() { Value = after.Id },
                            new() { Value = PageSize }
                        ),
                    cancellationToken
                )
                .ConfigureAwait(false);
            foreach ((StoredCompletion completion, long id) in page)
            {
                yield return completion;
                after = (completion.Created.ToUnixTimeMilliseconds(), id);
            }

            if (page.Count < PageSize)
            {
                yield break;
            }
        }
    }

    /// <inheritdoc/>
    public Task<PruneReport> PruneAsync(PruneRule rule, bool dryRun = false, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rule);
        rule.Validate();
        return _database.RunAsync(
            async stop =>
            {
                NpgsqlConnection connection = await _database.Source.OpenConnectionAsync(stop).ConfigureAwait(false);
                await using (connection.ConfigureAwait(false))
                {
                    return await PostgresPruning.PruneAsync(connection, rule, dryRun, stop).ConfigureAwait(false);
                }
            },
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _commits.Dispose();
        _questions.Dispose();
        _database.Dispose();
    }

    private async Task<IReadOnlyList<byte[]?>> FindAsync(IReadOnlyList<CompletionKey> keys, CancellationToken cancellationToken)
    {
        List<(CompletionKey Key, byte[] Response)> found = await _database
            .RowsAsync(
                FindSql,
                row => (new CompletionKey(row.GetFieldValue<byte[]>(0)), row.GetFieldValue<byte[]>(1)),
                cancellationToken,
                new NpgsqlParameter { Value = keys.Select(key => key.ToArray()).ToArray() }
            )
            .ConfigureAwait(false);
        Dictionary<CompletionKey, byte[]> responses = found.ToDictionary(row => row.Key, row => row.Response);
        return [.. keys.Select(key => responses.GetValueOrDefault(key))];
    }

    private async Task<IReadOnlyList<bool>> AddAsync(IReadOnlyList<StoreRow> rows, CancellationToken cancellationToken)
    {
        foreach (StoredModel model in rows.Select(row => row.Model).Where(model => !_models.ContainsKey(model.Identity)).Distinct())
        {
            List<int> id = await _database
                .RowsAsync(
                    ModelSql,
                    row => row.GetInt32(0),
                    cancellationToken,
                    PostgresDatabase.Text(model.Identity),
                    PostgresDatabase.Text(model.Name)
                )
                .ConfigureAwait(false);
            _models[model.Identity] = id[0];
        }

        List<CompletionKey> added = await _database
            .RowsAsync(
                AddSql,
                row => new CompletionKey(row.GetFieldValue<byte[]>(0)),
                cancellationToken,
                Column(row => row.Key),
                Column(row => _models[row.Model.Identity]),
                Column(row => row.Created),
                Column(row => row.Elapsed),
                Column(row => row.PromptHash),
                Column(row => row.Settings),
                Column(row => row.Response),
                Column(row => row.Prompt)
            )
            .ConfigureAwait(false);

        // Of rows with one key in one piece of work, the first is the one that was added.
        HashSet<CompletionKey> isNew = [.. added];
        return [.. rows.Select(row => isNew.Remove(new CompletionKey(row.Key)))];

        NpgsqlParameter Column<T>(Func<StoreRow, T> value) => new() { Value = rows.Select(value).ToArray() };
    }
}
