using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Endpoints;
using RewardReasoning.Testing;

namespace RewardReasoning.Training.Tests.Policies;

/// <summary>A service of rewards on a socket, whose rewards a test decides.</summary>
internal sealed class FakeRewardService : IAsyncDisposable
{
    private readonly ConcurrentQueue<JsonArray> _groups = [];
    private LoopbackServer _server = null!;

    private FakeRewardService() { }

    /// <summary>What <c>GET /v1/judge</c> says.</summary>
    public string Judge { get; set; } = """{"judge": {"model": "fake", "seed": 42}, "domain": null}""";

    /// <summary>The groups that came, each a list of members.</summary>
    public IReadOnlyCollection<JsonArray> Groups => _groups;

    public Uri Url => new(_server.Url, "/v1");

    /// <param name="rewardOf">The reward of a response; null for a judge that fails at it.</param>
    public static async Task<FakeRewardService> StartAsync(Func<string, double?> rewardOf)
    {
        FakeRewardService service = new();
        service._server = await LoopbackServer.StartAsync(context => service.AnswerAsync(context, rewardOf));
        return service;
    }

    public RewardClient Client() => new(new() { Url = Url, Attempts = 1 });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, Func<string, double?> rewardOf)
    {
        context.Response.ContentType = "application/json";
        if (context.Request.Path == "/v1/judge")
        {
            await context.Response.WriteAsync(Judge);
            return;
        }

        JsonArray members = (await JsonNode.ParseAsync(context.Request.Body))?.AsArray() ?? [];
        _groups.Enqueue(members);
        await context.Response.WriteAsync(
            JsonSerializer.Serialize(
                members.Select(member =>
                {
                    double? reward = rewardOf((string?)member?["response"] ?? "");
                    return new
                    {
                        state = "done",
                        reward,
                        wins = reward > 0.5 ? 1 : 0,
                        losses = reward < 0.5 ? 1 : 0,
                        matches = 1,
                        failure = reward is null
                            ? new
                            {
                                @class = "unparsable",
                                stage = "judge",
                                retryable = false,
                                detail = "no verdict",
                            }
                            : null,
                        usage = new { prompt_tokens = 10, output_tokens = 2 },
                    };
                })
            )
        );
    }
}
