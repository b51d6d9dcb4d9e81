using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>The tables of a store, and whether a file has them.</summary>
internal static class SqliteSchema
{
    /// <summary>In the file's header, so that no other program's database is taken for a store: the letters RRMs.</summary>
    private const long ApplicationId = 0x52524D73;

    private const long Version = 1;

    // The large columns stand last: what comes before them is read without them.
    private const string Tables = """
        CREATE TABLE models (id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, name TEXT NOT NULL) STRICT;
        CREATE TABLE prompts (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, messages BLOB NOT NULL) STRICT;
        CREATE TABLE completions (
          id INTEGER PRIMARY KEY,
          key BLOB NOT NULL UNIQUE,
          model INTEGER NOT NULL REFERENCES models (id),
          created INTEGER NOT NULL, -- milliseconds since 1970
          elapsed INTEGER NOT NULL, -- milliseconds
          prompt BLOB NOT NULL,     -- hash of prompts
          settings BLOB NOT NULL,
          response BLOB NOT NULL
        ) STRICT;
        CREATE INDEX completions_by_age ON completions (created);
        """;

    /// <summary>Makes an empty file a store, and refuses any other file that is not one.</summary>
    public static void Ensure(SqliteConnection connection, string path)
    {
        // One snapshot for all that is looked at: another process may be making the store at this moment.
        using (connection.BeginTransaction(deferred: true))
        {
            if (IsStore(connection, path))
            {
                return;
            }
        }

        Execute(connection, "PRAGMA journal_mode = WAL");
        using SqliteTransaction transaction = connection.BeginTransaction();
        if (!IsStore(connection, path))
        {
            Execute(connection, Tables);
            Execute(connection, FormattableString.Invariant($"PRAGMA application_id = {ApplicationId}"));
            Execute(connection, FormattableString.Invariant($"PRAGMA user_version = {Version}"));
        }

        transaction.Commit();
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static bool IsStore(SqliteConnection connection, string path)
    {
        long application = Number(connection, "PRAGMA application_id");
        long version = Number(connection, "PRAGMA user_version");
        if (application == ApplicationId)
        {
            return version == Version
                ? true
                : throw new CompletionStoreException(
                    $"The store '{path}' has form {version}; this program knows form {Version}. Use the version of rrm that wrote it, or "
                        + "another store with --store PATH."
                )
                {
                    IsUnusable = true,
                };
        }

        return application == 0 && version == 0 && Number(connection, "SELECT count(*) FROM sqlite_schema") == 0
            ? false
            : throw new CompletionStoreException(
                $"'{path}' is a database of another program, not a store of completions. Name another file with --store PATH."
            )
            {
                IsUnusable = true,
            };
    }

    private static long Number(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar() is long number ? number : 0;
    }
}
