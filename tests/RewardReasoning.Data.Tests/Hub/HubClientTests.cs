using RewardReasoning.Data.Hub;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Data.Tests.Hub;

/// <summary>The client against a hub on real sockets.</summary>
public sealed class HubClientTests : IDisposable
{
    private const string Large = "model.safetensors";
    private const string Small = "config.json";
    private const string Token = "hf_secret";

    private static readonly Dictionary<string, byte[]> Files = new()
    {
        [Small] = "{\"a\": 1}"u8.ToArray(),
        ["empty.txt"] = [],
        [Large] = [.. Enumerable.Range(0, 300_000).Select(i => (byte)(i * 7 / 3))],
        ["data/train-0.jsonl"] = "{}\n"u8.ToArray(),
        ["data/deep/ä b.jsonl"] = "{}\n{}\n"u8.ToArray(),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-hub-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("", "config.json data/deep/ä b.jsonl data/train-0.jsonl empty.txt model.safetensors")]
    [InlineData("/config.json", "config.json")]
    [InlineData("/data", "data/deep/ä b.jsonl data/train-0.jsonl")]
    [InlineData("/data/*.jsonl", "data/train-0.jsonl")]
    [InlineData("/**/*.jsonl", "data/deep/ä b.jsonl data/train-0.jsonl")]
    [InlineData("@refs/convert/parquet/data/train-0.jsonl", "data/train-0.jsonl")]
    [InlineData("@refs%2Fconvert%2Fparquet/data/train-0.jsonl", "data/train-0.jsonl")]
    [InlineData("@" + FakeHub.Commit + "/data/train-0.jsonl", "data/train-0.jsonl")]
    public async Task List_FileFolderOrPattern_IsWhatItStandsFor(string rest, string paths)
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files, pageSize: 2);
        using HubClient client = Client(server);
        HubListing listing = await client.ListAsync(HubAddress.Parse($"hf://owner/name{rest}"), Cancellation);
        Assert.Equal((FakeHub.Commit, paths), (listing.Commit, string.Join(' ', listing.Files.Select(file => file.Path))));
        Assert.All(listing.Files, file => Assert.Equal(Files[file.Path].Length, file.Size));
    }

    [Fact]
    public async Task Fetch_IntoTheCache_IsLaidOutAsHuggingFaceDoes()
    {
        await using FakeHub server = await FakeHub.StartAsync("datasets/owner/name", Files);
        string snapshot = await FetchAsync(server, "hf://datasets/owner/name");
        string repository = Path.Combine(_folder, "datasets--owner--name");
        Assert.Equal(Path.Combine(repository, "snapshots", FakeHub.Commit), snapshot);
        Assert.Equal(FakeHub.Commit, File.ReadAllText(Path.Combine(repository, "refs", "main")));
        Assert.All(Files, file => Assert.Equal(file.Value, File.ReadAllBytes(Path.Combine(snapshot, file.Key))));
        Assert.Equal($"../../blobs/{FakeHub.GitHash(Files[Small])}", new FileInfo(Path.Combine(snapshot, Small)).LinkTarget);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(repository, "*", SearchOption.AllDirectories),
            path => path.EndsWith(".incomplete", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Fetch_ASecondTime_AsksForNoFile()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        await FetchAsync(server);
        int before = server.Downloads.Count;
        await FetchAsync(server);
        Assert.Equal((Files.Count - 1, before), (before, server.Downloads.Count)); // the empty file is asked for never
    }

    [Fact]
    public async Task Fetch_BrokenConnection_GoesOnWhereItBroke()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (path, before) => path == Large && before < 3 ? new() { BreaksAfter = 50_000 } : null;
        string snapshot = await FetchAsync(server);
        Assert.Equal(Files[Large], File.ReadAllBytes(Path.Combine(snapshot, Large)));
        string?[] ranges = [.. server.Downloads.Where(request => request.Path == Large).Select(request => request.Range)];
        Assert.Equal(4, ranges.Length);
        Assert.Null(ranges[0]);
        Assert.All(ranges[1..], range => Assert.StartsWith("bytes=", range, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Fetch_AfterAStoppedOne_GoesOnWhereItStopped()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (path, _) => path == Large ? new() { HangsAfter = 100_000 } : null;
        using CancellationTokenSource stop = new();
        using (HubClient client = Client(server))
        {
            HubListing listing = await client.ListAsync(HubAddress.Parse($"hf://owner/name/{Large}"), Cancellation);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
                client.FetchAsync(
                    listing,
                    progress =>
                    {
                        if (progress.BytesDone >= 100_000)
                        {
                            stop.Cancel();
                        }
                    },
                    stop.Token
                )
            );
        }

        server.Fault = (_, _) => null;
        string snapshot = await FetchAsync(server, $"hf://owner/name/{Large}");
        Assert.Equal(Files[Large], File.ReadAllBytes(Path.Combine(snapshot, Large)));
        Assert.Equal("bytes=100000-", server.Downloads[^1].Range);
    }

    [Fact]
    public async Task Fetch_RangeThatIsIgnored_LoadsAllAnew()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (path, before) => path == Large ? new() { IgnoresRange = true, BreaksAfter = before == 0 ? 50_000 : null } : null;
        string snapshot = await FetchAsync(server);
        Assert.Equal(Files[Large], File.ReadAllBytes(Path.Combine(snapshot, Large)));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(299_999)]
    [InlineData(300_000)]
    [InlineData(400_000)]
    public async Task Fetch_WrongBytesOfAnEarlierAttempt_LoadsAllAnew(int length)
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        using HubClient client = Client(server);
        HubListing listing = await client.ListAsync(HubAddress.Parse($"hf://owner/name/{Large}"), Cancellation);
        string blobs = Directory.CreateDirectory(Path.Combine(_folder, "models--owner--name", "blobs")).FullName;
        File.WriteAllBytes(Path.Combine(blobs, $"{listing.Files[0].Hash}.incomplete"), new byte[length]);
        string snapshot = await client.FetchAsync(listing, cancellationToken: Cancellation);
        Assert.Equal(Files[Large], File.ReadAllBytes(Path.Combine(snapshot, Large)));
    }

    [Fact]
    public async Task Fetch_RangeThatCannotBe_LoadsAllAnew()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (path, before) =>
            (path, before) switch
            {
                (Large, 0) => new() { BreaksAfter = 50_000 },
                (Large, 1) => new() { Status = 416 },
                _ => null,
            };
        string snapshot = await FetchAsync(server);
        Assert.Equal(Files[Large], File.ReadAllBytes(Path.Combine(snapshot, Large)));
        Assert.Null(server.Downloads.Last(request => request.Path == Large).Range);
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Large)]
    public async Task Fetch_OtherBytesThanListed_IsAnErrorAndKeepsNothing(string path)
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (asked, _) => asked == path ? new() { Sends = new byte[Files[path].Length] } : null;
        HubException error = await Assert.ThrowsAsync<HubException>(() => FetchAsync(server, $"hf://owner/name/{path}"));
        Assert.Contains($"owner/name/{path} came with other bytes", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder, "models--owner--name", "snapshots", FakeHub.Commit, path)));
    }

    [Fact]
    public async Task Fetch_LongerThanListed_IsAnError()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (path, _) => path == Large ? new() { Sends = new byte[300_001] } : null;
        HubException error = await Assert.ThrowsAsync<HubException>(() => FetchAsync(server));
        Assert.Contains("longer than the 300000 bytes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_HubThatFailsOnAndOn_EndsAfterItsTries()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (path, _) => path == Large ? new() { Status = 503 } : null;
        HubException error = await Assert.ThrowsAsync<HubException>(() => FetchAsync(server));
        Assert.Equal(5, server.Downloads.Count(request => request.Path == Large));
        Assert.Contains("answers 503", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("signature", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_SilentConnection_IsTriedAgain()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        server.Fault = (path, before) => path == Large && before == 0 ? new() { HangsAfter = 10_000 } : null;
        using HubClient client = new(Options(server) with { IdleTimeout = TimeSpan.FromSeconds(0.5) });
        string snapshot = await client.FetchAsync(
            await client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation),
            cancellationToken: Cancellation
        );
        Assert.Equal(Files[Large], File.ReadAllBytes(Path.Combine(snapshot, Large)));
    }

    [Fact]
    public async Task Token_OfTheHub_GoesToNoOtherHost()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files, Token);
        using HubClient client = new(Options(server) with { Token = Token });
        await client.FetchAsync(await client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation), cancellationToken: Cancellation);
        Assert.All(server.Requests, request => Assert.Equal(request.OnStorage ? null : $"Bearer {Token}", request.Authorization));
        Assert.Contains(server.Requests, request => request.OnStorage);
    }

    [Theory]
    [InlineData("hf://owner/name", null, "put an access token into HF_TOKEN")]
    [InlineData("hf://owner/name", "hf_other", "the token in HF_TOKEN is not valid for it")]
    [InlineData("hf://owner/other", Token, "hf://owner/other does not exist")]
    [InlineData("hf://owner/name@v9", Token, "has no such revision")]
    [InlineData("hf://owner/name/nothing.json", Token, "does not exist")]
    [InlineData("hf://owner/name/no/thing.json", Token, "has no such file or folder")]
    [InlineData("hf://owner/name/*.csv", Token, "matches no file")]
    public async Task List_WhatIsNotThere_SaysWhatToDo(string address, string? token, string says)
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files, Token);
        using HubClient client = new(Options(server) with { Token = token });
        HubException error = await Assert.ThrowsAsync<HubException>(() => client.ListAsync(HubAddress.Parse(address), Cancellation));
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.True(error.IsRefusal);
        Assert.DoesNotContain("hf_", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_NoHub_SaysSo()
    {
        await using FakeOpenAIServer other = await FakeOpenAIServer.StartAsync(_ => FakeReply.Html(), answersGets: true);
        using HubClient client = new(
            new()
            {
                Endpoint = new Uri(other.Url, "/"),
                CacheFolder = _folder,
                FirstDelay = TimeSpan.Zero,
            }
        );
        HubException error = await Assert.ThrowsAsync<HubException>(() =>
            client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation)
        );
        Assert.Contains("does not answer as a Hugging Face hub does. Check HF_ENDPOINT.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_NobodyThere_IsUnreachable()
    {
        using HubClient client = new(
            new()
            {
                Endpoint = new Uri(FakeOpenAIServer.UnusedUrl(), "/"),
                CacheFolder = _folder,
                FirstDelay = TimeSpan.Zero,
            }
        );
        HubException error = await Assert.ThrowsAsync<HubException>(() =>
            client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation)
        );
        Assert.True(error.IsUnreachable);
    }

    [Theory]
    [InlineData("../out")]
    [InlineData("a/../../out")]
    [InlineData("/etc/out")]
    [InlineData("a\\b")]
    public async Task List_NameThatLeadsOutOfTheFolder_IsRefused(string path)
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", new Dictionary<string, byte[]> { [path] = [1] });
        using HubClient client = Client(server);
        HubException error = await Assert.ThrowsAsync<HubException>(() =>
            client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation)
        );
        Assert.Contains("cannot be used", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_HashThatIsNone_IsRefused()
    {
        await using FakeHub server = await FakeHub.StartAsync(
            "owner/name",
            Files,
            wrongHashes: new Dictionary<string, string> { [Small] = "../../evil" }
        );
        using HubClient client = Client(server);
        await Assert.ThrowsAsync<HubException>(() => client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation));
    }

    [Fact]
    public async Task Fetch_NoRoom_IsToldBeforeAnythingIsLoaded()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        using HubClient client = new(Options(server) with { FreeBytes = _ => 1000 });
        HubListing listing = await client.ListAsync(HubAddress.Parse($"hf://owner/name/{Large}"), Cancellation);
        HubException error = await Assert.ThrowsAsync<HubException>(() => client.FetchAsync(listing, cancellationToken: Cancellation));
        Assert.Contains("needs 300000 more bytes, and 1000 are free", error.Message, StringComparison.Ordinal);
        Assert.Empty(server.Downloads);
    }

    [Fact]
    public async Task Fetch_CacheThatCannotBeWritten_NamesIt()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        using HubClient client = new(Options(server) with { CacheFolder = _folder, FirstDelay = TimeSpan.Zero });
        HubListing listing = await client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation);
        HubException error = await Assert.ThrowsAsync<HubException>(() =>
            client.FetchToAsync(listing, file, cancellationToken: Cancellation)
        );
        Assert.Contains("cannot be kept in", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FetchTo_FolderWithAWrongFile_ReplacesItAlone()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        using HubClient client = Client(server);
        HubListing listing = await client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation);
        string folder = Path.Combine(_folder, "out");
        await client.FetchToAsync(listing, folder, cancellationToken: Cancellation);
        int before = server.Downloads.Count;
        File.WriteAllBytes(Path.Combine(folder, Large), new byte[Files[Large].Length]);
        await client.FetchToAsync(listing, folder, cancellationToken: Cancellation);
        Assert.All(Files, file => Assert.Equal(file.Value, File.ReadAllBytes(Path.Combine(folder, file.Key))));
        Assert.Equal(before + 1, server.Downloads.Count);
    }

    [Fact]
    public async Task Fetch_TwoAtOnce_LoadEachFileOnce()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        string[] snapshots = await Task.WhenAll(FetchAsync(server), FetchAsync(server));
        Assert.Equal(snapshots[0], snapshots[1]);
        Assert.Equal(Files.Count - 1, server.Downloads.Count);
    }

    [Fact]
    public async Task Fetch_Progress_EndsWithAllFilesAndBytes()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        using HubClient client = Client(server);
        List<HubProgress> told = [];
        await client.FetchAsync(await client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation), told.Add, Cancellation);
        long bytes = Files.Values.Sum(file => file.Length);
        Assert.Equal((bytes, bytes, Files.Count, Files.Count), (told[^1].Bytes, told[^1].BytesDone, told[^1].Files, told[^1].FilesDone));
        Assert.Equal(
            Files.Keys.Order(StringComparer.Ordinal),
            told.Where(progress => progress.Finished is not null).Select(progress => progress.Finished?.Path).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task FindKept_AfterADownload_IsItsFolder()
    {
        await using FakeHub server = await FakeHub.StartAsync("owner/name", Files);
        string snapshot = await FetchAsync(server);
        using HubClient client = new(Options(server) with { Offline = true });
        Assert.Equal(
            [snapshot, snapshot, null, null],
            new[] { "hf://owner/name", $"hf://owner/name@{FakeHub.Commit}", "hf://owner/name@v9", "hf://owner/other" }.Select(text =>
                client.FindKept(HubAddress.Parse(text))
            )
        );
        Assert.True(
            (
                await Assert.ThrowsAsync<HubException>(() => client.ListAsync(HubAddress.Parse("hf://owner/name"), Cancellation))
            ).IsUnreachable
        );
    }

    private HubOptions Options(FakeHub server) =>
        new()
        {
            Endpoint = server.Url,
            CacheFolder = _folder,
            FirstDelay = TimeSpan.FromMilliseconds(1),
        };

    private HubClient Client(FakeHub server) => new(Options(server));

    private async Task<string> FetchAsync(FakeHub server, string address = "hf://owner/name")
    {
        using HubClient client = Client(server);
        return await client.FetchAsync(await client.ListAsync(HubAddress.Parse(address), Cancellation), cancellationToken: Cancellation);
    }
}
