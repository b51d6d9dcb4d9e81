using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;

namespace RewardReasoning.Server.Tests.Chat;

/// <summary>
/// Our own client against our own server, with a real model behind it: what comes over the wire is what the model says in process.
/// </summary>
public sealed class ShippedModelServerTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    private const double Rounding = 2e-4; // what who shares a batch may move

    private static readonly ChatMessage[] Question = [new(ChatRole.User, "12*4+7\nAssistant 1: 55\nAssistant 2: 54")];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(7, false, null)]
    [InlineData(8, false, null)]
    [InlineData(9, true, null)]
    [InlineData(10, false, "<think>\n12*4+7=")]
    [InlineData(11, true, "<think>\n</think>\\boxed{Assistant ")]
    public async Task Completion_SameSeed_IsTheOneInProcess(long seed, bool stream, string? prefill)
    {
        using EndpointChatClient endpoint = Endpoint();
        ChatOptions options = new()
        {
            Temperature = 1,
            Seed = seed,
            MaxOutputTokens = 300,
            AdditionalProperties = new() { [ChatOptionKeys.LogProbs] = 3 },
        };
        if (prefill is not null)
        {
            options.AdditionalProperties[ChatOptionKeys.Prefill] = prefill;
        }

        ChatResponse there = stream
            ? await endpoint.GetStreamingResponseAsync(Question, options, Cancellation).ToChatResponseAsync(Cancellation)
            : await endpoint.GetResponseAsync(Question, options, Cancellation);
        ChatResponse here = await model.Client.GetResponseAsync(Question, options, Cancellation);

        Assert.Equal((Thought(here), here.Text, here.FinishReason), (Thought(there), there.Text, there.FinishReason));
        Assert.Equal(
            (here.Usage?.InputTokenCount, here.Usage?.OutputTokenCount, here.Usage?.ReasoningTokenCount),
            (there.Usage?.InputTokenCount, there.Usage?.OutputTokenCount, there.Usage?.ReasoningTokenCount)
        );
        AdditionalPropertiesDictionary expected = here.AdditionalProperties ?? [],
            found = there.AdditionalProperties ?? [];
        Assert.Equal(expected[ChatResponseKeys.TokenTexts], found[ChatResponseKeys.TokenTexts]);
        Assert.All(LogProbs(expected).Zip(LogProbs(found)), pair => Assert.Equal(pair.First, pair.Second, Rounding));
        Assert.All(Tops(expected).Zip(Tops(found)), place => Assert.Equal(place.First.Length, place.Second.Length));
    }

    [Fact]
    public async Task Prompt_BeyondTheContext_GivesTheClientBothLengths()
    {
        using EndpointChatClient endpoint = Endpoint();
        EndpointException error = await Assert.ThrowsAsync<EndpointException>(() =>
            endpoint.GetResponseAsync(new string('7', 3000), new ChatOptions { MaxOutputTokens = 10 }, Cancellation)
        );
        Assert.True(error.Data[ChatResponseKeys.PromptTokens] is > 3000);
        Assert.Equal(1024, error.Data[ChatResponseKeys.ContextTokens]);
    }

    [Fact]
    public async Task Choice_AfterAClosedThought_IsOneOfTheTexts()
    {
        foreach (int seed in Enumerable.Range(0, 4))
        {
            JsonElement answer = await AskAsync(
                $$"""
                {"seed": {{seed}}, "temperature": 1, "structured_outputs": {"choice": ["1}, surely", "2}, surely"]}, "continue_final_message": true, "add_generation_prompt": false,
                 "messages": [{"role": "user", "content": "12*4+7"}, {"role": "assistant", "content": "<think></think>\\boxed{Assistant "}]}
                """
            );
            Assert.Contains(Content(answer), new[] { "1}, surely", "2}, surely" });
            Assert.Equal(1, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        }
    }

    [Fact]
    public async Task Choice_OfAModelThatThinksFirst_IsRefused()
    {
        Answer answer = await PostAsync(
            """{"structured_outputs": {"choice": ["1", "2"]}, "messages": [{"role": "user", "content": "12*4+7"}]}"""
        );
        Assert.Equal((400, "structured_outputs.choice"), (answer.Status, answer.Error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task ThinkingBudget_Reached_ClosesTheThoughtAndAnswers()
    {
        JsonElement answer = await AskAsync(
            """
            {"seed": 7, "thinking_token_budget": 6, "thinking_stub": "</think>\\boxed{Assistant ", "thinking_stub_choices": ["1", "2"],
             "messages": [{"role": "user", "content": "12*4+7\nAssistant 1: 55\nAssistant 2: 54"}]}
            """
        );
        Assert.Matches(@"^\\boxed\{Assistant [12]\}", Content(answer));
        Assert.Equal(6, answer.GetProperty("usage").GetProperty("completion_tokens_details").GetProperty("reasoning_tokens").GetInt32());
    }

    [Fact]
    public async Task SpecialTokens_InTheUsersText_StayText()
    {
        int plain = Prompt(await AskAsync("""{"max_tokens": 1, "messages": [{"role": "user", "content": ""}]}"""));
        int tagged = Prompt(await AskAsync("""{"max_tokens": 1, "messages": [{"role": "user", "content": "<|end|><think>"}]}"""));
        Assert.True(tagged - plain > 5, $"{tagged - plain} tokens for two tags that are spelled out.");

        static int Prompt(JsonElement answer) => answer.GetProperty("usage").GetProperty("prompt_tokens").GetInt32();
    }

    [Theory]
    [InlineData("""{"temperature": -1}""")]
    [InlineData("""{"max_tokens": 0}""")]
    [InlineData("""{"stop": ""}""")]
    [InlineData("""{"structured_outputs": {"choice": ["12", "13"]}}""")]
    [InlineData("""{"logprobs": true, "thinking_token_budget": -5}""")]
    public async Task Values_ThatTheModelCannotHonour_AreTheCallersMistake(string fields) =>
        Assert.Equal(400, (await PostAsync(fields)).Status);

    [Fact]
    public async Task Clients_SixtyFourAtOnce_EachGetTheirOwnAnswer()
    {
        using EndpointChatClient endpoint = Endpoint();
        ChatResponse[] responses = await Task.WhenAll(
            Enumerable
                .Range(10, 64)
                .Select(number =>
                    endpoint.GetResponseAsync(
                        $"{number}+7\nAssistant 1: {number + 7}\nAssistant 2: {number + 6}",
                        new ChatOptions { Seed = number, MaxOutputTokens = 300 },
                        Cancellation
                    )
                )
        );
        Assert.True(responses.Count(response => response.Text == @"\boxed{Assistant 1}") > 60);
        Assert.Equal(
            Enumerable.Range(10, 64),
            responses.Select(response => int.Parse(Thought(response).Split('+')[0], CultureInfo.InvariantCulture))
        );
    }

    private EndpointChatClient Endpoint() =>
        new(
            new EndpointOptions
            {
                Url = model.Served.Server.Url,
                Model = "rrm-mini",
                Flavour = ServerFlavour.Vllm,
                LogProbs = true,
                ApiKeyVariable = ShippedModel.KeyVariable,
                Tries = 1,
            }
        );

    private async Task<JsonElement> AskAsync(string fields)
    {
        Answer answer = await PostAsync(fields);
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Json;
    }

    private Task<Answer> PostAsync(string fields)
    {
        JsonObject request = ServedClient.Request(fields);
        request["model"] = "rrm-mini";
        return model.Served.PostAsync(request.ToJsonString(), ShippedModel.Key);
    }

    private static string Content(JsonElement answer) =>
        answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString() ?? "";

    private static string Thought(ChatResponse response) =>
        string.Concat(
            response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>().Select(content => content.Text)
        );

    private static float[] LogProbs(AdditionalPropertiesDictionary properties) =>
        Assert.IsType<float[]>(properties[ChatResponseKeys.TokenLogProbs]);

    private static KeyValuePair<string, float>[][] Tops(AdditionalPropertiesDictionary properties) =>
        Assert.IsType<KeyValuePair<string, float>[][]>(properties[ChatResponseKeys.TokenTopLogProbs]);
}
