using System.Runtime.InteropServices;

namespace RewardReasoning.Cli;

/// <summary>Ctrl-C and SIGTERM: the first asks the verb to stop and lets it finish what must not be torn, the second ends the process.</summary>
internal static class InterruptSignals
{
    public static IDisposable Cancel(CancellationTokenSource source) => new Registrations(
        PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, source)),
        PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, source)));

    private static void Handle(PosixSignalContext context, CancellationTokenSource source)
    {
        if (source.IsCancellationRequested)
        {
            Environment.Exit(ExitCodes.Cancelled);
        }

        context.Cancel = true;
        source.Cancel();
    }

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
