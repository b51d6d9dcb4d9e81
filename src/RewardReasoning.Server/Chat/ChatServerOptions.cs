using System.Net;

namespace RewardReasoning.Server.Chat;

/// <summary>How a <see cref="ChatServer"/> serves its model.</summary>
public sealed record ChatServerOptions
{
    /// <summary>The name under which the model is served, and which requests must give.</summary>
    public required string Model { get; init; }

    /// <summary>The address to listen on: an IP address, or <c>localhost</c>.</summary>
    /// <value>127.0.0.1, which other machines cannot reach.</value>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to listen on; 0 takes one that is free.</summary>
    /// <value>8000.</value>
    public int Port { get; init; } = 8000;

    /// <summary>Tokens of prompt and completion together, told under <c>/v1/models</c>.</summary>
    /// <value>null (not told).</value>
    public int? ContextLength { get; init; }

    /// <summary>
    /// Name of the environment variable that holds the key that requests must bring. The key itself appears in no answer and no log.
    /// </summary>
    /// <value>null (no key is asked for).</value>
    public string? ApiKeyVariable { get; init; }

    /// <summary>Completions that may be under way or waiting at once; requests beyond them are refused with 429.</summary>
    /// <value>1,024, at least 1.</value>
    public int MaxCompletions { get; init; } = 1024;

    /// <summary>Most bytes of a request's body.</summary>
    /// <value>16 MiB, at least 1.</value>
    public long MaxRequestBytes { get; init; } = 16 << 20;

    /// <summary>How long requests under way may go on once the server is asked to stop; what is left is then cancelled.</summary>
    /// <value>10 seconds.</value>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Told in one line of every request that failed by the server's own fault; the line holds no text of any request.</summary>
    /// <value>null (nobody).</value>
    public Action<string>? OnFailure { get; init; }

    /// <summary>The address that <see cref="Host"/> means; null where it means none.</summary>
    internal IPAddress? Address =>
        Host == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(Host, out IPAddress? address) ? address
        : null;

    /// <summary>Checks all values together.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate()
    {
        List<string> faults = [];
        Check(!string.IsNullOrWhiteSpace(Model), "Model is empty; give the name under which it is served.");
        Check(Address is not null, $"Host is {Host}; it is an IP address of this machine, such as 127.0.0.1 or 0.0.0.0, or localhost.");
        Check(Port is >= IPEndPoint.MinPort and <= IPEndPoint.MaxPort, $"Port is {Port}; it is 0 (any free one) to {IPEndPoint.MaxPort}.");
        Check(ContextLength is null or >= 1, $"ContextLength is {ContextLength}; it is at least 1, or null.");
        Check(MaxCompletions >= 1, $"MaxCompletions is {MaxCompletions}; at least 1 is needed.");
        Check(MaxRequestBytes >= 1, $"MaxRequestBytes is {MaxRequestBytes}; at least 1 is needed.");
        Check(ShutdownTimeout >= TimeSpan.Zero, $"ShutdownTimeout is {ShutdownTimeout}; it is 0 or more.");
        if (ApiKeyVariable is not null && ApiKey.FaultOf(ApiKeyVariable) is { } fault)
        {
            faults.Add(fault);
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException($"ChatServerOptions: {string.Join(Environment.NewLine, faults)}");
        }

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
