using Npgsql;

namespace RewardReasoning.Storage;

/// <summary>
/// Addresses such as <c>postgres://user@host:5432/database?sslmode=require</c>. The password comes from the variable <c>PGPASSWORD</c> or
/// from a password file (<c>PGPASSFILE</c>, else ~/.pgpass), never from the address, which shows in process lists and logs.
/// </summary>
internal static class PostgresLocation
{
    /// <summary>
    /// A group of writes is sent at once: a server that is paused between two sends would leave the locks of the first half behind, and
    /// no other server could take over what they lock.
    /// </summary>
    private const int WriteBufferBytes = 1 << 18;

    private static readonly string[] Schemes = ["postgres", "postgresql"];

    /// <summary>Whether a store's location is an address of PostgreSQL instead of a path.</summary>
    public static bool Is(string location)
    {
        ArgumentNullException.ThrowIfNull(location);
        return Array.Exists(Schemes, scheme => location.StartsWith(scheme + "://", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The connection that an address stands for.</summary>
    /// <exception cref="CompletionStoreException">The address cannot be used; no part of it that may be a password is repeated.</exception>
    public static NpgsqlConnectionStringBuilder Parse(string location)
    {
        if (!Uri.TryCreate(location, UriKind.Absolute, out Uri? url) || !Schemes.Contains(url.Scheme) || url.Host.Length == 0)
        {
            throw Bad("The address of the store cannot be read; it looks like postgres://user@host:5432/database.");
        }

        string[] user = url.UserInfo.Split(':', 2);
        if (user.Length > 1)
        {
            throw Bad(
                $"The address of the store on {url.Host} holds a password, which others can see in the list of processes. Leave it out, "
                    + "and put it into the variable PGPASSWORD or the file ~/.pgpass."
            );
        }

        NpgsqlConnectionStringBuilder builder = new()
        {
            Host = url.Host,
            Port = url.IsDefaultPort ? NpgsqlConnection.DefaultPort : url.Port,
            WriteBufferSize = WriteBufferBytes,
        };
        builder.Username = user[0].Length > 0 ? Uri.UnescapeDataString(user[0]) : builder.Username;
        builder.Database = url.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(url.AbsolutePath[1..]) : builder.Database;
        foreach (
            string[] setting in url
                .Query.TrimStart('?')
                .Split('&', StringSplitOptions.RemoveEmptyEntries)
                .Select(part => part.Split('=', 2))
        )
        {
            string value = setting.Length > 1 ? Uri.UnescapeDataString(setting[1]) : "";
            switch (setting[0])
            {
                case "sslmode":
                    builder.SslMode =
                        Enum.TryParse(value.Replace("-", "", StringComparison.Ordinal), ignoreCase: true, out SslMode mode)
                        && Enum.IsDefined(mode)
                            ? mode
                            : throw Bad(
                                $"sslmode in the address of the store is '{value}'; it is disable, allow, prefer, require, verify-ca or "
                                    + "verify-full."
                            );
                    break;
                case "sslrootcert":
                    builder.RootCertificate = value;
                    break;
                default:
                    throw Bad(
                        $"The address of the store sets '{setting[0]}'; it can set sslmode and sslrootcert. A password belongs into "
                            + "PGPASSWORD or ~/.pgpass."
                    );
            }
        }

        return builder;
    }

    /// <summary>The address without what is secret, for people.</summary>
    internal static string Describe(NpgsqlConnectionStringBuilder connection) =>
        "postgres://"
        + (connection.Username is { Length: > 0 } user ? user + "@" : "")
        + $"{connection.Host}:{connection.Port}/{connection.Database}";

    private static CompletionStoreException Bad(string message) => new(message) { IsUnusable = true };
}
