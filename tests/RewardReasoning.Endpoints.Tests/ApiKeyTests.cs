using System.Collections;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

public sealed class ApiKeyTests : IDisposable
{
    private const string Key = "sk-test-0123456789";
    private readonly string _file = Path.GetTempFileName();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Fact]
    public async Task GetResponseAsync_KeyInAFile_IsSentWithoutItsLineEnd()
    {
        await File.WriteAllTextAsync(_file, $"{Key}\n", Cancel);
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Completion("Hi"));
        using EndpointChatClient client = new(
            new()
            {
                Url = server.Url,
                Model = "m",
                ApiKeyFile = _file,
            }
        );
        await client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel);
        Assert.Equal($"Bearer {Key}", server.Requests[0].Authorization);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(500)]
    [InlineData(200)]
    public async Task GetResponseAsync_ServerRepeatsTheKey_ItIsNowhereInTheFailure(int status)
    {
        await File.WriteAllTextAsync(_file, Key, Cancel);
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(
            new FakeReply { Status = status, Body = $"<html><title>{Key}</title></html>" },
            new FakeReply { Status = status, Body = new string('x', 190) + Key + Key }
        );
        List<string> notices = [];
        EndpointOptions options = new()
        {
            Url = server.Url,
            Model = "m",
            ApiKeyFile = _file,
            Tries = 2,
            FirstDelay = TimeSpan.FromMilliseconds(1),
            OnRetry = (failure, _, _) => notices.Add(failure.ToString()),
        };
        using EndpointChatClient client = new(options);
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            client.GetResponseAsync([new(ChatRole.User, "Hello")], null, Cancel)
        );
        string everything =
            string.Join('\n', notices)
            + error
            + string.Join('\n', error.Data.Cast<DictionaryEntry>().Select(entry => $"{entry.Key} {entry.Value}"))
            + options
            + JsonSerializer.Serialize(client.GetService(typeof(ChatClientMetadata)));
        Assert.DoesNotContain("sk-t", everything, StringComparison.Ordinal);
        Assert.DoesNotContain("0123", everything, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("two words", "more than a key")]
    [InlineData("key\nHost: evil", "more than a key")]
    public async Task Validate_FileWithoutAKey_SaysSoWithoutWhatItHolds(string content, string fault)
    {
        await File.WriteAllTextAsync(_file, content, Cancel);
        ArgumentException error = Assert.Throws<ArgumentException>(() =>
            new EndpointOptions
            {
                Url = new("http://localhost/v1"),
                Model = "m",
                ApiKeyFile = _file,
            }.Validate()
        );
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("evil", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_KeyFromTwoPlaces_IsAFault()
    {
        EndpointOptions options = new()
        {
            Url = new("http://localhost/v1"),
            Model = "m",
            ApiKeyFile = _file,
            ApiKeyVariable = "PATH",
        };
        Assert.Contains("both given", Assert.Throws<ArgumentException>(options.Validate).Message, StringComparison.Ordinal);
    }
}
