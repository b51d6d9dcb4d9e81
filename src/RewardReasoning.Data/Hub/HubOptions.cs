using RewardReasoning.Recipes;

namespace RewardReasoning.Data.Hub;

/// <summary>Which hub is asked, as whom, and where its files are kept.</summary>
public sealed record HubOptions : ICheckedOptions
{
    /// <summary>Address of the hub.</summary>
    /// <value>https://huggingface.co.</value>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>
    /// Access token; it is sent to <see cref="Endpoint"/> alone, never to a host that the hub points to, and appears in no message.
    /// </summary>
    /// <value>null (none).</value>
    public string? Token { get; init; }

    /// <summary>Where files are kept, laid out as Hugging Face's own tools do, so that both find what the other one loaded.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Nothing is asked of the hub; what was loaded before is used.</summary>
    /// <value>false.</value>
    public bool Offline { get; init; }

    /// <summary>How often in a row a request may fail without a byte of progress.</summary>
    /// <value>5, at least 1.</value>
    public int Tries { get; init; } = 5;

    /// <summary>The wait before a second try; every further one is twice as long, up to a minute.</summary>
    /// <value>1 second.</value>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connection may be silent.</summary>
    /// <value>60 seconds.</value>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How many files are loaded at once.</summary>
    /// <value>4, at least 1.</value>
    public int Parallel { get; init; } = 4;

    /// <summary>How many bytes are free where a folder is; asked before a file is loaded.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>The options that this process's environment names.</summary>
    /// <exception cref="FormatException"><c>HF_ENDPOINT</c> is no address, or no cache folder can be told.</exception>
    public static HubOptions OfProcess() => Of(Environment.GetEnvironmentVariable);

    /// <summary>
    /// The options that an environment names: <c>HF_ENDPOINT</c>, <c>HF_TOKEN</c>, <c>HF_HUB_OFFLINE</c>, and the first of
    /// <c>HF_HUB_CACHE</c>, <c>HF_HOME</c>/hub, <c>XDG_CACHE_HOME</c>/huggingface/hub and ~/.cache/huggingface/hub.
    /// </summary>
    /// <exception cref="FormatException"><c>HF_ENDPOINT</c> is no address, or no cache folder can be told.</exception>
    public static HubOptions Of(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        string? cache =
            Named("HF_HUB_CACHE")
            ?? Below(Named("HF_HOME"), "hub")
            ?? Below(Named("XDG_CACHE_HOME"), "huggingface/hub")
            ?? Below(Named("HOME"), ".cache/huggingface/hub");
        HubOptions options = new()
        {
            CacheFolder = Path.GetFullPath(
                cache
                    ?? throw new FormatException("There is no folder for files of the hub: HF_HOME and HOME are not set. Set one of them.")
            ),
            Token = Named("HF_TOKEN")?.Trim(),
            Offline = Named("HF_HUB_OFFLINE")?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE",
        };
        return Named("HF_ENDPOINT") is not { } endpoint ? options
            : Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" ? options with { Endpoint = url }
            : throw new FormatException(
                $"HF_ENDPOINT is '{endpoint}'; it is an absolute http or https address, such as https://huggingface.co."
            );

        string? Named(string name) => variable(name) is { Length: > 0 } value ? value : null;

        static string? Below(string? folder, string name) => folder is null ? null : Path.Combine(folder, name);
    }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        List<string> faults = [];
        Check(
            Endpoint is { IsAbsoluteUri: true, Scheme: "http" or "https" },
            $"{names[nameof(Endpoint)]} is not an absolute http or https address."
        );
        Check(
            Token is null || Endpoint.Scheme == "https" || Endpoint.IsLoopback,
            $"{names[nameof(Endpoint)]} is plain http on another machine, where anybody on the way could read the token. Use https, or "
                + $"no token."
        );
        Check(
            Token is null || Token.All(letter => letter is > ' ' and <= '~'),
            "The token holds blanks or control characters; it should be the token alone."
        );
        Check(CacheFolder.Length > 0, $"{names[nameof(CacheFolder)]} is empty; name the folder where files are kept.");
        Check(Tries >= 1, $"{names[nameof(Tries)]} is {Tries}; at least 1 is needed.");
        Check(FirstDelay >= TimeSpan.Zero, $"{names[nameof(FirstDelay)]} is {FirstDelay}; it is 0 or more.");
        Check(IdleTimeout > TimeSpan.Zero, $"{names[nameof(IdleTimeout)]} is {IdleTimeout}; it is above 0.");
        Check(Parallel >= 1, $"{names[nameof(Parallel)]} is {Parallel}; at least 1 is needed.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
