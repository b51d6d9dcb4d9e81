using System.Diagnostics;
using System.Text;

namespace RewardReasoning.Cli.Tests;

/// <summary>What one run of the command left behind.</summary>
internal sealed record RrmResult(int ExitCode, string Out, string Error);

/// <summary>Runs the command: in memory, or as the process that people start.</summary>
internal static class Rrm
{
    public static Task<RrmResult> RunAsync(params string[] args) => RunAsync("", args);

    public static async Task<RrmResult> RunAsync(string input, string[] args, CancellationToken? cancellationToken = null)
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        int exitCode;
        using (Terminal terminal = new(new MemoryStream(Encoding.UTF8.GetBytes(input)), output, error))
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

    public static Process Start(params string[] args) => Process.Start(new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "rrm"), args)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    }) ?? throw new InvalidOperationException("rrm did not start.");
}
