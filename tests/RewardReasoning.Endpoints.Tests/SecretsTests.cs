using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>How keys are sent, and that they are shown nowhere.</summary>
public sealed class SecretsTests
{
    private const string Key = "sk-te+st/0123==";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<string> AskAsync(EndpointOptions options)
    {
        using EndpointChatClient client = new(options with { Tries = 1 });
        return (await client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel)).Text;
    }

    [Fact]
    public async Task Request_KeyInAHeaderOfItsOwn_IsSentAsItIs()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        await AskAsync(
            new()
            {
                Url = server.Url,
                Model = "m",
                ApiKey = Key,
                ApiKeyHeader = "x-api-key",
                Headers = new Dictionary<string, string> { ["X-Title"] = "judge" },
            }
        );
        Assert.Equal(
            (Key, "judge", null),
            (server.Requests[0].Header("x-api-key"), server.Requests[0].Header("X-Title"), server.Requests[0].Authorization)
        );
    }

    [Fact]
    public async Task Request_AddressOfAzuresForm_HasTheKeyInItsHeaderToo()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        Uri url = new(server.Url, "/openai/deployments/m?api-version=2024-10-21");
        await AskAsync(
            new()
            {
                Url = url,
                Model = "m",
                ApiKey = Key,
            }
        );
        Assert.Equal("/openai/deployments/m/chat/completions", server.Requests[0].Path);
        Assert.Equal((Key, $"Bearer {Key}"), (server.Requests[0].Header("api-key"), server.Requests[0].Authorization));
    }

    [Fact]
    public async Task Request_KeyFromACallback_IsAskedForEachTime()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        int calls = 0;
        EndpointOptions options = new()
        {
            Url = server.Url,
            Model = "m",
            ApiKeyProvider = _ => ValueTask.FromResult($"key-number-{++calls}"),
        };
        using EndpointChatClient client = new(options);
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel);
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel);
        Assert.Equal(["Bearer key-number-1", "Bearer key-number-2"], server.Requests.Select(request => request.Authorization));
    }

    [Fact]
    public async Task Request_OwnHttpClient_IsUsedAndNotDisposed()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        using HttpClient own = new();
        own.DefaultRequestHeaders.Add("X-Own", "yes");
        EndpointOptions options = new()
        {
            Url = server.Url,
            Model = "m",
            HttpClient = own,
        };
        await AskAsync(options);
        Assert.Equal("Hi", await AskAsync(options));
        Assert.Equal("yes", server.Requests[1].Header("X-Own"));
    }

    [Theory]
    [InlineData("the key sk-te+st/0123== is wrong")]
    [InlineData("""{"error":"sk-te\u002Bst\/0123\u003d\u003D"}""")]
    [InlineData("https://a.test/?key=sk-te%2Bst%2F0123%3d%3D")]
    [InlineData("<p>sk-te&#43;st&#x2F;0123&#61;=</p>")]
    public async Task Failure_ServerRepeatsTheKeyInAnyForm_DoesNotShowIt(string body)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(new FakeReply { Status = 401, Body = body });
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            AskAsync(
                new()
                {
                    Url = server.Url,
                    Model = "m",
                    ApiKey = Key,
                }
            )
        );
        Assert.Contains("***", error.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("0123", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failure_KeyInTheLocation_IsNotShown()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply
            {
                Status = 302,
                Body = "",
                Headers = new Dictionary<string, string> { ["Location"] = "http://a.test/0123456789ab/v1" },
            }
        );
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            AskAsync(
                new()
                {
                    Url = server.Url,
                    Model = "m",
                    ApiKey = "0123456789ab",
                }
            )
        );
        Assert.DoesNotContain("0123", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Redacted_AddressAndFields_ShowNoSecret()
    {
        Uri shown = EndpointOptions.Redacted(new Uri("http://me:hunter2@a.test/v1?api-version=1&key=abcdef&access_token=xyz123"));
        Assert.Equal("http://a.test/v1?api-version=1&key=***&access_token=***", shown.ToString());
        JsonObject fields = new()
        {
            ["top_k"] = 5,
            ["max_tokens"] = 9,
            ["api_key"] = "abcdef",
            ["metadata"] = new JsonObject { ["Authorization"] = "Bearer abcdef", ["user"] = "me" },
        };
        Assert.Equal(
            """{"top_k":5,"max_tokens":9,"api_key":"***","metadata":{"Authorization":"***","user":"me"}}""",
            EndpointOptions.Redacted(fields).ToJsonString()
        );
        Assert.Equal("abcdef", fields["api_key"]?.GetValue<string>());
    }

    [Fact]
    public void OptionsAndIdentity_ShowNoSecret()
    {
        EndpointOptions options = new()
        {
            Url = new("http://a.test/v1?key=abcdef"),
            Model = "m",
            ApiKey = Key,
            Headers = new Dictionary<string, string> { ["x-api-key"] = "abcdef" },
            ExtraFields = new() { ["token"] = "abcdef", ["top_k"] = 5 },
        };
        using EndpointChatClient client = new(options);
        string everything = options + ChatOptionKeys.ModelIdentityOf(client);
        Assert.DoesNotContain("abcdef", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("0123", everything, StringComparison.Ordinal);
        Assert.Contains("\"top_k\":5", everything, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Bad Name", "v", "named 'Bad Name'")]
    [InlineData("X-Ok", "a\nHost: evil", "control characters")]
    public void Validate_HeaderThatCannotBeSent_IsAFault(string name, string value, string fault)
    {
        EndpointOptions options = new()
        {
            Url = new("http://a.test/v1"),
            Model = "m",
            Headers = new Dictionary<string, string> { [name] = value },
        };
        Assert.Contains(fault, Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }
}
