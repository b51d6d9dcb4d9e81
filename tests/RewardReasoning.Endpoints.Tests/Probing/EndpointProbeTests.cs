using System.Text.Json.Nodes;
using RewardReasoning.Endpoints.Probing;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests.Probing;

/// <summary>Probes of servers on real sockets, each of which behaves as its row says, or differs in one thing.</summary>
public sealed class EndpointProbeTests
{
    private static readonly QuirkyServer Vllm = new(ServerFlavour.Vllm);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<ServerFlavour> Flavours => [.. Enum.GetValues<ServerFlavour>()];

    private static async Task<EndpointProbeReport> ProbeAsync(QuirkyServer behaviour, string model = "")
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(behaviour.Answer, answersGets: true);
        using EndpointProbe probe = new(
            new()
            {
                Url = server.Url,
                Model = model,
                Tries = 2,
                FirstDelay = TimeSpan.FromMilliseconds(1),
            }
        );
        return await probe.RunAsync(Cancel);
    }

    [Theory]
    [MemberData(nameof(Flavours))]
    public async Task RunAsync_ServerLikeItsRow_FindsTheRow(ServerFlavour flavour)
    {
        ServerQuirks row = ServerQuirks.Of(flavour);
        EndpointProbeReport report = await ProbeAsync(new(flavour));
        Assert.Equal((flavour, "judge-7b", 32768, true), (report.Server, report.Model, report.ContextTokens, report.IsComplete));
        Assert.Null(report.RequestFields);
        Assert.Equal(Enum.GetValues<Capability>().SkipLast(1), report.Findings.Select(finding => finding.Capability));
        bool thinks = row.ThoughtField is not null;
        Assert.Equal(
            [
                (Capability.TokenLimit, true),
                (Capability.Seeds, row.Seeds),
                (Capability.LogProbs, row.LogProbs),
                (Capability.Choices, row.Choices),
                (Capability.ThoughtsApart, thinks ? true : null),
                (Capability.ThinkingOff, thinks && row.ThinkingSwitch != ThinkingSwitch.None ? true : null),
                (Capability.Prefill, row.Prefill != PrefillStyle.None),
                (Capability.ThinkingCap, row.ThinkingCap is not null ? true : null),
                (Capability.Streaming, true),
                (Capability.CacheReport, row.CacheReport is not null),
            ],
            report.Findings.Select(finding => (finding.Capability, finding.Has))
        );
        Assert.All(report.Findings, finding => Assert.False(finding.IsUnexpected));
        Assert.Contains(row.TokenLimitField, report[Capability.TokenLimit].Detail, StringComparison.Ordinal);
        Assert.Contains(row.ThoughtField ?? "no thought", report[Capability.ThoughtsApart].Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServerFlavour.Vllm)]
    [InlineData(ServerFlavour.LlamaCpp)]
    [InlineData(ServerFlavour.OpenAI)]
    public async Task RunAsync_ServerSaysNotWhatItIs_ItsWaysTell(ServerFlavour flavour) =>
        Assert.Equal(flavour, (await ProbeAsync(new(flavour) { Owner = "someone" })).Server);

    [Fact]
    public async Task RunAsync_SeedsAreIgnored_SaysSoAndThatOthersHaveThem()
    {
        int calls = 0;
        ProbeFinding seeds = (
            await ProbeAsync(Vllm with { Change = (_, reply) => reply with { Reasoning = $"{Interlocked.Increment(ref calls)}" } })
        )[Capability.Seeds];
        Assert.Equal((false, true), (seeds.Has, seeds.IsUnexpected));
        Assert.Contains("cannot be repeated", seeds.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_EverySeedGivesTheSameText_SaysThatVotesAreAlike()
    {
        ProbeFinding seeds = (
            await ProbeAsync(Vllm with { Change = (_, reply) => reply with { Reasoning = null, Content = "Always this." } })
        )[Capability.Seeds];
        Assert.False(seeds.Has);
        Assert.Contains("all be alike", seeds.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_NoTextAtAll_SaysNothingOfSeeds()
    {
        EndpointProbeReport report = await ProbeAsync(
            Vllm with
            {
                Change = (_, reply) =>
                    reply with
                    {
                        Reasoning = null,
                        Content = "",
                        Usage = new()
                        {
                            ["prompt_tokens"] = 9,
                            ["completion_tokens"] = 64,
                            ["completion_tokens_details"] = new JsonObject { ["reasoning_tokens"] = 64 },
                        },
                    },
            }
        );
        Assert.Null(report[Capability.Seeds].Has);
        Assert.Equal(
            (false, "64 tokens of thought were counted and none returned"),
            (report[Capability.ThoughtsApart].Has, report[Capability.ThoughtsApart].Detail)
        );
    }

    [Fact]
    public async Task RunAsync_ThoughtsInTheContent_SaysSo()
    {
        ProbeFinding thoughts = (
            await ProbeAsync(Vllm with { Change = (_, reply) => reply with { Reasoning = null, Content = "Hm.</think>The first." } })
        )[Capability.ThoughtsApart];
        Assert.False(thoughts.Has);
        Assert.Contains("in content", thoughts.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_ThinkingCapAndSwitchAreIgnored_SaysSo()
    {
        EndpointProbeReport report = await ProbeAsync(Vllm with { Change = (_, reply) => reply with { Reasoning = new string('h', 400) } });
        Assert.False(report[Capability.ThinkingCap].Has);
        Assert.Contains("ignored", report[Capability.ThinkingCap].Detail, StringComparison.Ordinal);
        Assert.False(report[Capability.ThinkingOff].Has);
    }

    [Fact]
    public async Task RunAsync_OneQuestionIsRefused_OnlyThatIsMissing()
    {
        EndpointProbeReport report = await ProbeAsync(
            Vllm with
            {
                Change = (request, reply) =>
                    request.Body.ContainsKey("logprobs") ? FakeReply.Error(400, "logprobs are not supported") : reply,
            }
        );
        Assert.Equal((false, true), (report[Capability.LogProbs].Has, report.IsComplete));
        Assert.Contains("logprobs are not supported", report[Capability.LogProbs].Detail, StringComparison.Ordinal);
        Assert.True(report[Capability.Prefill].Has);
    }

    [Fact]
    public async Task RunAsync_OneQuestionFails_IsNotCompleteAndGoesOn()
    {
        EndpointProbeReport report = await ProbeAsync(
            Vllm with
            {
                Change = (request, reply) => request.Body.ContainsKey("n") ? FakeReply.Error(500, "engine died") : reply,
            }
        );
        Assert.Equal(((bool?)null, true, false), (report[Capability.Choices].Has, report[Capability.Choices].Failed, report.IsComplete));
        Assert.True(report[Capability.Streaming].Has);
    }

    [Fact]
    public async Task RunAsync_SomethingFailsOnce_IsAskedAgain()
    {
        int calls = 0;
        EndpointProbeReport report = await ProbeAsync(
            Vllm with
            {
                Change = (request, reply) =>
                    request.Body.ContainsKey("n") && Interlocked.Increment(ref calls) == 1 ? FakeReply.Error(503, "busy") : reply,
            }
        );
        Assert.True(report[Capability.Choices].Has);
    }

    [Fact]
    public async Task RunAsync_TemperatureIsRefused_SaysWhichFieldsToLeaveOut()
    {
        EndpointProbeReport report = await ProbeAsync(
            new(ServerFlavour.OpenAI)
            {
                Change = (request, reply) =>
                    request.Body.ContainsKey("temperature") ? FakeReply.Error(400, "Unsupported value: 'temperature'") : reply,
            }
        );
        Assert.Equal("""{"temperature":null,"top_p":null}""", report.RequestFields?.ToJsonString());
        Assert.Equal(ServerFlavour.OpenAI, report.Server);
    }

    [Fact]
    public async Task RunAsync_EveryFormIsRefused_ThrowsTheFirstRefusal()
    {
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            ProbeAsync(Vllm with { Change = (request, _) => FakeReply.Error(400, request.Index == 1 ? "the reason" : "another reason") })
        );
        Assert.Contains("the reason", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("another", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_SeveralModels_OneHasToBeNamed()
    {
        QuirkyServer several = Vllm with { Models = ["a", "b"] };
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => ProbeAsync(several));
        Assert.Contains("a, b", error.Message, StringComparison.Ordinal);
        Assert.Equal(EndpointFailure.NoModel, error.Failure);
        EndpointProbeReport report = await ProbeAsync(several, "b");
        Assert.Equal("b", report.Model);
        Assert.Equal(["a", "b"], report.Models);
    }

    [Fact]
    public async Task RunAsync_NoListOfModels_OneHasToBeNamed()
    {
        QuirkyServer none = Vllm with { Models = [] };
        Assert.Contains(
            "no list of models",
            (await Assert.ThrowsAsync<EndpointException>(() => ProbeAsync(none))).Message,
            StringComparison.Ordinal
        );
        EndpointProbeReport report = await ProbeAsync(none, "m");
        Assert.Equal(("m", ServerFlavour.Vllm), (report.Model, report.Server)); // its prefill tells
        Assert.Empty(report.Models);
    }

    [Fact]
    public async Task RunAsync_BareListOfModels_IsRead()
    {
        EndpointProbeReport report = await ProbeAsync(
            Vllm with
            {
                ModelList = """[{"id":"org/judge","context_length":4096},{"id":"org/other"}]""",
            },
            "org/judge"
        );
        Assert.Equal((4096, "org/judge"), (report.ContextTokens, report.Model));
        Assert.Equal(["org/judge", "org/other"], report.Models);
    }

    [Fact]
    public async Task RunAsync_ListInAnotherForm_IsNotNeededWhereAModelIsNamed()
    {
        EndpointProbeReport report = await ProbeAsync(Vllm with { ModelList = """{"result":"ok"}""" }, "m");
        Assert.Equal(("m", true), (report.Model, report.IsComplete));
    }

    [Fact]
    public async Task RunAsync_ContextTooShortForTheQuestion_AsksAShorterOne()
    {
        EndpointProbeReport report = await ProbeAsync(
            new(ServerFlavour.Rrm)
            {
                Change = (request, reply) =>
                    request.Body.ToJsonString().Length > 1000
                        ? FakeReply.Error(400, "maximum context length is 1024 tokens, your prompt contains 1162 tokens")
                        : reply,
            }
        );
        Assert.Equal((ServerFlavour.Rrm, true), (report.Server, report.IsComplete));
        Assert.True(report[Capability.Prefill].Has);
    }

    [Theory]
    [InlineData(3, true, "same 3 tokens")]
    [InlineData(4, false, "void")]
    public async Task RunAsync_OwnTokenizer_IsComparedWithTheServers(int here, bool has, string detail)
    {
        QuirkyServer tokenizing = Vllm with
        {
            Change = (request, reply) => request.Path == "/tokenize" ? new FakeReply { Body = """{"count":3,"tokens":[5,6,7]}""" } : reply,
        };
        ProbeFinding finding = await TokenizationAsync(tokenizing, [.. Enumerable.Range(5, here)]);
        Assert.Equal(has, finding.Has);
        Assert.Contains(detail, finding.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, true)]
    [InlineData(29, false)]
    public async Task RunAsync_ServerWithoutTokenize_CountsThePrompt(int here, bool has)
    {
        QuirkyServer counting = Vllm with
        {
            Change = (request, reply) => request.Path == "/tokenize" ? FakeReply.Error(404, "no such path") : reply,
        };
        Assert.Equal(has, (await TokenizationAsync(counting, [.. Enumerable.Range(5, here)])).Has);
    }

    private static async Task<ProbeFinding> TokenizationAsync(QuirkyServer behaviour, int[] tokens)
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(behaviour.Answer, answersGets: true);
        using EndpointProbe probe = new(new() { Url = server.Url, Model = "judge-7b" }, _ => tokens);
        return (await probe.RunAsync(Cancel))[Capability.Tokenization];
    }

    [Fact]
    public async Task RunAsync_ListThatIsNone_SaysWhatCame()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ => FakeReply.Html(), answersGets: true);
        using EndpointProbe probe = new(
            new()
            {
                Url = server.Url,
                Model = "",
                Tries = 1,
            }
        );
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() => probe.RunAsync(Cancel));
        Assert.Contains("Welcome to nginx!", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunAsync_Cancelled_Ends()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ => new FakeReply { Hangs = true }, answersGets: true);
        using EndpointProbe probe = new(new() { Url = server.Url, Model = "m" });
        using CancellationTokenSource soon = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => probe.RunAsync(soon.Token));
    }

    [Fact]
    public void New_FaultyOptions_SaysWhich() =>
        Assert.Contains(
            "Tries is 0",
            Assert
                .Throws<ArgumentException>(() =>
                    new EndpointProbe(
                        new()
                        {
                            Url = new("http://h"),
                            Model = "",
                            Tries = 0,
                        }
                    )
                )
                .Message,
            StringComparison.Ordinal
        );
}
