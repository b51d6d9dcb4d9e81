using System.Security.Cryptography;
using Xunit;

namespace RewardReasoning.Models.Tests;

public sealed class ModelIdentityTests : IDisposable
{
    private const int Large = 64 << 20;
    private static readonly Dictionary<string, object?> NoVariables = [];
    private static readonly DateTimeOffset Now = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-hash-").FullName;

    private string File1 => Path.Combine(_folder, "model.safetensors");

    private string Remembered => Path.Combine(_folder, "hashes");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Of_LargeFile_IsReadOnceUntilItIsWrittenAgain()
    {
        FileHashes hashes = new(Remembered, new FixedTime(Now));
        Write('a', Now.AddHours(-2));
        byte[] first = hashes.Of(File1);
        Assert.Equal(FileHashes.Read(File1), first);
        string remembered = Assert.Single(Directory.GetFiles(Remembered));

        // What is remembered is believed, so a file with the same state is not read again.
        byte[] planted = SHA256.HashData("planted"u8);
        File.WriteAllBytes(remembered, planted);
        Assert.Equal(planted, hashes.Of(File1));

        Write('b', Now.AddHours(-1));
        Assert.Equal(FileHashes.Read(File1), hashes.Of(File1));
        Assert.NotEqual(first, hashes.Of(File1));
    }

    [Fact]
    public void Of_FileWrittenJustNow_IsNotRemembered()
    {
        Write('a', Now.AddSeconds(-1));
        Assert.Equal(FileHashes.Read(File1), new FileHashes(Remembered, new FixedTime(Now)).Of(File1));
        Assert.False(Directory.Exists(Remembered));
    }

    [Fact]
    public void Of_FolderThatCannotBeMade_IsReadEachTime()
    {
        Write('a', Now.AddHours(-2));
        Assert.Equal(FileHashes.Read(File1), new FileHashes(Path.Combine(File1, "below"), new FixedTime(Now)).Of(File1));
    }

    [Fact]
    public void Of_EveryFileThatAnswersHangOn_ChangesTheIdentity()
    {
        string model = Path.Combine(_folder, "model");
        Directory.CreateDirectory(model);
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Testing.SharedFolder.RepositoryRoot, "models", "rrm-mini")))
        {
            File.Copy(file, Path.Combine(model, Path.GetFileName(file)));
        }

        string identity = ModelIdentity.Of(model, "float32", NoVariables, hashes: null);
        Assert.Matches("^sha256:[0-9a-f]{64}:float32$", identity);
        Assert.NotEqual(identity, ModelIdentity.Of(model, "bfloat16", NoVariables, hashes: null));
        File.AppendAllText(Path.Combine(model, "README.md"), "More about it.");
        File.AppendAllText(Path.Combine(model, "judge-domain.json"), "\n");
        Assert.Equal(identity, ModelIdentity.Of(model, "float32", NoVariables, hashes: null));
        foreach (string file in new[] { "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json" })
        {
            File.AppendAllText(Path.Combine(model, file), "\n");
            string changed = ModelIdentity.Of(model, "float32", NoVariables, hashes: null);
            Assert.NotEqual(identity, changed);
            identity = changed;
        }

        using (FileStream weights = File.OpenWrite(Path.Combine(model, "model.safetensors")))
        {
            weights.Position = weights.Length - 1;
            weights.WriteByte(77);
        }

        Assert.NotEqual(identity, ModelIdentity.Of(model, "float32", NoVariables, hashes: null));
    }

    private void Write(char letter, DateTimeOffset time)
    {
        using (FileStream stream = File.Create(File1))
        {
            stream.WriteByte((byte)letter);
            stream.SetLength(Large);
        }

        File.SetLastWriteTimeUtc(File1, time.UtcDateTime);
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
