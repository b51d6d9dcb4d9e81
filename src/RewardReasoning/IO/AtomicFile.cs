using System.Text;

namespace RewardReasoning.IO;

/// <summary>
/// Writes whole files or none: the content goes to a new file in the same folder, is flushed to the disk, and is renamed over the path. A
/// failure, a full disk or a kill leaves what was there before. A symbolic link stays: the file that it points to is replaced. What cannot
/// be replaced (a device, a named pipe) is written to directly.
/// </summary>
internal static class AtomicFile
{
    private const int BufferSize = 1 << 16;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Writes a file by a stream.</summary>
    /// <param name="path">Where it will be; its folder must exist.</param>
    /// <param name="write">Writes the content; the stream is closed afterwards.</param>
    /// <exception cref="IOException">It cannot be written; what was there is unchanged.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Resolve(path);
        if (!IsReplaceable(target))
        {
            using FileStream special = OpenSpecial(target, FileOptions.None);
            write(special);
            return;
        }

        string aside = NameAside(target);
        try
        {
            using (FileStream stream = new(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            Replace(aside, target);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <inheritdoc cref="Write"/>
    /// <param name="cancellationToken">Ends the attempt; what was there is unchanged.</param>
#pragma warning disable CS1573 // the other parameters are those of Write
    public static async Task WriteAsync(
        string path,
        Func<Stream, CancellationToken, Task> write,
        CancellationToken cancellationToken = default
    )
#pragma warning restore CS1573
    {
        ArgumentNullException.ThrowIfNull(write);
        string target = Resolve(path);
        if (!IsReplaceable(target))
        {
            FileStream special = OpenSpecial(target, FileOptions.Asynchronous);
            await using (special.ConfigureAwait(false))
            {
                await write(special, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        string aside = NameAside(target);
        try
        {
            FileStream stream = new(aside, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize, FileOptions.Asynchronous);
            await using (stream.ConfigureAwait(false))
            {
                await write(stream, cancellationToken).ConfigureAwait(false);
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }

            Replace(aside, target);
        }
        catch
        {
            File.Delete(aside);
            throw;
        }
    }

    /// <summary>Writes a file of text: UTF-8 without a mark, lines that end in a line feed.</summary>
    /// <param name="path">Where it will be; its folder must exist.</param>
    /// <param name="write">Writes the text.</param>
    /// <exception cref="IOException">It cannot be written; what was there is unchanged.</exception>
    public static void WriteText(string path, Action<TextWriter> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        Write(
            path,
            stream =>
            {
                using StreamWriter writer = new(stream, Utf8, BufferSize, leaveOpen: true) { NewLine = "\n" };
                write(writer);
            }
        );
    }

    /// <summary>Writes a file with this text, in UTF-8.</summary>
    /// <exception cref="IOException">It cannot be written; what was there is unchanged.</exception>
    public static void WriteAllText(string path, string text) => Write(path, stream => stream.Write(Utf8.GetBytes(text)));

    /// <inheritdoc cref="WriteAllText"/>
    public static Task WriteAllTextAsync(string path, string text, CancellationToken cancellationToken = default) =>
        WriteAsync(path, (stream, token) => stream.WriteAsync(Utf8.GetBytes(text), token).AsTask(), cancellationToken);

    /// <summary>
    /// Whether a file can take a path's place: there is a file, or nothing yet. Devices, named pipes and sockets are written to as they
    /// are.
    /// </summary>
    public static bool IsReplaceable(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return FileKind.Of(Resolve(path)) is FileKind.Regular or FileKind.Missing;
    }

    /// <summary>Opens for writing what cannot be replaced; a named pipe opens as soon as somebody reads it.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static FileStream OpenSpecial(string path, FileOptions options) =>
        new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, BufferSize, options);

    /// <summary>The file that a symbolic link points to in the end, or the path itself.</summary>
    public static string Resolve(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
    }

    /// <summary>Renames a file that was written beside a path over that path, with the permissions of the file that it replaces.</summary>
    /// <exception cref="IOException">It cannot be renamed; what was there is unchanged.</exception>
    public static void Replace(string aside, string path)
    {
        if (!OperatingSystem.IsWindows() && File.Exists(path))
        {
            File.SetUnixFileMode(aside, File.GetUnixFileMode(path));
        }

        File.Move(aside, path, overwrite: true);
    }

    /// <summary>A name of its own, so that two processes that write one file do not write into each other's.</summary>
    private static string NameAside(string path) => $"{path}.{Path.GetRandomFileName()}.tmp";
}
