using Microsoft.Data.Sqlite;
using Xunit;

namespace RewardReasoning.Storage.Tests.Sqlite;

public sealed class SqliteCompletionStoreTests : CompletionStoreTests, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-sqlite-").FullName;
    private int _files;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Open_FileThatIsNoDatabase_SaysSoAndLeavesIt()
    {
        string path = NewPath();
        File.WriteAllText(path, new string('x', 5000));
        Assert.Contains("is no SQLite database", Unusable(path), StringComparison.Ordinal);
        Assert.Equal(5000, new FileInfo(path).Length);
    }

    [Fact]
    public void Open_DatabaseOfAnotherProgram_SaysSoAndLeavesIt()
    {
        string path = NewPath();
        Execute(path, "CREATE TABLE theirs (x)");
        Assert.Contains("another program", Unusable(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NewerForm_SaysWhichItKnows()
    {
        string path = NewPath();
        SqliteCompletionStore.Open(path).Dispose();
        Execute(path, "PRAGMA user_version = 99");
        Assert.Contains("has form 99; this program knows form 1", Unusable(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderThatIsNotThere_SaysWhatToDo() =>
        Assert.Contains("--store", Unusable(Path.Combine(_folder, "none", "store.db")), StringComparison.Ordinal);

    [Fact]
    public void Open_Folder_SaysThatAFileIsNeeded() => Assert.Contains("is a folder", Unusable(_folder), StringComparison.Ordinal);

    [Fact]
    public void Open_MissingFileThatMustBeThere_SaysSoAndMakesNone()
    {
        string path = NewPath();
        CompletionStoreException error = Assert.Throws<CompletionStoreException>(() =>
            SqliteCompletionStore.Open(path, new() { Create = false })
        );
        Assert.Contains("There is no store", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public async Task Add_FullDisk_SaysSoAndKeepsWhatWasThere()
    {
        string path = NewPath();
        Random random = new(1);
        int added = 0;
        using (SqliteCompletionStore store = SqliteCompletionStore.Open(path, new() { MaxPages = 40 }))
        {
            CompletionStoreException error = await Assert.ThrowsAsync<CompletionStoreException>(async () =>
            {
                for (; added < 100; added++)
                {
                    byte[] incompressible = new byte[4000];
                    random.NextBytes(incompressible);
                    await store.AddAsync(Samples.Completion(Samples.Request(seed: added), Convert.ToBase64String(incompressible)));
                }
            });
            Assert.Contains("is full", error.Message, StringComparison.Ordinal);
            Assert.False(error.IsUnusable);
            Assert.InRange(added, 5, 99);
            Assert.NotNull(await store.FindAsync(Samples.Request(seed: 0).Key, Cancel));
        }

        using SqliteCompletionStore again = SqliteCompletionStore.Open(path);
        Assert.Equal(added, (await again.CountAsync(Cancel)).Completions);
    }

    [Fact]
    public async Task Add_LockedForTooLong_SaysSo()
    {
        string path = NewPath();
        using SqliteCompletionStore store = SqliteCompletionStore.Open(path, new() { LockTimeout = TimeSpan.FromSeconds(1) });
        using SqliteConnection other = Connect(path);
        using (SqliteTransaction held = other.BeginTransaction())
        {
            CompletionStoreException error = await Assert.ThrowsAsync<CompletionStoreException>(() =>
                store.AddAsync(Samples.Completion(Samples.Request()))
            );
            Assert.Contains("locked by another process", error.Message, StringComparison.Ordinal);
        }

        Assert.True(await store.AddAsync(Samples.Completion(Samples.Request())));
    }

    [Fact]
    public async Task Prune_GivesRoomBackAndLeavesNoTextBehind()
    {
        const string Secret = "a text that nobody shall find";
        string path = NewPath();
        using SqliteCompletionStore store = SqliteCompletionStore.Open(path);
        await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => store.AddAsync(Samples.Completion(Samples.Request(Secret, seed: i), Secret)))
        );
        Assert.True(Holds(path, Secret));
        long before = (await store.CountAsync(Cancel)).StoreBytes;
        await store.PruneAsync(new() { MaxBytes = 0 }, dryRun: false, Cancel);
        Assert.True((await store.CountAsync(Cancel)).StoreBytes < before / 2);
        Assert.False(Holds(path, Secret));
    }

    [Fact]
    public async Task Add_AfterDispose_IsRefused()
    {
        SqliteCompletionStore store = SqliteCompletionStore.Open(NewPath());
        store.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => store.AddAsync(Samples.Completion(Samples.Request())));
    }

    protected override Task<string> NewLocationAsync() => Task.FromResult(NewPath());

    private static SqliteConnection Connect(string path)
    {
        SqliteConnection connection = new($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }

    private static void Execute(string path, string sql)
    {
        using SqliteConnection connection = Connect(path);
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static bool Holds(string path, string text) =>
        new[] { path, path + "-wal" }
            .Where(File.Exists)
            .Any(file =>
            {
                using FileStream stream = new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                using StreamReader reader = new(stream, System.Text.Encoding.Latin1);
                return reader.ReadToEnd().Contains(text, StringComparison.Ordinal);
            });

    private static string Unusable(string path)
    {
        CompletionStoreException error = Assert.Throws<CompletionStoreException>(() => SqliteCompletionStore.Open(path));
        Assert.True(error.IsUnusable);
        return error.Message;
    }

    private string NewPath() => Path.Combine(_folder, $"{_files++}.db");
}
