using System.Net;
using System.Net.Sockets;

namespace RewardReasoning.Testing;

/// <summary>Ports of this machine.</summary>
public static class Ports
{
    /// <summary>One that was free just now.</summary>
    public static int Free()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
