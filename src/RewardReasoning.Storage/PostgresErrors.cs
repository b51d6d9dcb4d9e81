using Npgsql;
using Polly.Timeout;

namespace RewardReasoning.Storage;

/// <summary>What the server or the way to it says, as sentences that say what to do.</summary>
internal static class PostgresErrors
{
    public static CompletionStoreException Of(Exception error, string location) =>
        error switch
        {
            PostgresException
            {
                SqlState: PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification
            } refused => Unusable(
                $"The store {location} refuses this user: {refused.MessageText}. The password is read from the variable PGPASSWORD or "
                    + "the file ~/.pgpass.",
                error
            ),
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } => Unusable(
                $"The server of the store {location} has no such database. Make it there (createdb), or name another.",
                error
            ),
            PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } refused => Unusable(
                $"The store {location} refuses: {refused.MessageText}. The user needs the right to make a schema in the database, or one "
                    + "that was made by another user and granted to it.",
                error
            ),
            PostgresException { SqlState: PostgresErrorCodes.DiskFull } => new(
                $"The disk of the store {location} is full; completions that could not be kept are not used. Make room there and run "
                    + "again: what is kept is not asked again.",
                error
            ),
            PostgresException refused => new($"The store {location} failed: {refused.MessageText} ({refused.SqlState}).", error),
            NpgsqlException { Message: var message } when message.Contains("No password", StringComparison.Ordinal) => Unusable(
                $"The store {location} asks for a password. Put it into the variable PGPASSWORD or the file ~/.pgpass.",
                error
            ),
            TimeoutRejectedException => new(
                $"The store {location} does not answer. Is the server running, and is the way to it open?",
                error
            ),
            _ => new(
                $"The store {location} cannot be reached: {Innermost(error).Message} Is the server running, and does it listen there?",
                error
            ),
        };

    private static CompletionStoreException Unusable(string message, Exception error) => new(message, error) { IsUnusable = true };

    private static Exception Innermost(Exception error) => error.InnerException is { } inner ? Innermost(inner) : error;
}
