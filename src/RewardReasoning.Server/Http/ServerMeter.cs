using System.Diagnostics.Metrics;

namespace RewardReasoning.Server.Http;

/// <summary>What one server counts; the names begin with <c>reward_reasoning.server</c>.</summary>
internal sealed class ServerMeter : IDisposable
{
    /// <summary>The name of the meter.</summary>
    public const string Name = "RewardReasoning.Server";

    private const string Prefix = "reward_reasoning.server.";

    private readonly Meter _meter = new(Name);
    private readonly Counter<long> _refused;

    public ServerMeter() =>
        _refused = _meter.CreateCounter<long>($"{Prefix}refused", "{request}", "Requests that ended in an error, by its code and status");

    /// <summary>Adds a value that is looked up whenever metrics are read.</summary>
    public void Watch(string name, string description, Func<int> value) =>
        _meter.CreateObservableGauge(Prefix + name, value, "{request}", description);

    /// <summary>Counts a request that ended in an error.</summary>
    public void CountRefused(ApiException error) => _refused.Add(1, new("code", error.Code ?? "none"), new("status", error.Status));

    public void Dispose() => _meter.Dispose();
}
