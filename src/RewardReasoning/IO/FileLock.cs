using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace RewardReasoning.IO;

/// <summary>
/// An exclusive lock on a file or folder that a run writes to, so that two runs never mix their output. The operating system holds it and
/// takes it back when the process ends, however it ends; the files beside the target (<c>OUT.lock</c>, or <c>.lock</c> in a folder) are
/// removed then, or used again by the next run. Beside the lock, who holds it is written down for those that it turns away.
/// </summary>
internal sealed partial class FileLock : IDisposable
{
    private const string Ending = ".lock";
    private const string HolderEnding = ".holder";
    private const int SharingViolationOnWindows = 32;
    private const int HeldOnLinux = 11;
    private const int HeldOnMac = 35;

    private readonly FileStream _stream;
    private readonly string _path;

    private FileLock(FileStream stream, string path) => (_stream, _path) = (stream, path);

    /// <summary>Takes the lock of a file, which need not exist, or of a folder that exists.</summary>
    /// <param name="target">What is going to be written.</param>
    /// <param name="time">Clock for since when it is held; the system's if null.</param>
    /// <exception cref="RewardReasoningException">Another run has it; the message says which.</exception>
    /// <exception cref="IOException">No lock can be made there.</exception>
    public static FileLock Take(string target, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        string path = Directory.Exists(target) ? Path.Combine(target, Ending) : target + Ending;
        while (true)
        {
            FileStream stream;
            try
            {
                stream = new FileStream(
                    path,
                    FileMode.OpenOrCreate,
                    FileAccess.ReadWrite,
                    FileShare.None,
                    bufferSize: 0,
                    OperatingSystem.IsWindows() ? FileOptions.DeleteOnClose : FileOptions.None
                );
            }
            catch (IOException error) when (IsHeld(error))
            {
                throw new FileInUseException(
                    $"'{target}' is being written by another run ({Holder(path)}). Let it finish or stop it, or name another place.",
                    error
                );
            }

            // Whoever held the lock may have removed the file between its opening here and now: then this lock would guard nothing.
            if (OperatingSystem.IsWindows() || IsAt(stream, path))
            {
                FileLock held = new(stream, path);
                held.WriteHolder(time ?? TimeProvider.System);
                return held;
            }

            stream.Dispose();
        }
    }

    /// <summary>Whether a name in a folder is that of its lock, or of the note on who holds it.</summary>
    public static bool IsLockOfFolder(string name) => name is Ending or Ending + HolderEnding;

    /// <summary>
    /// Whether the note beside a folder's lock names a process that is there, as far as this machine can tell. Unlike taking the lock,
    /// it disturbs no run that is about to begin.
    /// </summary>
    public static bool IsNoted(string folder)
    {
        try
        {
            Match holder = HolderNote().Match(File.ReadAllText(Path.Combine(folder, Ending + HolderEnding)));
            if (!holder.Success || holder.Groups[2].Value != Environment.MachineName)
            {
                return holder.Success;
            }

            using Process process = Process.GetProcessById(int.Parse(holder.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
            return !process.HasExited;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or ArgumentException or OverflowException)
        {
            return false;
        }
    }

    /// <summary>Whether opening a file failed because another process, or another stream of this one, has it alone.</summary>
    public static bool IsHeld(IOException error)
    {
        ArgumentNullException.ThrowIfNull(error);
        return (error.HResult & 0xFFFF) is SharingViolationOnWindows or HeldOnLinux or HeldOnMac;
    }

    /// <summary>Gives the lock back and removes its files.</summary>
    public void Dispose()
    {
        File.Delete(_path + HolderEnding);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(_path);
        }

        _stream.Dispose();
    }

    private static string Holder(string path)
    {
        try
        {
            return File.ReadAllText(path + HolderEnding).Trim() is { Length: > 0 } holder ? holder : "one that has just begun";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "one that has just begun";
        }
    }

    /// <summary>Whether a path leads to the file that is open: its time is set to one that no other file has.</summary>
    private static bool IsAt(FileStream stream, string path)
    {
        DateTime mark = DateTime.UnixEpoch.AddSeconds(RandomNumberGenerator.GetInt32(int.MaxValue));
        File.SetLastWriteTimeUtc(stream.SafeFileHandle, mark);
        return File.Exists(path) && File.GetLastWriteTimeUtc(path) == mark;
    }

    private void WriteHolder(TimeProvider time) =>
        AtomicFile.WriteAllText(
            _path + HolderEnding,
            string.Create(
                CultureInfo.InvariantCulture,
                $"process {Environment.ProcessId} ({ProcessName()}) on {Environment.MachineName}, "
                    + $"since {time.GetUtcNow():yyyy-MM-dd HH:mm:ss} UTC\n"
            )
        );

    [GeneratedRegex(@"^process ([0-9]+) \(.*\) on (.+), since ", RegexOptions.CultureInvariant)]
    private static partial Regex HolderNote();

    private static string ProcessName()
    {
        using Process self = Process.GetCurrentProcess();
        return self.ProcessName;
    }
}
