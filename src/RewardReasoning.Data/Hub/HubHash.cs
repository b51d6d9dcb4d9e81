using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace RewardReasoning.Data.Hub;

/// <summary>
/// The hash that the hub names a file by: SHA-256 of a large one, for others that of a git blob, SHA-1 with the length before the bytes.
/// </summary>
internal sealed class HubHash : IDisposable
{
    private readonly IncrementalHash _hash;
    private readonly string _expected;

    public HubHash(HubFile file)
    {
        _expected = file.Hash;
        _hash = IncrementalHash.CreateHash(file.IsLarge ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1);
        if (!file.IsLarge)
        {
            _hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {file.Size}\0")));
        }
    }

    public void Append(ReadOnlySpan<byte> bytes) => _hash.AppendData(bytes);

    /// <summary>Whether all that was appended is the file; begins anew.</summary>
    public bool Matches() => Convert.ToHexStringLower(_hash.GetHashAndReset()) == _expected;

    public void Dispose() => _hash.Dispose();

    /// <summary>Whether a file on disk is the one of the hub.</summary>
    public static async Task<bool> IsAsync(string path, HubFile file, CancellationToken cancellationToken)
    {
        using FileStream stream = new(
            path,
            FileMode.Open,
            FileAccess.Read,
            FileShare.Read,
            bufferSize: 0,
            FileOptions.Asynchronous | FileOptions.SequentialScan
        );
        if (stream.Length != file.Size)
        {
            return false;
        }

        using HubHash hash = new(file);
        await hash.AppendAsync(stream, cancellationToken).ConfigureAwait(false);
        return hash.Matches();
    }

    /// <summary>Appends what is left of a stream.</summary>
    public async Task AppendAsync(Stream stream, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[1 << 17];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0; )
        {
            Append(buffer.AsSpan(0, read));
        }
    }
}
