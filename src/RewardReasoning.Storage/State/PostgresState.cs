using Npgsql;
using RewardReasoning.Storage.Jobs;
using RewardReasoning.Storage.Judgments;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Storage.State;

/// <summary>
/// The groups, jobs and judgments of a server, or of servers that share them, in a PostgreSQL database, which may be that of a store of
/// completions. One server has it alone, or any number of one cluster together; the database ends their hold when a connection ends.
/// </summary>
internal sealed class PostgresState : ServerState
{
    /// <summary>Any number that no other program locks: alone, or shared by those of a cluster.</summary>
    private const long AdvisoryLock = 0x5252_4D73_7461_7465;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private static readonly PostgresSchema Schema = new(
        "state_form",
        1,
        """
        CREATE TABLE rewardreasoning.reward_shards (shard integer PRIMARY KEY, epoch bigint NOT NULL);
        CREATE TABLE rewardreasoning.reward_cohorts (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          key bytea NOT NULL, -- hash of the name
          name bytea NOT NULL,
          attempt integer NOT NULL,
          shard integer NOT NULL,
          size integer NOT NULL,
          implicit text,
          query bytea NOT NULL,
          settings bytea NOT NULL,
          created bigint NOT NULL, -- milliseconds since 1970
          closed bigint,
          UNIQUE (key, attempt)
        );
        CREATE INDEX reward_cohorts_open ON rewardreasoning.reward_cohorts (shard) WHERE closed IS NULL;
        CREATE INDEX reward_cohorts_implicit ON rewardreasoning.reward_cohorts (shard, closed) WHERE implicit IS NOT NULL;
        CREATE INDEX reward_cohorts_by_closing ON rewardreasoning.reward_cohorts (closed);
        CREATE TABLE rewardreasoning.reward_members (
          cohort bigint NOT NULL REFERENCES rewardreasoning.reward_cohorts (id) ON DELETE CASCADE,
          number integer NOT NULL,
          id text NOT NULL UNIQUE,
          hash bytea NOT NULL,
          response bytea NOT NULL,
          arrived bigint NOT NULL,
          answer bytea,
          delivered boolean NOT NULL DEFAULT false,
          PRIMARY KEY (cohort, number)
        );
        CREATE TABLE rewardreasoning.reward_references (
          query bytea NOT NULL,
          hash bytea NOT NULL,
          reference bytea NOT NULL,
          PRIMARY KEY (query, hash)
        );
        CREATE TABLE rewardreasoning.judgments (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          hash bytea NOT NULL UNIQUE,
          at bigint NOT NULL,
          preferred integer NOT NULL,
          uncertainty double precision NOT NULL,
          label integer,
          query text NOT NULL,
          response_1 text NOT NULL,
          response_2 text NOT NULL,
          judgment bytea NOT NULL
        );
        CREATE INDEX judgments_by_uncertainty ON rewardreasoning.judgments (uncertainty);
        CREATE TABLE rewardreasoning.job_holders (id uuid PRIMARY KEY, until timestamptz NOT NULL);
        CREATE TABLE rewardreasoning.jobs (
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          id text NOT NULL UNIQUE,
          state integer NOT NULL,
          reasoning boolean NOT NULL,
          created bigint NOT NULL,
          ended bigint,
          rows bigint NOT NULL DEFAULT 0,
          judged bigint NOT NULL DEFAULT 0,
          missing bigint NOT NULL DEFAULT 0,
          problem text
        );
        CREATE TABLE rewardreasoning.job_rows (
          job bigint NOT NULL REFERENCES rewardreasoning.jobs (number) ON DELETE CASCADE,
          number bigint NOT NULL,
          place bigint NOT NULL,
          line boolean NOT NULL,
          text bytea,
          fault text,
          result bytea,
          holder uuid,
          PRIMARY KEY (job, number)
        );
        CREATE INDEX job_rows_open ON rewardreasoning.job_rows (job, number) WHERE result IS NULL;
        """
    );

    private readonly NpgsqlDataSource _holds;
    private readonly NpgsqlConnection _hold;

    private PostgresState(PostgresDatabase database, NpgsqlDataSource holds, NpgsqlConnection hold)
    {
        (Database, _holds, _hold) = (database, holds, hold);
        Rewards = new(database);
        Judgments = new(database, MostRecorded);
        Jobs = new(database);
    }

    /// <summary>The database.</summary>
    public PostgresDatabase Database { get; }

    /// <summary>Groups.</summary>
    public override PostgresRewardLedger Rewards { get; }

    /// <summary>Recorded judgments.</summary>
    public override PostgresJudgmentLog Judgments { get; }

    /// <summary>Jobs.</summary>
    public override PostgresJobStore Jobs { get; }

    /// <summary>Opens it.</summary>
    /// <param name="address">The database.</param>
    /// <param name="shared">Whether other servers of a cluster may have it too.</param>
    /// <param name="time">The clock of waits.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The state; null where servers have it that do not share it with this one.</returns>
    /// <exception cref="CompletionStoreException">The database cannot be used.</exception>
    public static async Task<PostgresState?> OpenAsync(
        string address,
        bool shared,
        TimeProvider time,
        CancellationToken cancellationToken = default
    )
    {
        PostgresDatabase database = await PostgresDatabase
            .OpenAsync(address, Schema, time, Patience, cancellationToken)
            .ConfigureAwait(false);
        NpgsqlDataSource? holds = null;
        try
        {
            // A connection of its own, which no pool gives to others.
            NpgsqlConnectionStringBuilder settings = PostgresLocation.Parse(address);
            (settings.ApplicationName, settings.Pooling, settings.KeepAlive) = ("rrm", false, 10);
            holds = NpgsqlDataSource.Create(settings);
            NpgsqlConnection hold = await holds.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            NpgsqlCommand take = new($"SELECT pg_try_advisory_lock{(shared ? "_shared" : "")}($1)", hold);
            await using (take.ConfigureAwait(false))
            {
                take.Parameters.Add(new() { Value = AdvisoryLock });
                if (await take.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true)
                {
                    return new(database, holds, hold);
                }
            }

            await hold.DisposeAsync().ConfigureAwait(false);
            await holds.DisposeAsync().ConfigureAwait(false);
            database.Dispose();
            return null;
        }
        catch (Exception error)
        {
            holds?.Dispose();
            database.Dispose();
            if (error is NpgsqlException or System.Net.Sockets.SocketException or TimeoutException)
            {
                throw PostgresErrors.Of(error, database.Location);
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public override Task CheckAsync() => Database.AskAsync("SELECT count(*) FROM rewardreasoning.jobs", row => row.GetInt64(0));

    /// <inheritdoc/>
    public override void Dispose()
    {
        Rewards.Dispose();
        Judgments.Dispose();
        Jobs.Dispose();
        _hold.Dispose();
        _holds.Dispose();
        Database.Dispose();
    }
}
