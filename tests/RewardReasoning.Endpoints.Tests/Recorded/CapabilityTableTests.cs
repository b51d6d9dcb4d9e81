using System.Net;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests.Recorded;

/// <summary>
/// The table of servers and capabilities in docs/endpoints.md: each cell is what a recorded answer shows when it is replayed.
/// </summary>
public sealed class CapabilityTableTests
{
    private static readonly string[] Servers = ["vLLM 0.32", "llama-server 0.6", "transformers 5.24 serve"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static async Task<ChatResponse> ReplayAsync(string name, bool stream = false)
    {
        Recording recording = Recording.Load(name);
        await using LoopbackServer server = await recording.ServeAsync();
        return await recording.AskAsync(server.Url, stream, Cancel);
    }

    private static async Task<EndpointException> RefusedAsync(string name)
    {
        Recording recording = Recording.Load(name);
        await using LoopbackServer server = await recording.ServeAsync();
        return await Assert.ThrowsAsync<EndpointException>(() => recording.AskAsync(server.Url, stream: false, Cancel));
    }

    private static void Documented(string capability, params string[] cells)
    {
        string document = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "endpoints.md"));
        Assert.Contains($"| | {string.Join(" | ", Servers)} |", document, StringComparison.Ordinal);
        Assert.Contains($"| {capability} | {string.Join(" | ", cells)} |", document, StringComparison.Ordinal);
    }

    private static double? FirstProbability(ChatResponse response) =>
        response.AdditionalProperties?[ChatResponseKeys.TokenTopLogProbs] is KeyValuePair<string, float>[][] top
            ? SoftVerdict.FirstProbability(top[0])
            : null;

    [Fact]
    public async Task Seeds()
    {
        Documented("same seed, same text", "yes", "yes", "yes");
        foreach (string server in (string[])["vllm", "vllm-reasoning", "llamacpp", "transformers-serve"])
        {
            ChatResponse one = await ReplayAsync($"{server}/chat"),
                again = await ReplayAsync($"{server}/chat-same-seed");
            Assert.Equal((Recording.ThoughtOf(one), one.Text), (Recording.ThoughtOf(again), again.Text));
        }
    }

    [Fact]
    public async Task LogProbs()
    {
        Documented("log-probs", "yes", "yes", "ignored");
        foreach (
            string name in (string[])
                ["vllm/chat-logprobs", "vllm/chat-stream-logprobs", "llamacpp/chat-logprobs", "llamacpp/chat-stream-logprobs"]
        )
        {
            ChatResponse response = await ReplayAsync(name);
            string[] tokens = Assert.IsType<string[]>(response.AdditionalProperties?[ChatResponseKeys.TokenTexts]);
            Assert.Equal(response.Text, string.Concat(tokens));
            var top = Assert.IsType<KeyValuePair<string, float>[][]>(response.AdditionalProperties?[ChatResponseKeys.TokenTopLogProbs]);
            Assert.All(top, entries => Assert.True(entries.Length >= 3));
        }

        Assert.False(
            (await ReplayAsync("transformers-serve/chat-logprobs")).AdditionalProperties?.ContainsKey(ChatResponseKeys.TokenTexts)
        );
    }

    [Fact]
    public async Task Streaming()
    {
        Documented("streaming, with usage at the end", "yes", "yes", "yes");
        foreach (string server in (string[])["vllm", "vllm-reasoning", "llamacpp", "llamacpp-reasoning", "transformers-serve"])
        {
            ChatResponse response = await ReplayAsync($"{server}/chat-stream", stream: true);
            Assert.True(response.Usage?.OutputTokenCount is > 0 and <= 8);
            Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        }
    }

    [Fact]
    public async Task ReasoningApart()
    {
        Documented("reasoning in", "`reasoning`", "`reasoning_content`", "`content`, with its closing tag");
        ChatResponse vllm = await ReplayAsync("vllm-reasoning/chat");
        Assert.Equal((@"\boxed{Assistant 1}", null), (vllm.Text, vllm.Usage?.ReasoningTokenCount));
        Assert.StartsWith("12*4+7|", Recording.ThoughtOf(vllm), StringComparison.Ordinal);
        Assert.StartsWith(
            "\nThe correct answer",
            Recording.ThoughtOf(await ReplayAsync("llamacpp-reasoning/chat")),
            StringComparison.Ordinal
        );
        Completion transformers = Completion.From(await ReplayAsync("transformers-serve/chat"), TimeSpan.Zero);
        Assert.Equal((Verdict.First, @"\boxed{Assistant 1}"), (VerdictParser.Parse(transformers), transformers.Answer));
        Assert.StartsWith("12*4+7|", transformers.Reasoning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prefill()
    {
        Documented("prefill", "`continue_final_message`", "last message, repeated where it does not stream", "starts over");
        ChatResponse vllm = await ReplayAsync("vllm-reasoning/chat-prefill-continue");
        Assert.Equal("1}", Recording.ThoughtOf(vllm) + vllm.Text);
        Assert.Equal("1}", (await ReplayAsync("vllm-reasoning/chat-prefill-stream")).Text);
        foreach (string name in (string[])["chat-prefill-plain", "chat-prefill-continue", "chat-prefill-stream"])
        {
            Assert.StartsWith("1}", (await ReplayAsync($"llamacpp/{name}")).Text, StringComparison.Ordinal);
            Assert.StartsWith("1}", (await ReplayAsync($"llamacpp-reasoning/{name}")).Text, StringComparison.Ordinal);
        }

        Assert.StartsWith("8=8</think>", (await ReplayAsync("transformers-serve/chat-prefill-plain")).Text, StringComparison.Ordinal);
        Assert.Equal(EndpointFailure.Refused, (await RefusedAsync("transformers-serve/chat-prefill-continue")).Failure);
    }

    [Fact]
    public async Task ForcedVerdict()
    {
        Documented("verdict limited to 1 or 2", "`structured_outputs.choice`", "`grammar`", "-");
        ChatResponse vllm = await ReplayAsync("vllm-reasoning/chat-prefill-choice");
        Assert.Equal("1", Recording.ThoughtOf(vllm) + vllm.Text);
        Assert.Equal(0.5101, FirstProbability(vllm) ?? 0, 3);
        ChatResponse llama = await ReplayAsync("llamacpp-reasoning/chat-prefill-grammar");
        Assert.Equal("1", llama.Text);
        Assert.Equal(0.8454, FirstProbability(llama) ?? 0, 3);
    }

    [Fact]
    public async Task ThinkingCap()
    {
        Documented("cap on reasoning", "`thinking_token_budget`", "`thinking_budget_tokens`", "-");
        ChatResponse vllm = await ReplayAsync("vllm-reasoning/chat-thinking-budget");
        Assert.Equal(("12*4+7|12*4:2*4=8,1*", @"\boxed{Assistant 2}"), (Recording.ThoughtOf(vllm), vllm.Text));
        ChatResponse llama = await ReplayAsync("llamacpp-reasoning/chat-thinking-budget-message");
        Assert.EndsWith(" I have to decide now.", Recording.ThoughtOf(llama), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ContextErrors()
    {
        Documented("prompt too long", "400, a lower bound of its length", "400, with both lengths", "-");
        EndpointException vllm = await RefusedAsync("vllm/error-context-chat"),
            llama = await RefusedAsync("llamacpp/error-context-chat");
        Assert.Equal((2049, 2048), (vllm.Data[ChatResponseKeys.PromptTokens], vllm.Data[ChatResponseKeys.ContextTokens]));
        Assert.Equal((3031, 2048), (llama.Data[ChatResponseKeys.PromptTokens], llama.Data[ChatResponseKeys.ContextTokens]));
        Documented("`max_tokens` beyond the context", "400", "taken", "taken");
        Assert.Equal(EndpointFailure.TooLong, (await RefusedAsync("vllm/error-context-max-tokens")).Failure);
        Assert.NotEmpty((await ReplayAsync("llamacpp/error-context-max-tokens")).Text);
        Assert.NotEmpty((await ReplayAsync("transformers-serve/error-context-max-tokens")).Text);
    }

    [Fact]
    public async Task Loading()
    {
        Documented("while it starts", "connection refused", "503", "connection refused");
        EndpointException error = await RefusedAsync("llamacpp/error-loading");
        Assert.Equal((EndpointFailure.Unavailable, HttpStatusCode.ServiceUnavailable), (error.Failure, error.Status));
        Assert.Contains("Loading model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongKey()
    {
        Documented("wrong or missing key", "401", "401", "-");
        foreach (string name in (string[])["vllm/error-no-key", "llamacpp/error-no-key", "llamacpp/error-wrong-key"])
        {
            EndpointException error = await RefusedAsync(name);
            Assert.Equal((HttpStatusCode.Unauthorized, EndpointFailure.Account), (error.Status, error.Failure));
        }
    }

    [Fact]
    public async Task UnknownFields()
    {
        Documented("unknown fields", "ignored", "ignored", "422");
        Assert.NotEmpty((await ReplayAsync("vllm/chat-unknown-field")).Text);
        Assert.NotEmpty((await ReplayAsync("llamacpp/chat-unknown-field")).Text);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, (await RefusedAsync("transformers-serve/chat-unknown-field")).Status);
    }

    [Fact]
    public async Task ContextLength()
    {
        Documented("context length in `/v1/models`", "`max_model_len`", "`meta.n_ctx`", "-");
        Assert.Equal(2048, await ContextOfAsync("vllm/models", "smol"));
        Assert.Equal(2048, await ContextOfAsync("llamacpp/models", "smol"));
        Assert.Null(await ContextOfAsync("transformers-serve/models", "models/rrm-mini"));
    }

    private static async Task<int?> ContextOfAsync(string name, string model)
    {
        await using LoopbackServer server = await Recording.Load(name).ServeAsync();
        using HttpClient http = new();
        EndpointServer asked = new(server.Url, new() { Url = server.Url, Model = model }, null, http, TimeProvider.System);
        return (await asked.ContextAsync(model, ServerFlavour.Generic, Cancel)).Tokens;
    }

    [Theory]
    [InlineData("vllm-reward-model/classify-chat")]
    [InlineData("vllm-reward-model/pooling-chat")]
    public async Task RewardModel_RawScore_IsThatOfTheModelInProcess(string name)
    {
        await using LoopbackServer server = await Recording.Load(name).ServeAsync();
        using EndpointScalarJudge judge = new(new() { Url = server.Url, Model = "rm" });
        Assert.Equal(0.00784784, await judge.ScoreAsync("2+2", "4", Cancel), 6); // transformers' own
        Judgment judgment = await judge.JudgeAsync(new("2+2", "4", "5"), Cancel);
        Assert.Equal((DrawBreak.Coin, 14), (judgment.DrawBrokenBy, judgment.Usage.PromptTokens));
    }

    [Theory]
    [InlineData("vllm-reward-model/error-too-long", EndpointFailure.TooLong)]
    [InlineData("vllm-reward-model/error-model", EndpointFailure.Refused)]
    [InlineData("vllm-reward-model/models", EndpointFailure.NoCompletion)]
    public async Task RewardModel_NoScore_IsATypedFailure(string name, EndpointFailure failure)
    {
        await using LoopbackServer server = await Recording.Load(name).ServeAsync();
        using EndpointScalarJudge judge = new(
            new()
            {
                Url = server.Url,
                Model = "rm",
                Tries = 1,
            }
        );
        Assert.Equal(failure, (await Assert.ThrowsAsync<EndpointException>(() => judge.ScoreAsync("2+2", "4", Cancel))).Failure);
    }
}
