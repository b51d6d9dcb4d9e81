using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Keys;

/// <summary>
/// The keys that let requests in: of a file, which is read again when it changes, and one of an environment variable. Only hashes are
/// compared, all of them, in constant time: how long that takes reveals nothing.
/// </summary>
internal sealed class KeyRing
{
    private const string VariableKey = "environment";
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private readonly string? _path;
    private readonly ServerKey? _ofVariable;
    private readonly TimeProvider _time;
    private readonly Action<string>? _onFailure;
    private readonly Lock _gate = new();
    private IReadOnlyList<Entry> _entries = [];
    private DateTime _written;
    private long _looked;

    /// <param name="path">The file of keys; null for none.</param>
    /// <param name="variable">The environment variable with a key; null for none.</param>
    /// <param name="time">The clock.</param>
    /// <param name="onFailure">Told when the file can no longer be read: the keys known by then stay.</param>
    /// <exception cref="KeyFileException">The file cannot be read.</exception>
    public KeyRing(string? path, string? variable, TimeProvider time, Action<string>? onFailure)
    {
        (_path, _time, _onFailure) = (path, time, onFailure);
        _ofVariable = variable is null ? null : new() { Name = VariableKey, Hash = KeyFile.HashOf(Read(variable)) };
        Load();
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

    /// <summary>Admits a request, until what is returned is disposed.</summary>
    /// <exception cref="ApiException">Its key is missing or wrong, or beyond its limits.</exception>
    public IDisposable? Enter(HttpRequest request)
    {
        if (_path is null && _ofVariable is null)
        {
            return null;
        }

        string? given =
            AuthenticationHeaderValue.TryParse(request.Headers.Authorization, out AuthenticationHeaderValue? header)
            && header.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
                ? header.Parameter
                : null;
        KeyLimits? limits = given is null ? null : Find(given);
        return limits is not null
            ? limits.Enter()
            : throw new ApiException(
                StatusCodes.Status401Unauthorized,
                given is null
                    ? "The API key is missing; send it as \"Authorization: Bearer KEY\"."
                    : "The API key is not one that this server knows.",
                "invalid_api_key"
            );
    }

    private KeyLimits? Find(string given)
    {
        byte[] hash = Encoding.ASCII.GetBytes(KeyFile.HashOf(given));
        KeyLimits? found = null;
        foreach (Entry entry in Current())
        {
            found = CryptographicOperations.FixedTimeEquals(hash, entry.Hash) ? entry.Limits : found;
        }

        return found;
    }

    private IReadOnlyList<Entry> Current()
    {
        lock (_gate)
        {
            if (_path is not null && _time.GetElapsedTime(_looked) >= LookEvery)
            {
                try
                {
                    Load();
                }
                catch (KeyFileException error)
                {
                    _onFailure?.Invoke($"{error.Message} The keys read before stay in force.");
                }
            }

            return _entries;
        }
    }

    /// <summary>Reads the file if it changed; keys that are still there keep what their limits counted.</summary>
    private void Load()
    {
        _looked = _time.GetTimestamp();
        DateTime written = _path is null ? default : File.GetLastWriteTimeUtc(_path);
        if (_entries.Count > 0 && written == _written)
        {
            return;
        }

        Dictionary<ServerKey, Entry> before = _entries.ToDictionary(entry => entry.Key);
        IEnumerable<ServerKey> keys = [.. _path is null ? [] : KeyFile.Load(_path), .. _ofVariable is null ? [] : new[] { _ofVariable }];
        _entries =
        [
            .. keys.Select(key =>
                before.GetValueOrDefault(key) ?? new Entry(key, Encoding.ASCII.GetBytes(key.Hash), new KeyLimits(key, _time))
            ),
        ];
        _written = written;
    }

    private static string Read(string variable) => Environment.GetEnvironmentVariable(variable)?.Trim() ?? "";

    private sealed record Entry(ServerKey Key, byte[] Hash, KeyLimits Limits);
}
