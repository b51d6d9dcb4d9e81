using System.Net.Http.Headers;
using RewardReasoning.Server.Keys;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests;

/// <summary>Keys of a file: made, kept as hashes, checked, limited, revoked while the server runs.</summary>
public sealed class KeyTests : IDisposable
{
    private const string Pair = """{"query": "q", "response_1": "a", "response_2": "b"}""";

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Keys => Path.Combine(_folder.Path, "keys.json");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Add_KeepsOnlyTheHash_InAFileThatOthersCannotRead()
    {
        string key = KeyFile.Add(Keys, "trainer", 8, 600, _time);
        Assert.StartsWith("rrm_", key, StringComparison.Ordinal);
        Assert.DoesNotContain(key[4..], File.ReadAllText(Keys), StringComparison.Ordinal);
        ServerKey entry = Assert.Single(KeyFile.Load(Keys));
        Assert.Equal(("trainer", 8, 600, _time.GetUtcNow()), (entry.Name, entry.AtOnce, entry.PerMinute, entry.Created));
        Assert.NotEqual(key, KeyFile.Add(Keys, "other"));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Keys));
        }
    }

    [Theory]
    [InlineData("two words")]
    [InlineData("")]
    [InlineData("a\n")]
    [InlineData("taken")]
    public void Add_NameThatCannotBeUsed_IsRefusedAndChangesNothing(string name)
    {
        KeyFile.Add(Keys, "taken");
        string before = File.ReadAllText(Keys);
        Assert.Throws<KeyFileException>(() => KeyFile.Add(Keys, name));
        Assert.Equal(before, File.ReadAllText(Keys));
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("{}")]
    [InlineData("""{"keys": [{"name": "a"}]}""")]
    [InlineData("""{"keys": [{"name": "a", "hash": "sha256:12"}]}""")]
    [InlineData("""{"keys": [null]}""")]
    public void Load_WhatIsNoFileOfKeys_IsRefused(string text)
    {
        File.WriteAllText(Keys, text);
        Assert.Throws<KeyFileException>(() => KeyFile.Load(Keys));
    }

    [Fact]
    public async Task Request_WithoutOneOfTheKeys_IsRefused()
    {
        string first = KeyFile.Add(Keys, "first");
        string second = KeyFile.Add(Keys, "second");
        await using ServedJudge served = await StartAsync();
        foreach (string right in new[] { first, second })
        {
            Assert.Equal(200, await JudgeAsync(served, right));
        }

        foreach (string? wrong in new[] { null, "", first[..^1], first + "x", KeyFile.Load(Keys)[0].Hash })
        {
            Assert.Equal(401, await JudgeAsync(served, wrong));
        }

        Assert.Equal(200, (await served.GetAsync("/health")).Status);
        Assert.Equal(401, (await served.GetAsync($"/v1/judgments?key={first}")).Status);
    }

    [Fact]
    public async Task Key_RemovedOrAdded_CountsWithoutARestart()
    {
        string removed = KeyFile.Add(Keys, "removed");
        await using ServedJudge served = await StartAsync();
        Assert.Equal(200, await JudgeAsync(served, removed));
        KeyFile.Remove(Keys, "removed");
        string added = KeyFile.Add(Keys, "added");
        File.SetLastWriteTimeUtc(Keys, DateTime.UnixEpoch.AddDays(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((401, 200), (await JudgeAsync(served, removed), await JudgeAsync(served, added)));
    }

    [Fact]
    public async Task File_ThatBreaksWhileServing_LeavesTheOldKeysInForce()
    {
        List<string> told = [];
        string key = KeyFile.Add(Keys, "a");
        await using ServedJudge served = await StartAsync(told.Add);
        File.WriteAllText(Keys, "broken");
        File.SetLastWriteTimeUtc(Keys, DateTime.UnixEpoch.AddDays(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((200, 401), (await JudgeAsync(served, key), await JudgeAsync(served, "other")));
        Assert.Contains("stay in force", Assert.Single(told), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requests_BeyondTheLimitAMinute_WaitUntilTheOldestIsAMinuteOld()
    {
        string key = KeyFile.Add(Keys, "a", perMinute: 2);
        string other = KeyFile.Add(Keys, "b");
        await using ServedJudge served = await StartAsync();
        Assert.Equal(200, await JudgeAsync(served, key));
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(200, await JudgeAsync(served, key));
        JudgeAnswer refused = await AskAsync(served, key);
        Assert.Equal((429, "rate_limited"), (refused.Status, refused.Json.GetProperty("code").GetString()));
        Assert.Equal(TimeSpan.FromSeconds(40), refused.Headers.RetryAfter?.Delta);
        Assert.Equal(200, await JudgeAsync(served, other));
        _time.Advance(TimeSpan.FromSeconds(40));
        Assert.Equal((200, 429), (await JudgeAsync(served, key), await JudgeAsync(served, key)));
    }

    [Fact]
    public async Task Requests_BeyondTheLimitAtOnce_AreRefusedUntilOneEnds()
    {
        TaskCompletionSource free = new();
        using GatedJudgeClient client = new(free.Task);
        string key = KeyFile.Add(Keys, "a", atOnce: 1);
        await using ServedJudge served = await ServedJudge.StartAsync(client, options => options with { KeyFile = Keys });
        Task<int> first = JudgeAsync(served, key);
        await client.Asked.WaitAsync(Cancellation);
        Assert.Equal(429, await JudgeAsync(served, key));
        free.SetResult();
        Assert.Equal((200, 200), (await first, await JudgeAsync(served, key)));
    }

    [Theory]
    [InlineData("0.0.0.0", false, false, false)]
    [InlineData("0.0.0.0", true, false, true)]
    [InlineData("0.0.0.0", false, true, true)]
    [InlineData("::", false, false, false)]
    [InlineData("127.0.0.1", false, false, true)]
    [InlineData("::1", false, false, true)]
    public void Address_ThatOthersReach_NeedsKeysOrTheWordOfTheUser(string host, bool keys, bool withoutKeys, bool isFine)
    {
        JudgeServerOptions options = new()
        {
            Host = host,
            KeyFile = keys ? Keys : null,
            WithoutKeys = withoutKeys,
        };
        if (isFine)
        {
            options.Validate();
        }
        else
        {
            Assert.Contains("--without-keys", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("127.0.0.1", "judge.example", "", 421)]
    [InlineData("127.0.0.1", "judge.example", "judge.example", 200)]
    [InlineData("127.0.0.1", "JUDGE.example", "judge.example", 200)]
    [InlineData("0.0.0.0", "judge.example", "", 421)]
    [InlineData("0.0.0.0", "192.0.2.7", "", 200)]
    [InlineData("0.0.0.0", "192.0.2.7", "judge.example", 421)]
    [InlineData("0.0.0.0", "localhost", "judge.example", 200)]
    public async Task Host_OutsideOfLoopback_IsAnsweredWhereItIsAllowed(string listens, string named, string allowed, int status)
    {
        using ScriptedChatClient client = ScriptedChatClient.Of("a");
        await using ServedJudge served = await ServedJudge.StartAsync(
            client,
            options => options with { Host = listens, WithoutKeys = true, AllowedHosts = allowed.Length == 0 ? [] : [allowed] }
        );
        using HttpRequestMessage request = new(HttpMethod.Get, $"http://127.0.0.1:{served.Server.Url.Port}/health");
        request.Headers.Host = named;
        Assert.Equal(status, (await served.SendAsync(request)).Status);
    }

    private Task<ServedJudge> StartAsync(Action<string>? told = null) =>
        ServedJudge.StartAsync(
            ScriptedChatClient.Of(@"\boxed{Assistant 1}"),
            options => options with { KeyFile = Keys, OnFailure = told },
            time: _time
        );

    private static async Task<int> JudgeAsync(ServedJudge served, string? key) => (await AskAsync(served, key)).Status;

    private static async Task<JudgeAnswer> AskAsync(ServedJudge served, string? key)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(served.Server.Url, "/v1/judge"))
        {
            Content = new StringContent(Pair, System.Text.Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return await served.SendAsync(request);
    }
}
