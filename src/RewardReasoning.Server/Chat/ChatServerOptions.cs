using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Recipes;

namespace RewardReasoning.Server.Chat;

/// <summary>How a <see cref="ChatServer"/> serves its model.</summary>
public sealed record ChatServerOptions : ICheckedOptions
{
    /// <summary>The name under which the model is served, and which requests must give.</summary>
    public required string Model { get; init; }

    /// <summary>The address to listen on: an IP address, or <c>localhost</c>.</summary>
    /// <value>127.0.0.1, which other machines cannot reach.</value>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 takes one that is free.</summary>
    /// <value>8000.</value>
    [Range(IPEndPoint.MinPort, IPEndPoint.MaxPort)]
    public int Port { get; init; } = 8000;

    /// <summary>Tokens of prompt and completion together, reported under <c>/v1/models</c>.</summary>
    /// <value>null (not reported).</value>
    [Range(1, int.MaxValue)]
    public int? ContextLength { get; init; }

    /// <summary>
    /// Name of the environment variable that holds the key that requests must bring. The key itself appears in no answer and no log.
    /// </summary>
    /// <value>null (no key is asked for).</value>
    public string? ApiKeyVariable { get; init; }

    /// <summary>Completions that may run or wait at once; requests beyond them are refused with 429.</summary>
    /// <value>1,024, at least 1.</value>
    [Range(1, int.MaxValue)]
    public int MaxCompletions { get; init; } = 1024;

    /// <summary>Most bytes of a request's body.</summary>
    /// <value>16 MiB, at least 1.</value>
    [Range(1.0, double.MaxValue)]
    public long MaxRequestBytes { get; init; } = 16 << 20;

    /// <summary>How long running requests may go on once the server is asked to stop; the rest is then cancelled.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Receives a line for every request that failed through the server's fault; it holds no text of the request.</summary>
    /// <value>null (nobody).</value>
    public Action<string>? OnFailure { get; init; }

    /// <summary>The address of <see cref="Host"/>; null where it is not an address.</summary>
    internal IPAddress? Address =>
        Host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(Host, out IPAddress? address) ? address
        : null;

    /// <summary>
    /// Whether requests may name this host. A server on a loopback address answers under loopback names only, so that a web page cannot
    /// reach it under a name of its own (DNS rebinding).
    /// </summary>
    internal bool Serves(HostString host) =>
        Address is null
        || !IPAddress.IsLoopback(Address)
        || host.Host == "localhost"
        || (IPAddress.TryParse(host.Host, out IPAddress? named) && IPAddress.IsLoopback(named));

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (string.IsNullOrWhiteSpace(Model))
        {
            yield return $"{names[nameof(Model)]} is empty; give the name under which the model is served.";
        }

        if (Address is null)
        {
            yield return $"{names[nameof(Host)]} is {Host}; it must be localhost or an IP address of this machine, such as 0.0.0.0.";
        }

        if (ShutdownTimeout < TimeSpan.Zero)
        {
            yield return $"{names[nameof(ShutdownTimeout)]} is {ShutdownTimeout}; it must be 0 or more.";
        }

        if (ApiKeyVariable is not null && ApiKey.FaultOf(ApiKeyVariable) is { } fault)
        {
            yield return fault;
        }
    }
}
