using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>Statements over one connection, each prepared once. For one thread at a time.</summary>
internal sealed class SqliteSession(SqliteConnection connection) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);
    private SqliteTransaction? _transaction;

    /// <summary>Rows changed by a statement.</summary>
    public int Execute(string sql, params ReadOnlySpan<(string Name, object? Value)> parameters) =>
        Prepared(sql, parameters).ExecuteNonQuery();

    /// <summary>What a query finds.</summary>
    /// <param name="sql">The query.</param>
    /// <param name="row">Reads one row.</param>
    /// <param name="parameters">Its parameters.</param>
    public List<T> Query<T>(string sql, Func<SqliteDataReader, T> row, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        List<T> found = [];
        using SqliteDataReader rows = Prepared(sql, parameters).ExecuteReader();
        while (rows.Read())
        {
            found.Add(row(rows));
        }

        return found;
    }

    /// <summary>Runs work in one transaction, which its end commits.</summary>
    public T InTransaction<T>(Func<SqliteSession, T> work, bool deferred = false)
    {
        using SqliteTransaction transaction = connection.BeginTransaction(deferred);
        _transaction = transaction;
        try
        {
            T result = work(this);
            transaction.Commit();
            return result;
        }
        finally
        {
            _transaction = null;
        }
    }

    public void Dispose()
    {
        foreach (SqliteCommand command in _prepared.Values)
        {
            command.Dispose();
        }

        connection.Dispose();
    }

    private SqliteCommand Prepared(string sql, ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        if (!_prepared.TryGetValue(sql, out SqliteCommand? command))
        {
            command = _prepared[sql] = connection.CreateCommand();
            command.CommandText = sql;
        }

        command.Transaction = _transaction;
        for (int i = 0; i < parameters.Length; i++)
        {
            object value = parameters[i].Value ?? DBNull.Value;
            if (i < command.Parameters.Count)
            {
                command.Parameters[i].Value = value;
            }
            else
            {
                command.Parameters.AddWithValue(parameters[i].Name, value);
            }
        }

        return command;
    }
}
