using RewardReasoning.IO;

namespace RewardReasoning.Data.Hub;

/// <summary>A file that is still being loaded, with the hash of what is here. One process at a time holds it.</summary>
internal sealed class PartialFile : IDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(0.5);

    private readonly HubFile _file;
    private readonly FileStream _stream;
    private HubHash _hash;

    private PartialFile(HubFile file, FileStream stream) => (_file, _stream, _hash) = (file, stream, new HubHash(file));

    /// <summary>Bytes that are here.</summary>
    public long Length => _stream.Length;

    /// <summary>
    /// Opens it, with what an earlier attempt left; null where <paramref name="done"/> holds once no other process works on it.
    /// </summary>
    public static async Task<PartialFile?> OpenAsync(
        string path,
        HubFile file,
        Func<bool> done,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        FileStream? stream = null;
        while (stream is null)
        {
            try
            {
                stream = new FileStream(
                    path,
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    bufferSize: 0,
                    FileOptions.Asynchronous
                );
            }
            catch (IOException error) when (FileLock.IsHeld(error))
            {
                await Task.Delay(Look, time, cancellationToken).ConfigureAwait(false);
            }
        }

        PartialFile partial = new(file, stream);
        try
        {
            if (done())
            {
                partial.Dispose();
                File.Delete(path);
                return null;
            }

            await partial._hash.AppendAsync(stream, cancellationToken).ConfigureAwait(false);
            if (stream.Length > file.Size)
            {
                partial.Restart();
            }

            return partial;
        }
        catch
        {
            partial.Dispose();
            throw;
        }
    }

    public async Task AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        _hash.Append(bytes.Span);
    }

    /// <summary>Forgets what is here.</summary>
    public void Restart()
    {
        _stream.SetLength(0);
        _stream.Position = 0;
        _hash.Dispose();
        _hash = new HubHash(_file);
    }

    /// <summary>Whether the bytes are those of the hub's file; they are on the disk then.</summary>
    public bool Complete()
    {
        _stream.Flush(flushToDisk: true);
        return _hash.Matches();
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }
}
