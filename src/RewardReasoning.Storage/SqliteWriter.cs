using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>The connection that writes: rows by the group, each group one transaction. For one thread at a time.</summary>
internal sealed class SqliteWriter : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _addModel;
    private readonly SqliteCommand _addPrompt;
    private readonly SqliteCommand _addCompletion;
    private readonly Dictionary<string, long> _models = new(StringComparer.Ordinal);

    public SqliteWriter(SqliteConnection connection)
    {
        _connection = connection;
        _addModel = Prepare(
            "INSERT INTO models (identity, name) VALUES ($identity, $name) ON CONFLICT (identity) DO UPDATE SET name = name RETURNING id",
            ("$identity", SqliteType.Text),
            ("$name", SqliteType.Text)
        );
        _addPrompt = Prepare(
            "INSERT INTO prompts (hash, messages) VALUES ($hash, $messages) ON CONFLICT (hash) DO NOTHING",
            ("$hash", SqliteType.Blob),
            ("$messages", SqliteType.Blob)
        );
        _addCompletion = Prepare(
            """
            INSERT INTO completions (key, model, created, elapsed, prompt, settings, response)
            VALUES ($key, $model, $created, $elapsed, $prompt, $settings, $response) ON CONFLICT (key) DO NOTHING
            """,
            ("$key", SqliteType.Blob),
            ("$model", SqliteType.Integer),
            ("$created", SqliteType.Integer),
            ("$elapsed", SqliteType.Integer),
            ("$prompt", SqliteType.Blob),
            ("$settings", SqliteType.Blob),
            ("$response", SqliteType.Blob)
        );
    }

    /// <summary>Commits all rows together; for each, whether it was the first under its key.</summary>
    public bool[] Add(IReadOnlyList<StoreRow> rows)
    {
        using SqliteTransaction transaction = _connection.BeginTransaction();
        Dictionary<string, long> newModels = new(StringComparer.Ordinal);
        bool[] added = new bool[rows.Count];
        for (int i = 0; i < rows.Count; i++)
        {
            StoreRow row = rows[i];
            if (!_models.TryGetValue(row.Model.Identity, out long model) && !newModels.TryGetValue(row.Model.Identity, out model))
            {
                Set(_addModel, transaction, row.Model.Identity, row.Model.Name);
                model = newModels[row.Model.Identity] = _addModel.ExecuteScalar() is long id ? id : 0;
            }

            Set(_addCompletion, transaction, row.Key, model, row.Created, row.Elapsed, row.PromptHash, row.Settings, row.Response);
            added[i] = _addCompletion.ExecuteNonQuery() > 0;
            if (added[i])
            {
                Set(_addPrompt, transaction, row.PromptHash, row.Prompt);
                _addPrompt.ExecuteNonQuery();
            }
        }

        transaction.Commit();
        foreach ((string identity, long id) in newModels)
        {
            _models[identity] = id;
        }

        return added;
    }

    public void Dispose()
    {
        _addModel.Dispose();
        _addPrompt.Dispose();
        _addCompletion.Dispose();
        _connection.Dispose();
    }

    private SqliteCommand Prepare(string sql, params (string Name, SqliteType Type)[] parameters)
    {
        SqliteCommand command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach ((string name, SqliteType type) in parameters)
        {
            command.Parameters.Add(name, type);
        }

        command.Prepare();
        return command;
    }

    private static void Set(SqliteCommand command, SqliteTransaction transaction, params ReadOnlySpan<object> values)
    {
        command.Transaction = transaction;
        for (int i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i];
        }
    }
}
