using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Recipes;
using RewardReasoning.Server.Keys;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server;

/// <summary>How a <see cref="JudgeServer"/> serves.</summary>
public sealed record JudgeServerOptions : ICheckedOptions
{
    /// <summary>The address to listen on: an IP address, or <c>localhost</c>.</summary>
    /// <value>127.0.0.1, which other machines cannot reach.</value>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 takes one that is free.</summary>
    /// <value>8000.</value>
    [Range(IPEndPoint.MinPort, IPEndPoint.MaxPort)]
    public int Port { get; init; } = 8000;

    /// <summary>
    /// Name of the environment variable that holds the key that requests must bring. The key itself appears in no answer and no log.
    /// </summary>
    /// <value>null (no key is asked for).</value>
    public string? KeyVariable { get; init; }

    /// <summary>
    /// A file of keys as <c>rrm keys</c> writes it, one of which requests must bring. Changes of the file count from then on, without a
    /// restart.
    /// </summary>
    /// <value>null (no key is asked for).</value>
    public string? KeyFile { get; init; }

    /// <summary>Whether a server that other machines can reach may do without keys: whoever reaches it may then use it.</summary>
    /// <value>false.</value>
    public bool WithoutKeys { get; init; }

    /// <summary>
    /// Names under which the server may be asked, such as that of a proxy before it. Loopback names always count. A server on a loopback
    /// address, or without keys, answers under no other names, so that a web page cannot reach it under a name of its own (DNS rebinding).
    /// </summary>
    /// <value>None: for a server with keys on another address, any name.</value>
    public IReadOnlyList<string> AllowedHosts { get; init; } = [];

    /// <summary>Completions of the chat model that may run or wait at once; requests beyond them are refused with 429.</summary>
    /// <value>1,024, at least 1.</value>
    [Range(1, int.MaxValue)]
    public int MaxCompletions { get; init; } = 1024;

    /// <summary>Requests to judge or rank that may run or wait at once; those beyond them are refused with 429.</summary>
    /// <value>256, at least 1.</value>
    [Range(1, int.MaxValue)]
    public int MaxRequests { get; init; } = 256;

    /// <summary>
    /// Members that the open groups of rewards may have together, those included that have not come yet; the members of a further group
    /// are refused with 429.
    /// </summary>
    /// <value>65,536, at least 2.</value>
    [Range(2, int.MaxValue)]
    public int MaxMembers { get; init; } = 65_536;

    /// <summary>Most responses to one query.</summary>
    /// <value>256, at least 2.</value>
    [Range(2, int.MaxValue)]
    public int MaxResponses { get; init; } = 256;

    /// <summary>Most bytes of a request's body.</summary>
    /// <value>16 MiB, at least 1.</value>
    [Range(1.0, double.MaxValue)]
    public long MaxRequestBytes { get; init; } = 16 << 20;

    /// <summary>Connections that may be open at once; more are closed unanswered.</summary>
    /// <value>10,000, at least 1.</value>
    [Range(1, int.MaxValue)]
    public int MaxConnections { get; init; } = 10_000;

    /// <summary>How long a request to judge or rank may take; requests may ask for less.</summary>
    /// <value>null (no limit), else above 0.</value>
    public TimeSpan? Deadline { get; init; }

    /// <summary>How long what was accepted may go on once the server is asked to stop; the rest is then cancelled.</summary>
    /// <value>60 seconds.</value>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether spans and metrics go to the collector that OpenTelemetry's own environment variables name (OTEL_EXPORTER_OTLP_ENDPOINT and
    /// the like). An application that collects <see cref="RewardReasoning.Judging.JudgeTelemetry.SourceName"/> itself needs this not.
    /// </summary>
    /// <value>false.</value>
    public bool ExportsTelemetry { get; init; }

    /// <summary>Members of a group, for trainers that do not send the number with their requests for rewards.</summary>
    /// <value>null (their address must have it, as in <c>?size=8</c>), else at least 1.</value>
    [Range(1, 4_096)]
    public int? GroupSize { get; init; }

    /// <summary>
    /// The most tokens that the judge may write for tools of the Model Context Protocol (<c>/mcp</c>), all calls together; then they are
    /// refused until the server is started again.
    /// </summary>
    /// <value>null (no limit), else at least 1.</value>
    [Range(1.0, double.MaxValue)]
    public long? MaxToolTokens { get; init; }

    /// <summary>
    /// A folder of this machine; the page shows the runs of training and benchmarks below it to whoever may ask this server.
    /// </summary>
    /// <value>null (no runs are shown).</value>
    public string? RunsFolder { get; init; }

    /// <summary>
    /// Where groups of rewards, jobs and recorded judgments are kept: an SQLite file, or a PostgreSQL database (<c>postgres://…</c>), which
    /// one server at a time has. It may be that of a store of completions.
    /// </summary>
    /// <value>null: where the judge's completions are stored; memory where they are not, or where that place is another server's.</value>
    public string? State { get; init; }

    /// <summary>The cluster that this server is to join, whose state it shares; the server disposes it.</summary>
    /// <value>null (it has its state alone).</value>
    internal IRewardCluster? Cluster { get; init; }

    /// <summary>Receives a line for every request that failed through the server's fault; it holds no text of the request.</summary>
    /// <value>null (nobody).</value>
    public Action<string>? OnFailure { get; init; }

    /// <summary>The address of <see cref="Host"/>; null where it is not an address.</summary>
    internal IPAddress? Address =>
        Host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(Host, out IPAddress? address) ? address
        : null;

    /// <summary>How long a sender may stay below 240 bytes a second, and how long it may take for the headers.</summary>
    internal TimeSpan SenderPatience { get; init; } = TimeSpan.FromSeconds(10);

    private bool HasKeys => KeyVariable is not null || KeyFile is not null;

    /// <summary>Whether requests may name this host.</summary>
    internal bool Serves(HostString host)
    {
        bool isAddress = IPAddress.TryParse(host.Host, out IPAddress? named);
        return host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
            || (named is not null && IPAddress.IsLoopback(named))
            || AllowedHosts.Contains(host.Host, StringComparer.OrdinalIgnoreCase)
            || (Address is not null && !IPAddress.IsLoopback(Address) && AllowedHosts.Count == 0 && (HasKeys || isAddress));
    }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (Address is null)
        {
            yield return $"{names[nameof(Host)]} is {Host}; it must be localhost or an IP address of this machine, such as 0.0.0.0.";
        }

        if (RunsFolder is not null && !Directory.Exists(RunsFolder))
        {
            yield return $"{names[nameof(RunsFolder)]} is {RunsFolder}; there is no such folder.";
        }

        if (DrainTimeout < TimeSpan.Zero)
        {
            yield return $"{names[nameof(DrainTimeout)]} is {DrainTimeout}; it must be 0 or more.";
        }

        if (Deadline <= TimeSpan.Zero)
        {
            yield return $"{names[nameof(Deadline)]} is {Deadline}; it must be above 0.";
        }

        if (Address is not null && !IPAddress.IsLoopback(Address) && !HasKeys && !WithoutKeys)
        {
            yield return $"{names[nameof(Host)]} is {Host}, which other machines can reach, and no key is asked for. Make a key with "
                + "`rrm keys add NAME --keys FILE` and serve with --keys FILE, or let everybody in with --without-keys.";
        }

        if (KeyVariable is not null && KeyRing.FaultOf(KeyVariable) is { } fault)
        {
            yield return fault;
        }
    }
}
