using System.Security.Cryptography;
using System.Text;
using RewardReasoning.IO;

namespace RewardReasoning.Models;

/// <summary>
/// SHA-256 of files. The hashes of large files are cached in a folder, a small file each, under path, length, and times of writing and
/// creation, so that a model of many gigabytes is hashed once. A file written within the last seconds is not cached, since it might be
/// written again within the resolution of the file system's clock.
/// </summary>
internal sealed class FileHashes(string folder, TimeProvider time)
{
    private const long Large = 64 << 20;
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(10);

    /// <summary>The hash, read from the file itself.</summary>
    public static byte[] Read(string path)
    {
        using FileStream stream = new(path, new FileStreamOptions { Options = FileOptions.SequentialScan, BufferSize = 1 << 20 });
        return SHA256.HashData(stream);
    }

    /// <summary>The hash, remembered or read.</summary>
    public byte[] Of(string path)
    {
        FileInfo file = Target(path);
        if (file.Length < Large)
        {
            return Read(path);
        }

        string remembered = Path.Combine(folder, NameOf(file));
        if (Remembered(remembered) is { } known)
        {
            return known;
        }

        byte[] hash = Read(path);
        if (time.GetUtcNow() - file.LastWriteTimeUtc > Settled && NameOf(Target(path)) == NameOf(file))
        {
            Remember(remembered, hash);
        }

        return hash;
    }

    /// <summary>The file behind a symbolic link, whose own length .NET would give.</summary>
    private static FileInfo Target(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new(path);

    private static string NameOf(FileInfo file)
    {
        string state = FormattableString.Invariant(
            $"{file.FullName}\n{file.Length}\n{file.LastWriteTimeUtc.Ticks}\n{file.CreationTimeUtc.Ticks}"
        );
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(state))) + ".sha256";
    }

    private static byte[]? Remembered(string path)
    {
        try
        {
            return File.Exists(path) && File.ReadAllBytes(path) is { Length: SHA256.HashSizeInBytes } hash ? hash : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What cannot be remembered is read again next time.</summary>
    private void Remember(string path, byte[] hash)
    {
        try
        {
            Directory.CreateDirectory(folder);
            AtomicFile.Write(path, stream => stream.Write(hash));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException) { }
    }
}
