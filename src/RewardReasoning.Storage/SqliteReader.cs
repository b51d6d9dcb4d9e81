using Microsoft.Data.Sqlite;

namespace RewardReasoning.Storage;

/// <summary>A connection with the one question that is asked all the time, prepared.</summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly SqliteConnection _connection;
    private readonly SqliteCommand _find;
    private readonly SqliteParameter _key;

    public SqliteReader(SqliteConnection connection)
    {
        _connection = connection;
        _find = connection.CreateCommand();
        _find.CommandText = "SELECT response FROM completions WHERE key = $key";
        _key = _find.Parameters.Add("$key", SqliteType.Blob);
        _find.Prepare();
    }

    public byte[]? Find(CompletionKey key)
    {
        _key.Value = key.ToArray();
        return _find.ExecuteScalar() as byte[];
    }

    public void Dispose()
    {
        _find.Dispose();
        _connection.Dispose();
    }
}
