using System.Runtime.InteropServices;

namespace RewardReasoning.IO;

/// <summary>What a path leads to, which .NET reports for folders and links only.</summary>
internal static class FileKind
{
    /// <summary>A file.</summary>
    public const int Regular = 0x8000;

    /// <summary>Nothing.</summary>
    public const int Missing = 0;

    private const int KindMask = 0xF000;
    private const int ModeOffset = 4;

    /// <summary>The kind bits of the mode, as in POSIX; on Windows files only.</summary>
    public static int Of(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return File.Exists(path) ? Regular : Missing;
        }

        byte[] status = new byte[256];
        return Stat(path, status) == 0 ? BitConverter.ToInt32(status, ModeOffset) & KindMask : Missing;
    }

    // The runtime's own call beneath System.IO, with the same numbers on every Unix; its mode is the second 32-bit number.
    [DllImport("libSystem.Native", EntryPoint = "SystemNative_Stat")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Stat([MarshalAs(UnmanagedType.LPUTF8Str)] string path, byte[] status);
}
