using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>Removes completions, and the prompts that nothing answers any more, in one transaction.</summary>
internal static class SqlitePruning
{
    // A prompt counts with the newest completion that answers it, for it stays as long as that one does.
    private const string Choose = """
        CREATE TEMP TABLE doomed AS
        SELECT id, bytes FROM (
          SELECT id, created, bytes, sum(bytes) OVER (ORDER BY created DESC, id DESC) AS bytes_so_far
          FROM (
            SELECT completions.id, created, length(settings) + length(response)
              + CASE WHEN row_number() OVER (PARTITION BY prompt ORDER BY created DESC, completions.id DESC) = 1
              THEN length(messages) ELSE 0 END AS bytes
            FROM completions JOIN models ON models.id = model JOIN prompts ON prompts.hash = prompt
            WHERE $model IS NULL OR identity = $model OR name = $model))
        WHERE created < $before OR bytes_so_far > $most
        """;

    public static PruneReport Prune(SqliteConnection connection, PruneRule rule, bool dryRun)
    {
        using SqliteTransaction transaction = connection.BeginTransaction();
        Execute(connection, Choose, ("$model", rule.Model), ("$before", rule.BeforeMilliseconds), ("$most", rule.MaxBytes));
        using SqliteCommand count = connection.CreateCommand();
        count.CommandText = "SELECT count(*), coalesce(sum(bytes), 0) FROM doomed";
        PruneReport report;
        using (SqliteDataReader row = count.ExecuteReader())
        {
            row.Read();
            report = new(row.GetInt64(0), row.GetInt64(1));
        }

        if (dryRun)
        {
            return report;
        }

        Execute(connection, "DELETE FROM completions WHERE id IN (SELECT id FROM doomed)");
        Execute(connection, "DELETE FROM prompts WHERE hash NOT IN (SELECT prompt FROM completions)");
        Execute(connection, "DROP TABLE doomed");
        transaction.Commit();
        return report;
    }

    /// <summary>Makes the file smaller, so that nothing of what was removed stays on the disk.</summary>
    public static void GiveBack(SqliteConnection connection)
    {
        SqliteSchema.Execute(connection, "VACUUM");
        SqliteSchema.Execute(connection, "PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private static void Execute(SqliteConnection connection, string sql, params (string Name, object? Value)[] parameters)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, object? value) in parameters)
        {
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        }

        command.ExecuteNonQuery();
    }
}
