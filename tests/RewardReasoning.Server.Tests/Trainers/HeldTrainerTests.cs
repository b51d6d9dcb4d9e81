using System.Text.Json.Nodes;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Server.Tests.Rewards;

namespace RewardReasoning.Server.Tests.Trainers;

/// <summary>Trainers whose tries are few are held while the server is full, where other clients are sent away.</summary>
public sealed class HeldTrainerTests : IAsyncDisposable
{
    private readonly NumberJudge _judge = new();
    private RewardHost? _host;

    private RewardHost Host => _host ?? throw new InvalidOperationException("Start the host first.");

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }
    }

    [Theory]
    [InlineData("/get_reward?size=2")]
    [InlineData("/remote_rm?size=2")]
    [InlineData("/verify?size=2")]
    public async Task ServerIsFull_GroupIsHeldUntilThereIsRoom(string path)
    {
        await StartAsync(new RewardOptions { MaxOpenMembers = 2 });
        Task<RewardReply> first = Host.PostAsync("/v1/rewards", Member("full", 0, "a 1"));
        await UntilAsync(() => Host.Service.OpenMembers == 1);
        Task<RewardReply>[] held = [Host.PostAsync(path, Body(path, "1")), Host.PostAsync(path, Body(path, "2"))];
        RewardReply away = await Host.PostAsync("/v1/rewards", Member("other", 0, "a 1"));
        Assert.Equal((429, false), (away.Status, held[0].IsCompleted || held[1].IsCompleted));

        RewardReply[] full = [await Host.PostAsync("/v1/rewards", Member("full", 1, "b 2")), await first];
        Assert.All(full, reply => Assert.Equal(200, reply.Status));
        Assert.All(await Task.WhenAll(held), reply => Assert.Equal(200, reply.Status));
    }

    [Fact]
    public async Task ServerStaysFull_TheTrainerIsToldToTryAgainBeforeItsOwnClock()
    {
        await StartAsync(new RewardOptions { MaxOpenMembers = 2 });
        _ = Host.PostAsync("/v1/rewards", Member("full", 0, "a 1"));
        await UntilAsync(() => Host.Service.OpenMembers == 1);
        RewardReply reply = await Host.PostAsync("/get_reward?size=2&collect_s=0.1&judge_s=0.1", Body("/get_reward", "1"));
        Assert.Equal((429, "overload"), (reply.Status, reply.Json.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task ServerCloses_HeldTrainersAreAnsweredAtOnce()
    {
        await StartAsync(new RewardOptions { MaxOpenMembers = 2 });
        _ = Host.PostAsync("/v1/rewards", Member("full", 0, "a 1"));
        await UntilAsync(() => Host.Service.OpenMembers == 1);
        Task<RewardReply>[] held =
        [
            Host.PostAsync("/verify?size=2", Body("/verify", "1")),
            Host.PostAsync("/get_reward?size=2", Body("", "2")),
        ];
        Host.Service.BeginClosing();
        Assert.All(await Task.WhenAll(held), reply => Assert.Contains(reply.Status, new[] { 429, 503 }));
    }

    [Fact]
    public async Task TooManyBytesAreBeingRead_OthersAreSentAwayAndTrainersAreHeld()
    {
        Admission bodies = new(1, "MiB of requests");
        await StartAsync(new RewardOptions(), bodies);
        Task<RewardReply>[] held;
        using (bodies.Enter())
        {
            RewardReply away = await Host.PostAsync("/v1/rewards", Member("one", 0, "a 1"));
            Assert.Equal((429, Admission.FullCode), (away.Status, away.Json.GetProperty("code").GetString()));
            held = [Host.PostAsync("/get_reward?size=2", Body("", "1")), Host.PostAsync("/get_reward?size=2", Body("", "2"))];
            await Task.Delay(250, TestContext.Current.CancellationToken);
            Assert.DoesNotContain(held, reply => reply.IsCompleted);
        }

        Assert.All(await Task.WhenAll(held), reply => Assert.Equal(200, reply.Status));
    }

    private static JsonObject Member(string group, int index, string response) =>
        new()
        {
            ["group"] = group,
            ["index"] = index,
            ["size"] = 2,
            ["query"] = "Which number is greater?",
            ["response"] = response,
            ["wait_s"] = 60,
        };

    private static JsonObject Body(string path, string number) =>
        path.StartsWith("/verify", StringComparison.Ordinal)
            ? new()
            {
                ["responses_create_params"] = new JsonObject { ["input"] = "How many?" },
                ["response"] = new JsonObject
                {
                    ["output"] = new JsonArray(
                        new JsonObject
                        {
                            ["type"] = "message",
                            ["role"] = "assistant",
                            ["content"] = new JsonArray(new JsonObject { ["type"] = "output_text", ["text"] = number }),
                        }
                    ),
                },
            }
        : path.StartsWith("/remote_rm", StringComparison.Ordinal)
            ? new()
            {
                ["prompt"] = "How many?",
                ["response"] = number,
                ["label"] = "2",
            }
        : new()
        {
            ["query"] = new JsonArray($"How many? {number}"),
            ["prompts"] = new JsonArray("How many? "),
            ["labels"] = new JsonArray("2"),
        };

    private async Task StartAsync(RewardOptions options, Admission? bodies = null) =>
        _host = await RewardHost.StartAsync(_judge.ToRewardJudge(), options, bodies: bodies);

    private static async Task UntilAsync(Func<bool> holds)
    {
        for (int tries = 0; !holds() && tries < 500; tries++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.True(holds());
    }
}
