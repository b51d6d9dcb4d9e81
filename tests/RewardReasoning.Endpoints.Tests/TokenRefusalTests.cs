using System.Net;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

/// <summary>Refusals for too many tokens, in the words of each server and in any wrapping.</summary>
public sealed class TokenRefusalTests
{
    private const string Vllm =
        "This model's maximum context length is 2048 tokens. "
        + "However, your prompt contains at least 2049 input tokens, which exceeds this limit.";
    private const string OpenRouter =
        "This endpoint's maximum context length is 8192 tokens. "
        + "However, you requested about 8892 tokens (700 of text input, 8192 in the output).";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Vllm, 2048, 2049, true, null)]
    [InlineData("max_tokens=8192 cannot be greater than max_model_len=2048. Please request fewer output tokens.", 2048, null, false, null)]
    [InlineData(OpenRouter, 8192, 700, false, null)]
    [InlineData(
        "This model's maximum context length is 8192 tokens, "
            + "however you requested 8892 tokens (700 in your prompt; 8192 for the completion).",
        8192,
        700,
        false,
        null
    )]
    [InlineData("However, your messages resulted in 9000 tokens. maximum context length is 4,096 tokens.", 4096, 9000, false, null)]
    [InlineData("The input (9000 tokens) is longer than the model's context length (4096 tokens).", 4096, 9000, false, null)]
    [InlineData(
        "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
        32768,
        40000,
        false,
        null
    )]
    [InlineData(
        """{"error":{"message":"request (3031 tokens) exceeds the context size (2048 tokens)","n_prompt_tokens":3031,"n_ctx":2048}}""",
        2048,
        3031,
        false,
        null
    )]
    [InlineData("Requested tokens (9000) exceed context window of 4096", 4096, 9000, false, null)]
    [InlineData("prompt is too long: 210000 tokens > 200000 maximum", 200000, 210000, false, null)]
    [InlineData("input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000, decrease them", 200000, 199000, false, null)]
    [InlineData("The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).", 1048576, 1200000, false, null)]
    [InlineData(
        "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 700 `inputs` tokens and 8192 `max_new_tokens`",
        4096,
        700,
        false,
        null
    )]
    [InlineData("max_tokens is too large: 8192. This model supports at most 4096 completion tokens", null, null, false, 4096)]
    [InlineData("Invalid max_tokens value, the valid range of max_tokens is [1, 4096]", null, null, false, 4096)]
    [InlineData("`max_tokens` must be less than or equal to `4096`, the maximum value for this model", null, null, false, 4096)]
    [InlineData(
        """{"error":{"code":"context_length_exceeded","message":"Your input exceeds the context window"}}""",
        null,
        null,
        false,
        null
    )]
    [InlineData(
        """{"detail":"litellm.BadRequestError: {\"error\":{\"n_prompt_tokens\":3031,\"n_ctx\":2048}} context"}""",
        2048,
        3031,
        false,
        null
    )]
    public void Read_WordsOfAServer_GivesItsNumbers(string body, int? context, int? prompt, bool isLowerBound, int? output)
    {
        TokenRefusal? refusal = TokenRefusal.Read(HttpStatusCode.BadRequest, body);
        Assert.Equal(
            (context, prompt, isLowerBound, output),
            (refusal?.ContextTokens, refusal?.PromptTokens, refusal?.PromptIsLowerBound, refusal?.MostOutputTokens)
        );
    }

    [Theory]
    [InlineData(400, "temperature must be non-negative, got -1.0")]
    [InlineData(400, "Invalid token in request header")]
    [InlineData(401, Vllm)]
    [InlineData(429, "Rate limit reached: 90000 tokens per min, maximum context length is 4096")]
    [InlineData(503, Vllm)]
    public void Read_RefusalForSomethingElse_IsNone(int status, string body) =>
        Assert.Null(TokenRefusal.Read((HttpStatusCode)status, body));

    /// <summary>The server's prompt has 700 tokens, of which it tells a lower bound, nothing, or the number.</summary>
    [Theory]
    [InlineData(
        "maximum context length is 8192 tokens. However, you requested {1} output tokens and your prompt contains at least {0} input tokens"
    )]
    [InlineData("This model's maximum context length is 8192 tokens.")]
    [InlineData("max_tokens={1} cannot be greater than max_model_len=8192. Please request fewer output tokens.")]
    [InlineData(OpenRouter)]
    [InlineData("context_length_exceeded")]
    public async Task GetResponseAsync_MoreAskedThanTheContextLeaves_FindsWhatFitsInFewRequests(string words)
    {
        const int Context = 8192,
            Prompt = 700;
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
        {
            int asked = request.Body["max_tokens"]?.GetValue<int>() ?? 0;
            return Prompt + asked > Context
                ? FakeReply.Error(
                    400,
                    words
                        .Replace("{0}", $"{Math.Max(1, Context - asked + 1)}", StringComparison.Ordinal)
                        .Replace("{1}", $"{asked}", StringComparison.Ordinal)
                )
                : FakeReply.Completion("Hi");
        });
        using EndpointChatClient client = new(new() { Url = server.Url, Model = "m" });
        ChatMessage[] prompt = [new(ChatRole.User, new string('x', 2000))];
        Assert.Equal("Hi", (await client.GetResponseAsync(prompt, new() { MaxOutputTokens = Context }, Cancel)).Text);
        FakeRequest[] asked = [.. server.Requests.Where(request => request.Body.Count > 0)];
        Assert.InRange(asked.Length, 2, 4);
        Assert.InRange(asked[^1].Body["max_tokens"]!.GetValue<int>(), Context / 4, Context - Prompt);
    }

    [Fact]
    public async Task GetResponseAsync_ContextToldOnce_IsKeptTo()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            request.Body["max_tokens"]?.GetValue<int>() > 2048
                ? FakeReply.Error(400, "max_tokens=8192 cannot be greater than max_model_len=2048.")
                : FakeReply.Completion("Hi")
        );
        using EndpointChatClient client = new(new() { Url = server.Url, Model = "m" });
        for (int i = 0; i < 4; i++)
        {
            await client.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 8192 }, Cancel);
        }

        Assert.Equal(5, server.Requests.Count);
    }

    [Fact]
    public async Task GetResponseAsync_PromptAloneTooLong_FailsAtOnceWithBothLengths()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(FakeReply.Error(400, Vllm));
        using EndpointChatClient client = new(new() { Url = server.Url, Model = "m" });
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            client.GetResponseAsync([new(ChatRole.User, "Hello")], new() { MaxOutputTokens = 8192 }, Cancel)
        );
        Assert.Equal(
            (EndpointFailure.TooLong, 2049, 2048),
            (error.Failure, error.Data[ChatResponseKeys.PromptTokens], error.Data[ChatResponseKeys.ContextTokens])
        );
        Assert.Single(server.Requests);
    }
}
