using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>SQLite's error codes (https://sqlite.org/rescode.html) as sentences that say what to do.</summary>
internal static class SqliteErrors
{
    private const int Busy = 5;
    private const int ReadOnly = 8;
    private const int Corrupt = 11;
    private const int Full = 13;
    private const int CannotOpen = 14;
    private const int NoDatabase = 26;

    public static CompletionStoreException Of(SqliteException error, string path) =>
        error.SqliteErrorCode switch
        {
            Busy => new($"The store '{path}' stayed locked by another process. Let that one finish, or use another store.", error),
            ReadOnly => new(
                $"The store '{path}' cannot be written: the file or its folder is read-only here. Name another place with --store PATH, "
                    + "or keep nothing with --store none.",
                error
            )
            {
                IsUnusable = true,
            },
            Corrupt => new(
                $"The store '{path}' is damaged ({error.Message}). Move it away; `sqlite3 '{path}' .recover` may save what is in it.",
                error
            )
            {
                IsUnusable = true,
            },
            Full => new(
                $"The disk of the store '{path}' is full; completions that could not be kept are not used. Make room (`rrm store prune` "
                    + "gives back what old completions take), and run again: what is kept is not asked again.",
                error
            ),
            CannotOpen => new(
                $"The store '{path}' cannot be opened: its folder must exist and be writable. Name another place with --store PATH, or "
                    + "keep nothing with --store none.",
                error
            )
            {
                IsUnusable = true,
            },
            NoDatabase => new($"'{path}' is no SQLite database, so it cannot be the store. Name another file with --store PATH.", error)
            {
                IsUnusable = true,
            },
            _ => new($"The store '{path}' failed: {error.Message}", error),
        };
}
