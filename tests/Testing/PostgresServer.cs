using System.Diagnostics;

namespace RewardReasoning.Testing;

/// <summary>
/// A real PostgreSQL server on a loopback port, from the programs of Debian's package, with its files in a temporary folder. It never runs
/// as root, and ends with this process, however that ends: a shell waits for the end of its input and then stops it.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string Script = """
        set -eu
        bin=$1 port=$2 fsync=$3 dir=$(mktemp -d)
        as() { if [ "$(id -u)" = 0 ]; then runuser -u postgres -- "$@"; else "$@"; fi; }
        start() {
          as "$bin/pg_ctl" -D "$dir/data" -w -s -l "$dir/log" -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories= -c fsync=$fsync" start >/dev/null 2>&1 </dev/null
        }
        stop() { as "$bin/pg_ctl" -D "$dir/data" -m immediate -w -s stop >/dev/null 2>&1 </dev/null || true; }
        trap 'stop; rm -rf "$dir"' EXIT
        if [ "$(id -u)" = 0 ]; then chown postgres "$dir"; fi
        cd "$dir"
        as "$bin/initdb" -D "$dir/data" -U app --auth=trust --no-sync --no-locale -E UTF8 >/dev/null </dev/null
        start || { cat "$dir/log" >&2; exit 1; }
        echo done
        while read -r line; do "$line"; echo done; done
        """;

    private readonly Process _shell;
    private readonly string _programs;
    private int _databases;

    private PostgresServer(Process shell, string programs, int port) => (_shell, _programs, Port) = (shell, programs, port);

    /// <summary>Where it listens.</summary>
    public int Port { get; }

    /// <summary>Whether the server's programs are on this machine, or the reason to print when they are not.</summary>
    public static bool IsInstalled(out string reason)
    {
        reason = FindPrograms() is null
            ? "PostgreSQL's programs are not in /usr/lib/postgresql/*/bin; `apt-get install postgresql` brings them (.ci/run does)."
            : "";
        return reason.Length == 0;
    }

    /// <summary>Starts a server of its own.</summary>
    /// <param name="flushes">Whether commits reach the disk, which tests need not wait for.</param>
    public static async Task<PostgresServer> StartAsync(bool flushes = false)
    {
        string programs = FindPrograms() ?? throw new InvalidOperationException("PostgreSQL is not installed.");
        int port = Ports.Free();
        Process shell =
            Process.Start(
                new ProcessStartInfo("bash", ["-c", Script, "bash", programs, $"{port}", flushes ? "on" : "off"])
                {
                    RedirectStandardInput = true,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            ) ?? throw new InvalidOperationException("bash did not start.");
        PostgresServer server = new(shell, programs, port);
        await server.AwaitDoneAsync();
        return server;
    }

    /// <summary>The address of a new, empty database.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        string name = $"test{Interlocked.Increment(ref _databases)}";
        using Process create = Process.Start(Path.Combine(_programs, "createdb"), ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "app", name]);
        await create.WaitForExitAsync();
        return create.ExitCode == 0
            ? $"postgres://app@127.0.0.1:{Port}/{name}"
            : throw new InvalidOperationException($"createdb ended with {create.ExitCode}.");
    }

    /// <summary>Stops it at once, as a crash would.</summary>
    public Task StopAsync() => SayAsync("stop");

    /// <summary>Starts it again over the same files.</summary>
    public Task StartAgainAsync() => SayAsync("start");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
    }

    private static string? FindPrograms() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory
                .EnumerateDirectories("/usr/lib/postgresql")
                .Select(version => Path.Combine(version, "bin"))
                .FirstOrDefault(programs => File.Exists(Path.Combine(programs, "initdb")))
            : null;

    private async Task SayAsync(string command)
    {
        await _shell.StandardInput.WriteLineAsync(command);
        await _shell.StandardInput.FlushAsync();
        await AwaitDoneAsync();
    }

    private async Task AwaitDoneAsync()
    {
        if (await _shell.StandardOutput.ReadLineAsync() != "done")
        {
            throw new InvalidOperationException($"PostgreSQL did not start: {await _shell.StandardError.ReadToEndAsync()}");
        }
    }
}
