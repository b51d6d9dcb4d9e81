using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Cluster;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>--cluster</c> and what belongs to it: servers that give rewards together.</summary>
internal sealed class ClusterArguments
{
    private readonly Option<string?> _cluster = new("--cluster")
    {
        Description =
            "PostgreSQL database (postgres://user@host/database) in which servers find each other: they give rewards and do jobs together, "
            + "and any of them answers for any group (docs/rewards.md).",
        HelpName = "URL",
    };

    private readonly Option<string> _host = new("--cluster-host")
    {
        Description = "With --cluster: IP address at which the other servers reach this one.",
        HelpName = "ADDRESS",
        DefaultValueFactory = _ => "127.0.0.1",
    };

    private readonly Option<int> _port = new("--cluster-port")
    {
        Description = "With --cluster: port for the other servers; 0 takes one that is free.",
        HelpName = "N",
    };

    private readonly Option<string?> _certificate = new("--cluster-certificate")
    {
        Description = "With --cluster: PEM file of the certificate that all its servers share, and its key; they talk to nobody else.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _withoutTls = new("--cluster-without-tls")
    {
        Description = "With --cluster-host: let everybody in who can reach the address and port.",
    };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> Options => [_cluster, _host, _port, _certificate, _withoutTls];

    /// <summary>The database that was named; null for none.</summary>
    public string? DatabaseOf(ParseResult parsed) => parsed.GetValue(_cluster);

    /// <summary>The cluster that was asked for; null for none, and then nothing of it is loaded.</summary>
    /// <exception cref="UsageException">An option cannot be used.</exception>
    public IRewardCluster? Open(ParseResult parsed, Terminal terminal) =>
        DatabaseOf(parsed) is { } database ? Load(parsed, database, terminal) : null;

    /// <summary>Apart, and without the class in what it returns, so that Orleans is loaded only where it is called.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    [SuppressMessage("Performance", "CA1859", Justification = "The class is what must not be loaded.")]
    private IRewardCluster Load(ParseResult parsed, string database, Terminal terminal) =>
        new RewardCluster(
            CheckedOptions.Require(
                new ClusterOptions
                {
                    Cluster = database,
                    ClusterHost = parsed.GetRequiredValue(_host),
                    ClusterPort = parsed.GetValue(_port),
                    ClusterCertificate = parsed.GetValue(_certificate),
                    ClusterWithoutTls = parsed.GetValue(_withoutTls),
                }
            ),
            TimeProvider.System,
            line => terminal.Error.WriteLine($"rrm: {line}")
        );
}
