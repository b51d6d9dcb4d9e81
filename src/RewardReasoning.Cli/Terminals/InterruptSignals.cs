using System.Runtime.InteropServices;

namespace RewardReasoning.Cli.Terminals;

/// <summary>
/// Ctrl-C and SIGTERM: the first asks the verb to stop and lets it finish what must not be torn, a further one ends the process at once.
/// </summary>
/// <param name="source">Cancelled by the first signal.</param>
/// <param name="time">Clock that separates a second signal from an echo of the first.</param>
/// <param name="end">Ends the process with an exit code.</param>
internal sealed class InterruptSignals(CancellationTokenSource source, TimeProvider time, Action<int> end)
{
    /// <summary><c>timeout</c> and terminals signal the process and its group: the same wish arrives twice within a moment.</summary>
    public static readonly TimeSpan Echo = TimeSpan.FromSeconds(0.5);

    private readonly Lock _gate = new();
    private long? _first;

    /// <summary>Listens to the signals of this process until disposed.</summary>
    public static IDisposable Cancel(CancellationTokenSource source)
    {
        InterruptSignals signals = new(source, TimeProvider.System, EndAtOnce);
        return new Registrations(
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle)
        );

        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            signals.Receive();
        }
    }

    /// <summary>Takes up one signal.</summary>
    public void Receive()
    {
        bool first,
            late;
        lock (_gate)
        {
            first = _first is null;
            late = _first is { } before && time.GetElapsedTime(before) >= Echo;
            _first ??= time.GetTimestamp();
        }

        if (first)
        {
            source.Cancel();
        }
        else if (late)
        {
            end(ExitCodes.Cancelled);
        }
    }

    /// <summary>
    /// Ends the process without the exit handlers of native libraries: they free what threads inside the tensor library still compute with,
    /// and the process would end by a segmentation fault.
    /// </summary>
    private static void EndAtOnce(int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.Exit(exitCode);
        }
        else
        {
            EndUnixProcess(exitCode);
        }
    }

    [DllImport("libc", EntryPoint = "_exit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void EndUnixProcess(int exitCode);

    private sealed class Registrations(params IDisposable[] signals) : IDisposable
    {
        public void Dispose()
        {
            foreach (IDisposable signal in signals)
            {
                signal.Dispose();
            }
        }
    }
}
