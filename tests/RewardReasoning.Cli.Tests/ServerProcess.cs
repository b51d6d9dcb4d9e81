using System.Diagnostics;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm serve</c> as a process. All that it tells is read, and goes to the test's output when it is killed.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly List<string> _told = [];
    private bool _ended;
    private readonly TaskCompletionSource<string> _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process, int port)
    {
        (_process, Port, Id) = (process, port, process.Id);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Where it answers.</summary>
    public int Port { get; }

    /// <summary>The process's number.</summary>
    public int Id { get; }

    /// <summary>Serves the judge of numbers; done when it answers.</summary>
    public static async Task<ServerProcess> StartAsync(FakeOpenAIServer judge, int port, params string[] args)
    {
        ServerProcess server = new(
            Rrm.Start([
                "serve",
                "--endpoint",
                judge.Url.ToString(),
                "--model",
                "numbers",
                "--concurrency",
                "8",
                "--port",
                $"{port}",
                .. args,
            ]),
            port
        );
        try
        {
            string told = await server._first.Task.WaitAsync(TestContext.Current.CancellationToken);
            Assert.StartsWith("rrm: numbers answers at ", told, StringComparison.Ordinal);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Kills it (SIGKILL).</summary>
    public async ValueTask DisposeAsync()
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
        lock (_told)
        {
            _told.ForEach(line => TestContext.Current.TestOutputHelper?.WriteLine($"server at {Port}: {line}"));
            _told.Clear();
        }
    }

    private void Hear(string? line)
    {
        _first.TrySetResult(line ?? "");
        if (line is not null)
        {
            lock (_told)
            {
                _told.Add($"{DateTime.UtcNow:mm:ss.f} {line}");
            }
        }
    }
}
