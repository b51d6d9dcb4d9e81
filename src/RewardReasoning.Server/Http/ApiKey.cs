using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>The key that requests must bring, if any, as a hash: how long a comparison takes reveals nothing about it.</summary>
internal sealed class ApiKey
{
    private readonly byte[]? _hash;

    public ApiKey(string? variable)
    {
        _hash = variable is null ? null : HashOf(Read(variable));
    }

    /// <summary>Why a variable holds no usable key; null where it does.</summary>
    public static string? FaultOf(string variable) =>
        Read(variable) switch
        {
            "" => $"The environment variable {variable} is not set; it should hold the key that requests must bring.",
            { } key when key.Any(letter => letter is < '!' or > '~') =>
                $"The environment variable {variable} holds more than a key: blanks or control characters are inside.",
            _ => null,
        };

    /// <exception cref="ApiException">The key is missing or wrong.</exception>
    public void Require(HttpContext context)
    {
        if (_hash is null)
        {
            return;
        }

        string? given =
            AuthenticationHeaderValue.TryParse(context.Request.Headers.Authorization, out AuthenticationHeaderValue? header)
            && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
                ? header.Parameter
                : null;
        if (given is null || !CryptographicOperations.FixedTimeEquals(HashOf(given), _hash))
        {
            throw new ApiException(
                StatusCodes.Status401Unauthorized,
                given is null
                    ? "The API key is missing; send it as \"Authorization: Bearer KEY\"."
                    : "The API key is not the one that this server asks for.",
                "invalid_api_key"
            );
        }
    }

    private static string Read(string variable) => Environment.GetEnvironmentVariable(variable)?.Trim() ?? "";

    private static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
