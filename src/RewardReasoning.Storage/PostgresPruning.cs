using Npgsql;

namespace RewardReasoning.Storage;

/// <summary>Removes completions, and the prompts that nothing answers any more, in one transaction.</summary>
internal static class PostgresPruning
{
    // A prompt counts with the newest completion that answers it, for it stays as long as that one does.
    private const string Choose = """
        CREATE TEMP TABLE doomed ON COMMIT DROP AS
        SELECT id, bytes FROM (
          SELECT id, created, bytes, sum(bytes) OVER (ORDER BY created DESC, id DESC) AS bytes_so_far
          FROM (
            SELECT c.id, created, length(settings)::bigint + length(response)
              + CASE WHEN row_number() OVER (PARTITION BY prompt ORDER BY created DESC, c.id DESC) = 1
              THEN length(messages) ELSE 0 END AS bytes
            FROM rewardreasoning.completions c JOIN rewardreasoning.models m ON m.id = model JOIN rewardreasoning.prompts ON hash = prompt
            WHERE $1::text IS NULL OR identity = $1 OR name = $1) AS sized) AS summed
        WHERE created < $2::bigint OR bytes_so_far > $3::bigint
        """;

    public static async Task<PruneReport> PruneAsync(
        NpgsqlConnection connection,
        PruneRule rule,
        bool dryRun,
        CancellationToken cancellationToken
    )
    {
        NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        PruneReport report;
        await using (transaction.ConfigureAwait(false))
        {
            if (!dryRun)
            {
                // Nobody adds an answer to a prompt that is about to go.
                await ExecuteAsync("LOCK TABLE rewardreasoning.prompts IN SHARE ROW EXCLUSIVE MODE").ConfigureAwait(false);
            }

            await ExecuteAsync(Choose, PostgresDatabase.Text(rule.Model), Number(rule.BeforeMilliseconds), Number(rule.MaxBytes))
                .ConfigureAwait(false);
            NpgsqlCommand count = new("SELECT count(*), coalesce(sum(bytes), 0)::bigint FROM doomed", connection);
            await using (count.ConfigureAwait(false))
            {
                NpgsqlDataReader row = await count.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    await row.ReadAsync(cancellationToken).ConfigureAwait(false);
                    report = new(row.GetInt64(0), row.GetInt64(1));
                }
            }

            if (dryRun || report.Completions == 0)
            {
                return report;
            }

            await ExecuteAsync("DELETE FROM rewardreasoning.completions WHERE id IN (SELECT id FROM doomed)").ConfigureAwait(false);
            await ExecuteAsync(
                    "DELETE FROM rewardreasoning.prompts p WHERE NOT EXISTS (SELECT FROM rewardreasoning.completions WHERE prompt = p.hash)"
                )
                .ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }

        // Rows that were removed lie in the file until their room is used again.
        await ExecuteAsync("VACUUM rewardreasoning.completions, rewardreasoning.prompts").ConfigureAwait(false);
        return report;

        async Task ExecuteAsync(string sql, params NpgsqlParameter[] parameters)
        {
            NpgsqlCommand command = new(sql, connection);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.AddRange(parameters);
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static NpgsqlParameter Number(long? number) =>
        new() { Value = (object?)number ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bigint };
}
