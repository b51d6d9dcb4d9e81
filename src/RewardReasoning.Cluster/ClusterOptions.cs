using System.Net;
using RewardReasoning.Recipes;

namespace RewardReasoning.Cluster;

/// <summary>Where servers find each other, and how they talk.</summary>
internal sealed record ClusterOptions : ICheckedOptions
{
    /// <summary>The PostgreSQL database (<c>postgres://…</c>) that they share.</summary>
    public required string Cluster { get; init; }

    /// <summary>The IP address of this machine at which the other servers reach this one.</summary>
    /// <value>127.0.0.1: all servers are on this machine.</value>
    public string ClusterHost { get; init; } = "127.0.0.1";

    /// <summary>The port for the other servers; 0 takes one that is free.</summary>
    /// <value>0.</value>
    public int ClusterPort { get; init; }

    /// <summary>
    /// A PEM file with the certificate that all servers of the cluster share, and its key: they encrypt with it, and talk only to those
    /// that have it too.
    /// </summary>
    /// <value>null (they neither encrypt nor ask who is there).</value>
    public string? ClusterCertificate { get; init; }

    /// <summary>Whether an address that other machines can reach may do without a certificate.</summary>
    /// <value>false.</value>
    public bool ClusterWithoutTls { get; init; }

    /// <summary>The address of <see cref="ClusterHost"/>; null where it is not one.</summary>
    internal IPAddress? Address =>
        ClusterHost == "localhost" ? IPAddress.Loopback
        : IPAddress.TryParse(ClusterHost, out IPAddress? address) ? address
        : null;

    /// <inheritdoc/>
    public IEnumerable<string> Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        if (Address is null || Address.Equals(IPAddress.Any) || Address.Equals(IPAddress.IPv6Any))
        {
            yield return $"{names[nameof(ClusterHost)]} is {ClusterHost}; it must be the IP address at which the other servers reach this "
                + "machine.";
        }
        else if (!IPAddress.IsLoopback(Address) && ClusterCertificate is null && !ClusterWithoutTls)
        {
            yield return $"{names[nameof(ClusterHost)]} is {ClusterHost}, which other machines can reach, and whoever reaches it could "
                + "give rewards. Name the certificate that the servers share with --cluster-certificate, or say --cluster-without-tls "
                + "where the network is yours alone.";
        }

        if (ClusterPort is < 0 or > IPEndPoint.MaxPort)
        {
            yield return $"{names[nameof(ClusterPort)]} is {ClusterPort}; it must be 0 to {IPEndPoint.MaxPort}.";
        }

        if (ClusterCertificate is not null && !File.Exists(ClusterCertificate))
        {
            yield return $"{names[nameof(ClusterCertificate)]} is {ClusterCertificate}; there is no such file.";
        }
    }
}
