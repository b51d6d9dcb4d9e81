using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using RewardReasoning.IO;

namespace RewardReasoning.Server.Keys;

/// <summary>A key that lets requests in. The key itself is nowhere: only its hash is kept.</summary>
internal sealed record ServerKey
{
    /// <summary>Whose key it is: letters, digits, dot, hyphen and underscore, at most 64.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// The SHA-256 of the key, as <c>sha256:</c> and 64 hexadecimal digits. Keys are 256 random bits, so this needs no salt.
    /// </summary>
    public required string Hash { get; init; }

    /// <summary>When it was made.</summary>
    public DateTimeOffset Created { get; init; }

    /// <summary>Most requests at once; null for no limit of its own.</summary>
    public int? AtOnce { get; init; }

    /// <summary>Most requests in any 60 seconds; null for no limit.</summary>
    public int? PerMinute { get; init; }
}

/// <summary>A file of <see cref="ServerKey"/>s. A running server reads it again whenever it changes.</summary>
internal static partial class KeyFile
{
    /// <summary>The highest limit on requests a minute: the times of that many are remembered.</summary>
    public const int MostPerMinute = 1_000_000;

    private const string Prefix = "rrm_";
    private const int KeyBytes = 32;

    /// <summary>The keys of a file.</summary>
    /// <exception cref="KeyFileException">There is no such file, or it is not a file of keys.</exception>
    public static IReadOnlyList<ServerKey> Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        try
        {
            using FileStream stream = File.OpenRead(path);
            KeyList list = JsonSerializer.Deserialize(stream, KeyJson.Default.KeyList) ?? new KeyList([]);
            return list.Keys.Select(FaultOf).FirstOrDefault(fault => fault is not null) is { } fault
                ? throw new KeyFileException($"'{path}' is not a file of keys: {fault}")
                : [.. list.Keys.OfType<ServerKey>()];
        }
        catch (JsonException error)
        {
            throw new KeyFileException($"'{path}' is not a file of keys as `rrm keys add` writes it: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException($"The keys in '{path}' cannot be read: {error.Message}", error);
        }
    }

    /// <summary>Makes a key, adds it to a file, which is made if it is not there, and returns the key: it cannot be had again.</summary>
    /// <param name="path">The file; others cannot read one that is made.</param>
    /// <param name="name">Whose key it is; no other key may have this name.</param>
    /// <param name="atOnce">Most requests at once.</param>
    /// <param name="perMinute">Most requests in any 60 seconds.</param>
    /// <param name="time">Clock for when it was made; the system's if null.</param>
    /// <exception cref="KeyFileException">The name is taken or cannot be used, or the file cannot.</exception>
    public static string Add(string path, string name, int? atOnce = null, int? perMinute = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string key = Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(KeyBytes));
        ServerKey entry = new()
        {
            Name = name,
            Hash = HashOf(key),
            Created = (time ?? TimeProvider.System).GetUtcNow(),
            AtOnce = atOnce,
            PerMinute = perMinute,
        };
        if (FaultOf(entry) is { } fault)
        {
            throw new KeyFileException(fault);
        }

        Change(
            path,
            time,
            keys =>
                keys.Any(other => other.Name == name)
                    ? throw new KeyFileException($"'{path}' has a key named {name} already; remove it first, or choose another name.")
                    : [.. keys, entry]
        );
        return key;
    }

    /// <summary>Removes a key: requests that bring it are refused from then on.</summary>
    /// <exception cref="KeyFileException">There is no key of this name, or the file cannot be used.</exception>
    public static void Remove(string path, string name, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Change(
            path,
            time,
            keys =>
                keys.Any(other => other.Name == name)
                    ? [.. keys.Where(other => other.Name != name)]
                    : throw new KeyFileException($"'{path}' has no key named '{name}'.")
        );
    }

    internal static string HashOf(string key) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}";

    private static void Change(string path, TimeProvider? time, Func<IReadOnlyList<ServerKey>, ServerKey[]> change)
    {
        try
        {
            using FileLock held = FileLock.Take(path, time);
            ServerKey[] changed = change(File.Exists(path) ? Load(path) : []);
            if (!File.Exists(path) && !OperatingSystem.IsWindows())
            {
                FileStreamOptions mine = new()
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
                };
                using FileStream made = new(path, mine); // what replaces it keeps its permissions
            }

            AtomicFile.WriteAllText(path, JsonSerializer.Serialize(new KeyList(changed), KeyJson.Default.KeyList) + "\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new KeyFileException($"The keys in '{path}' cannot be changed: {error.Message}", error);
        }
    }

    private static string? FaultOf(ServerKey? key) =>
        key is null ? "One of its keys is null."
        : !NameForm().IsMatch(key.Name) ? "A key's name is 1 to 64 letters, digits, dots, hyphens and underscores."
        : !HashForm().IsMatch(key.Hash) ? $"The hash of {key.Name} is not sha256: and 64 hexadecimal digits."
        : key.AtOnce < 1 ? $"The limit of {key.Name} on requests at once is {key.AtOnce}; it is at least 1."
        : key.PerMinute is < 1 or > MostPerMinute
            ? $"The limit of {key.Name} on requests a minute is {key.PerMinute}; it is 1 to {MostPerMinute}."
        : null;

    [GeneratedRegex(@"^[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex NameForm();

    [GeneratedRegex(@"^sha256:[0-9a-f]{64}\z")]
    private static partial Regex HashForm();
}

/// <summary>A file of keys cannot be used, or does not have what is looked for.</summary>
internal sealed class KeyFileException : RewardReasoningException
{
    /// <summary>With a message for people.</summary>
    public KeyFileException(string message, Exception? innerException = null)
        : base(message, innerException) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Input;
}

internal sealed record KeyList(IReadOnlyList<ServerKey?> Keys);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true
)]
[JsonSerializable(typeof(KeyList))]
internal sealed partial class KeyJson : JsonSerializerContext;
