using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Polly;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Hub;

/// <summary>
/// Files of the Hugging Face hub: what a repository holds, and copies of it on this machine. Safe to use from any thread.
/// </summary>
public sealed partial class HubClient : IDisposable
{
    private readonly HubOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly HubRequests _requests;
    private readonly ResiliencePipeline _retries;

    /// <param name="options">Which hub, as whom, and where files are kept.</param>
    /// <param name="time">Clock of retries and time-outs; the system's if null.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public HubClient(HubOptions options, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (_options, _time) = (options, time ?? TimeProvider.System);
        _retries = HubResilience.Pipeline(_options, _time);
        // Redirects are followed by hand, for the token must not go along; every silence has its own limit.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("rewardreasoning/0.1");
        _requests = new HubRequests(options, _http, _time);
    }

    /// <summary>
    /// What an address stands for: itself where it is a file, all below it where it is a folder, all that match where it is a pattern.
    /// </summary>
    /// <exception cref="HubException">There is nothing of that name, it may not be seen, or the hub cannot be reached.</exception>
    public async Task<HubListing> ListAsync(HubAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        RequireOnline(address);
        string commit = await CommitAsync(address, cancellationToken).ConfigureAwait(false);
        new HubCache(_options.CacheFolder, address).Remember(commit);
        if (address.Path.Length == 0)
        {
            return new(address, commit, await TreeAsync(address, commit, "", recursive: true, cancellationToken).ConfigureAwait(false));
        }

        if (RowFiles.IsPattern(address.Path))
        {
            string root = string.Join('/', address.Path.Split('/').TakeWhile(part => !RowFiles.IsPattern(part)));
            HubFile[] below = await TreeAsync(address, commit, root, recursive: true, cancellationToken).ConfigureAwait(false);
            HubFile[] matching = [.. below.Where(file => RowFiles.Matches(file.Path, address.Path))];
            return matching.Length > 0 ? new(address, commit, matching) : throw NotThere(address, "matches no file");
        }

        int slash = address.Path.LastIndexOf('/');
        EntryWire[] beside = await EntriesAsync(
                address,
                commit,
                slash < 0 ? "" : address.Path[..slash],
                recursive: false,
                cancellationToken
            )
            .ConfigureAwait(false);
        return beside.FirstOrDefault(entry => entry.Path == address.Path) switch
        {
            { Type: "file" } file => new(address, commit, [FileOf(file, address)]),
            { Type: "directory" } => new(
                address,
                commit,
                await TreeAsync(address, commit, address.Path, recursive: true, cancellationToken).ConfigureAwait(false)
            ),
            _ => throw NotThere(address, "does not exist"),
        };
    }

    /// <summary>Loads files into the cache, those that are not there yet.</summary>
    /// <param name="listing">The files.</param>
    /// <param name="progress">Told how far it is, from any thread, one call at a time; null for nobody.</param>
    /// <param name="cancellationToken">Gives up; what came is kept.</param>
    /// <returns>The folder of the repository at that commit; it may hold other files of it too.</returns>
    /// <exception cref="HubException">A file cannot be had or kept, or is not what the hub lists.</exception>
    public async Task<string> FetchAsync(
        HubListing listing,
        Action<HubProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(listing);
        HubCache cache = new(_options.CacheFolder, listing.Address);
        await LoadAsync(listing, cache.Blob, file => cache.Link(file, listing.Commit), progress, cancellationToken).ConfigureAwait(false);
        return cache.Snapshot(listing.Commit);
    }

    /// <summary>
    /// Loads files into a folder under their own names; those that are there and right stay as they are, wrong ones are replaced.
    /// </summary>
    /// <inheritdoc cref="FetchAsync"/>
    public async Task FetchToAsync(
        HubListing listing,
        string folder,
        Action<HubProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(listing);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        foreach (HubFile file in listing.Files)
        {
            string path = Path.Combine(folder, file.Path);
            if (File.Exists(path) && !await HubHash.IsAsync(path, file, cancellationToken).ConfigureAwait(false))
            {
                File.Delete(path);
            }
        }

        await LoadAsync(listing, file => Path.GetFullPath(Path.Combine(folder, file.Path)), _ => { }, progress, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>
    /// The folder of an earlier download, whatever it holds of the repository, for when the hub is not to be asked or is not there; null
    /// where
    /// there is none.
    /// </summary>
    public string? FindKept(HubAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        HubCache cache = new(_options.CacheFolder, address);
        return cache.Commit() is { } commit ? cache.Snapshot(commit) : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    internal static bool IsCommit(string text) => Commit().IsMatch(text);

    private async Task LoadAsync(
        HubListing listing,
        Func<HubFile, string> target,
        Action<HubFile> finished,
        Action<HubProgress>? progress,
        CancellationToken cancellationToken
    )
    {
        RequireOnline(listing.Address);
        HubDownload download = new(_requests, _options, _time);
        HubTally tally = new(listing.Files, progress);
        await Parallel
            .ForEachAsync(
                listing.Files,
                new ParallelOptions { MaxDegreeOfParallelism = _options.Parallel, CancellationToken = cancellationToken },
                async (file, stop) =>
                {
                    Uri url = Url(listing.Address, $"/resolve/{listing.Commit}/{Escaped(file.Path)}", api: false);
                    await download
                        .RunAsync(
                            file,
                            $"{listing.Address.Repository}/{file.Path}",
                            url,
                            target(file),
                            bytes => tally.Received(file, bytes),
                            stop
                        )
                        .ConfigureAwait(false);
                    finished(file);
                    tally.Finished(file);
                }
            )
            .ConfigureAwait(false);
    }

    private async Task<string> CommitAsync(HubAddress address, CancellationToken cancellationToken)
    {
        if (IsCommit(address.Revision))
        {
            return address.Revision;
        }

        (RevisionWire revision, _) = await JsonAsync(
                Url(address, $"/revision/{Uri.EscapeDataString(address.Revision)}", api: true),
                address,
                HubJson.Default.RevisionWire,
                cancellationToken
            )
            .ConfigureAwait(false);
        return revision.Sha is { } commit && IsCommit(commit) ? commit : throw NotAHub();
    }

    private async Task<HubFile[]> TreeAsync(
        HubAddress address,
        string commit,
        string folder,
        bool recursive,
        CancellationToken cancellationToken
    ) =>
        [
            .. (await EntriesAsync(address, commit, folder, recursive, cancellationToken).ConfigureAwait(false))
                .Where(entry => entry.Type == "file")
                .Select(entry => FileOf(entry, address))
                .OrderBy(file => file.Path, StringComparer.Ordinal),
        ];

    private async Task<EntryWire[]> EntriesAsync(
        HubAddress address,
        string commit,
        string folder,
        bool recursive,
        CancellationToken cancellationToken
    )
    {
        List<EntryWire> entries = [];
        Uri? page = Url(
            address,
            $"/tree/{commit}{(folder.Length == 0 ? "" : $"/{Escaped(folder)}")}{(recursive ? "?recursive=true" : "")}",
            api: true
        );
        while (page is not null)
        {
            (List<EntryWire> some, page) = await JsonAsync(page, address, HubJson.Default.ListEntryWire, cancellationToken)
                .ConfigureAwait(false);
            entries.AddRange(some);
        }

        return [.. entries];
    }

    /// <summary>One answer of the interface, and where the next page of it is.</summary>
    private Task<(T Value, Uri? Next)> JsonAsync<T>(
        Uri url,
        HubAddress address,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    ) =>
        _retries
            .ExecuteAsync(
                async stop =>
                {
                    using HttpResponseMessage response = await _requests.GetAsync(url, from: 0, stop).ConfigureAwait(false);
                    if (!response.IsSuccessStatusCode)
                    {
                        throw _requests.ErrorOf(response, $"{address}");
                    }

                    using HubBody body = new(response, _options.IdleTimeout, _requests, _time, stop);
                    using MemoryStream all = new();
                    while (await body.ReadAsync().ConfigureAwait(false) is { IsEmpty: false } bytes)
                    {
                        all.Write(bytes.Span);
                    }

                    try
                    {
                        return (JsonSerializer.Deserialize(all.ToArray(), type) ?? throw NotAHub(), NextPage(response, url));
                    }
                    catch (JsonException error)
                    {
                        throw NotAHub(error);
                    }
                },
                cancellationToken
            )
            .AsTask();

    private Uri? NextPage(HttpResponseMessage response, Uri url)
    {
        string links = response.Headers.TryGetValues("Link", out IEnumerable<string>? values) ? string.Join(", ", values) : "";
        return NextLink().Match(links) is { Success: true } next ? new Uri(url, next.Groups[1].Value) : null;
    }

    private HubFile FileOf(EntryWire entry, HubAddress address)
    {
        string? hash = entry.Lfs is { } large ? large.Oid : entry.Oid;
        bool right =
            entry is { Path: { } path, Size: >= 0 }
            && HubAddress.IsPlain(path)
            && hash is not null
            && (entry.Lfs is null ? IsCommit(hash) : Sha256().IsMatch(hash));
        return right
            ? new(entry.Path ?? "", entry.Lfs?.Size ?? entry.Size ?? 0, hash ?? "", entry.Lfs is not null)
            : throw new HubException($"{address}: the hub lists a file '{entry.Path}' with a name, a size or a hash that cannot be used.");
    }

    private void RequireOnline(HubAddress address)
    {
        if (_options.Offline)
        {
            throw new HubException($"{address} would have to be asked for, and HF_HUB_OFFLINE forbids it. Unset it.")
            {
                IsUnreachable = true,
            };
        }
    }

    private HubException NotAHub(Exception? cause = null) =>
        new($"{HubRequests.Shown(_options.Endpoint)} does not answer as a Hugging Face hub does. Check HF_ENDPOINT.", cause);

    private static HubException NotThere(HubAddress address, string why) =>
        new($"{address} {why}. Its page on the hub lists what there is.") { Status = HttpStatusCode.NotFound };

    private Uri Url(HubAddress address, string rest, bool api)
    {
        string kind =
            address.Kind == HubRepositoryKind.DataSet ? "datasets/"
            : api ? "models/"
            : "";
        return new($"{_options.Endpoint.AbsoluteUri.TrimEnd('/')}/{(api ? "api/" : "")}{kind}{address.Repository}{rest}");
    }

    private static string Escaped(string path) => string.Join('/', path.Split('/').Select(Uri.EscapeDataString));

    [GeneratedRegex("^[0-9a-f]{40}$")]
    private static partial Regex Commit();

    [GeneratedRegex("^[0-9a-f]{64}$")]
    private static partial Regex Sha256();

    [GeneratedRegex("<([^>]+)>[^,]*rel=\"?next\"?")]
    private static partial Regex NextLink();
}
