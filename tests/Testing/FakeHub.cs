using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Testing;

/// <summary>A request that reached a <see cref="FakeHub"/>.</summary>
/// <param name="Path">Path of the URL.</param>
/// <param name="OnStorage">Whether it came to the other host, which large files are redirected to.</param>
/// <param name="Authorization">The header of that name, or null.</param>
/// <param name="Range">The header of that name, or null.</param>
public sealed record HubRequest(string Path, bool OnStorage, string? Authorization, string? Range);

/// <summary>What a <see cref="FakeHub"/> does wrong at a request for a file's bytes.</summary>
public sealed record HubFault
{
    /// <summary>Answers with this status and no bytes.</summary>
    public int? Status { get; init; }

    /// <summary>Breaks the connection after so many bytes.</summary>
    public int? BreaksAfter { get; init; }

    /// <summary>Sends so many bytes and then no more, with the connection open.</summary>
    public int? HangsAfter { get; init; }

    /// <summary>Sends all, whatever part was asked for.</summary>
    public bool IgnoresRange { get; init; }

    /// <summary>Sends these bytes instead.</summary>
    public byte[]? Sends { get; init; }
}

/// <summary>
/// One repository of a hub on real loopback sockets: its interface, small files from itself, and large ones (over <see cref="LargeFrom"/>
/// bytes) by a redirect to a second host, as the real one has it.
/// </summary>
public sealed class FakeHub : IAsyncDisposable
{
    /// <summary>From how many bytes on a file is large.</summary>
    public const int LargeFrom = 1000;

    /// <summary>The commit of <c>main</c>.</summary>
    public const string Commit = "0123456789abcdef0123456789abcdef01234567";

    private readonly ConcurrentQueue<HubRequest> _requests = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _repository;
    private readonly IReadOnlyDictionary<string, byte[]> _files;
    private readonly string? _token;
    private readonly int _pageSize;
    private readonly IReadOnlyDictionary<string, string> _wrongHashes;
    private LoopbackServer? _hub;
    private LoopbackServer? _storage;

    private FakeHub(
        string repository,
        IReadOnlyDictionary<string, byte[]> files,
        string? token,
        int pageSize,
        IReadOnlyDictionary<string, string> wrongHashes
    ) => (_repository, _files, _token, _pageSize, _wrongHashes) = (repository, files, token, pageSize, wrongHashes);

    /// <summary>Address of the hub.</summary>
    public Uri Url => Running(_hub).Url;

    /// <summary>Address of the host of large files.</summary>
    public Uri StorageUrl => Running(_storage).Url;

    /// <summary>What goes wrong with a file's bytes, by path and how often the file was asked for before; null for nothing.</summary>
    public Func<string, int, HubFault?> Fault { get; set; } = (_, _) => null;

    /// <summary>All requests so far.</summary>
    public IReadOnlyList<HubRequest> Requests => [.. _requests];

    /// <summary>Requests for bytes of files, on either host, redirected ones not counted.</summary>
    public IReadOnlyList<HubRequest> Downloads =>
        [
            .. _requests.Where(request =>
                request.OnStorage
                || (request.Path.Contains("/resolve/", StringComparison.Ordinal) && _files[NameIn(request.Path)].Length < LargeFrom)
            ),
        ];

    /// <summary>Starts a hub with one repository.</summary>
    /// <param name="repository">As it is in addresses: <c>owner/name</c> or <c>datasets/owner/name</c>.</param>
    /// <param name="files">Its files.</param>
    /// <param name="token">The token that every request must bring; null for none.</param>
    /// <param name="pageSize">How many entries a page of a listing has.</param>
    /// <param name="wrongHashes">Hashes that are listed for files instead of their own.</param>
    public static async Task<FakeHub> StartAsync(
        string repository,
        IReadOnlyDictionary<string, byte[]> files,
        string? token = null,
        int pageSize = 1000,
        IReadOnlyDictionary<string, string>? wrongHashes = null
    )
    {
        FakeHub hub = new(repository, files, token, pageSize, wrongHashes ?? new Dictionary<string, string>());
        hub._hub = await LoopbackServer.StartAsync(hub.AnswerAsync);
        hub._storage = await LoopbackServer.StartAsync(hub.StoreAsync);
        return hub;
    }

    /// <summary>Git's hash of a file.</summary>
    public static string GitHash(byte[] bytes)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {bytes.Length}\0")));
        hash.AppendData(bytes);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running(_hub).DisposeAsync();
        await Running(_storage).DisposeAsync();
        _stop.Dispose();
    }

    private static LoopbackServer Running(LoopbackServer? server) =>
        server ?? throw new InvalidOperationException("The hub was not started.");

    private static string NameIn(string path) =>
        Uri.UnescapeDataString(path[(path.IndexOf("/resolve/", StringComparison.Ordinal) + "/resolve/".Length + Commit.Length + 1)..]);

    private Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value ?? "";
        Note(context, path, onStorage: false);
        string api = $"/api/{(_repository.StartsWith("datasets/", StringComparison.Ordinal) ? _repository : $"models/{_repository}")}";
        return path switch
        {
            _ when _token is not null && context.Request.Headers.Authorization != $"Bearer {_token}" => RefuseAsync(
                context,
                401,
                "RepoNotFound"
            ),
            _ when path == $"{api}/revision/main" || path == $"{api}/revision/refs%2Fconvert%2Fparquet" => context.Response.WriteAsync(
                $$"""{"sha": "{{Commit}}", "private": false}"""
            ),
            _ when path.StartsWith($"{api}/revision/", StringComparison.Ordinal) => RefuseAsync(context, 404, "RevisionNotFound"),
            _ when path.StartsWith($"{api}/tree/{Commit}", StringComparison.Ordinal) => ListAsync(
                context,
                path[$"{api}/tree/{Commit}".Length..].Trim('/')
            ),
            _ when path.StartsWith($"/{_repository}/resolve/{Commit}/", StringComparison.Ordinal) => ResolveAsync(context, NameIn(path)),
            _ => RefuseAsync(context, 404, "RepoNotFound"),
        };
    }

    private static Task RefuseAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["X-Error-Code"] = code;
        return context.Response.WriteAsync("{\"error\": \"no\"}");
    }

    private Task ListAsync(HttpContext context, string folder)
    {
        string prefix = folder.Length == 0 ? "" : $"{folder}/";
        string[] below = [.. _files.Keys.Where(path => path.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        if (below.Length == 0)
        {
            return RefuseAsync(context, 404, "EntryNotFound");
        }

        bool recursive = context.Request.Query["recursive"] == "true";
        JsonObject[] entries =
        [
            .. below
                .Select(path => path[prefix.Length..])
                .Where(rest => rest.Contains('/'))
                .Select(rest => rest[..rest.IndexOf('/', StringComparison.Ordinal)])
                .Distinct()
                .Select(name => new JsonObject
                {
                    ["type"] = "directory",
                    ["oid"] = Commit,
                    ["size"] = 0,
                    ["path"] = prefix + name,
                }),
            .. below.Where(path => recursive || !path[prefix.Length..].Contains('/')).Select(EntryOf),
        ];
        int from = int.TryParse(context.Request.Query["cursor"], CultureInfo.InvariantCulture, out int cursor) ? cursor : 0;
        if (from + _pageSize < entries.Length)
        {
            context.Response.Headers.Link =
                $"<{Url.AbsoluteUri.TrimEnd('/')}{context.Request.Path}?recursive={(recursive ? "true" : "false")}&cursor={from + _pageSize}>; rel=\"next\"";
        }

        return context.Response.WriteAsync(new JsonArray([.. entries.Skip(from).Take(_pageSize)]).ToJsonString());
    }

    private JsonObject EntryOf(string path)
    {
        byte[] bytes = _files[path];
        JsonObject entry = new()
        {
            ["type"] = "file",
            ["oid"] = _wrongHashes.GetValueOrDefault(path) ?? GitHash(bytes),
            ["size"] = bytes.Length,
            ["path"] = path,
        };
        if (bytes.Length >= LargeFrom)
        {
            string hash = _wrongHashes.GetValueOrDefault(path) ?? Convert.ToHexStringLower(SHA256.HashData(bytes));
            entry["oid"] = GitHash(Encoding.ASCII.GetBytes(hash)); // git has a pointer in its place
            entry["lfs"] = new JsonObject
            {
                ["oid"] = hash,
                ["size"] = bytes.Length,
                ["pointerSize"] = 130,
            };
        }

        return entry;
    }

    private Task ResolveAsync(HttpContext context, string name)
    {
        if (!_files.TryGetValue(name, out byte[]? bytes))
        {
            return RefuseAsync(context, 404, "EntryNotFound");
        }

        if (bytes.Length < LargeFrom)
        {
            return SendAsync(context, name, bytes);
        }

        context.Response.StatusCode = 302;
        context.Response.Headers.Location = $"{StorageUrl}{Uri.EscapeDataString(name)}?signature=secret";
        return Task.CompletedTask;
    }

    private Task StoreAsync(HttpContext context)
    {
        string name = (context.Request.Path.Value ?? "").TrimStart('/');
        Note(context, name, onStorage: true);
        return SendAsync(context, name, _files[name]);
    }

    private void Note(HttpContext context, string path, bool onStorage) =>
        _requests.Enqueue(new(path, onStorage, context.Request.Headers.Authorization, context.Request.Headers.Range));

    private async Task SendAsync(HttpContext context, string name, byte[] bytes)
    {
        int before = Downloads.Count(request => request.OnStorage ? request.Path == name : NameIn(request.Path) == name) - 1;
        HubFault fault = Fault(name, before) ?? new();
        if (fault.Status is { } status)
        {
            context.Response.StatusCode = status;
            return;
        }

        byte[] all = fault.Sends ?? bytes;
        string range = context.Request.Headers.Range.ToString();
        int from = fault.IgnoresRange || range.Length == 0 ? 0 : int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture);
        if (from > all.Length)
        {
            context.Response.StatusCode = 416;
            return;
        }

        if (from > 0)
        {
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {from}-{all.Length - 1}/{all.Length}";
        }

        byte[] part = all[from..];
        context.Response.ContentLength = part.Length;
        int sent = Math.Min(part.Length, fault.BreaksAfter ?? fault.HangsAfter ?? part.Length);
        await context.Response.Body.WriteAsync(part.AsMemory(0, sent), _stop.Token);
        await context.Response.Body.FlushAsync(_stop.Token);
        if (fault.HangsAfter is not null)
        {
            using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token, context.RequestAborted);
            await Task.Delay(Timeout.Infinite, gone.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            context.Abort();
        }

        // A response that ends before its announced length closes the connection, after what was sent has left.
    }
}
