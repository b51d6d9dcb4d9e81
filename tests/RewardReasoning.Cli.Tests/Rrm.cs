using System.Diagnostics;
using System.Text;
using RewardReasoning.Cli.Terminals;

[assembly: AssemblyFixture(typeof(RewardReasoning.Cli.Tests.UserHomes))]

namespace RewardReasoning.Cli.Tests;

/// <summary>
/// Homes of the command's runs, which are gone before the test program ends: xunit takes a slow exit for threads left running.
/// </summary>
public sealed class UserHomes : IDisposable
{
    public void Dispose() => Rrm.DeleteHomes();
}

/// <summary>What one run of the command left behind.</summary>
internal sealed record RrmResult(int ExitCode, string Out, string Error);

/// <summary>Runs the command: in memory, or as the process that people start.</summary>
internal static class Rrm
{
    private static readonly string Folders = Directory.CreateTempSubdirectory("rrm-user-").FullName;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(6);
    private static int _runs;

    public static Task<RrmResult> RunAsync(params string[] args) => RunAsync("", args);

    public static Task<RrmResult> RunAsync(string input, string[] args, CancellationToken? cancellationToken = null) =>
        RunAsync(UserFolders.Of(EmptyHome().GetValueOrDefault), args, input, cancellationToken);

    public static async Task<RrmResult> RunAsync(
        UserFolders folders,
        string[] args,
        string input = "",
        CancellationToken? cancellationToken = null
    )
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        int exitCode;
        using (Terminal terminal = new(new MemoryStream(Encoding.UTF8.GetBytes(input)), output, error) { Folders = folders })
        {
            exitCode = await CommandLine.RunAsync(args, terminal, cancellationToken ?? TestContext.Current.CancellationToken);
        }

        return new RrmResult(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    public static async Task<RrmResult> StartAsync(string input, params string[] args)
    {
        using Process process = Start(args);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new RrmResult(process.ExitCode, await output, await error);
    }

    /// <summary>Starts the command. It is killed when it still runs after some minutes: its test then fails, and no other waits.</summary>
    public static Process Start(params string[] args)
    {
        ProcessStartInfo start = new(Path.Combine(AppContext.BaseDirectory, "rrm"), args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach ((string name, string value) in EmptyHome())
        {
            start.Environment[name] = value;
        }

        Process process = Process.Start(start) ?? throw new InvalidOperationException("rrm did not start.");
        _ = KillLateAsync(process);
        return process;
    }

    private static async Task KillLateAsync(Process process)
    {
        await Task.Delay(Patience);
        try
        {
            process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended long since, and its test is done with it.
        }
    }

    /// <summary>Deletes the homes of all runs.</summary>
    public static void DeleteHomes() => Directory.Delete(Folders, recursive: true);

    /// <summary>No run finds what another one kept, and none touches what belongs to who runs the tests.</summary>
    private static Dictionary<string, string> EmptyHome()
    {
        string home = Path.Combine(Folders, $"{Interlocked.Increment(ref _runs)}");
        return new() { ["XDG_DATA_HOME"] = Path.Combine(home, "data"), ["XDG_CACHE_HOME"] = Path.Combine(home, "cache") };
    }
}
