using Microsoft.Extensions.AI;
using Xunit;

namespace RewardReasoning.Storage.Tests;

public sealed class CompletionRequestTests
{
    [Fact]
    public void Key_OfFixedRequests_NeverChanges()
    {
        // Computed by another program from the description of the forms.
        Assert.Equal("bb51adea629a9948b4350a60951a6ba0ab874dd030c9c1772b317589a8dbd721", Samples.Request().Key.ToString());
        ChatOptions all = new()
        {
            Instructions = "Be brief.",
            ModelId = "other",
            Temperature = 0,
            TopP = 0.95f,
            TopK = 20,
            MaxOutputTokens = 8192,
            FrequencyPenalty = 0.5f,
            PresencePenalty = -0.5f,
            Seed = long.MaxValue,
            StopSequences = ["</answer>", "é"],
            Reasoning = new() { Effort = ReasoningEffort.None },
            AdditionalProperties = new()
            {
                [ChatOptionKeys.ThinkingStub] = "\n</think>\n\n\\boxed{Assistant ",
                [ChatOptionKeys.ThinkingStubChoices] = new[] { "1", "2" },
                [ChatOptionKeys.ThinkingBudget] = 256,
                [ChatOptionKeys.MinP] = 0.05f,
                ["strict"] = true,
                ["share"] = 0.25,
                ["left out"] = null,
            },
        };
        ChatMessage[] messages =
        [
            new(ChatRole.User, "Ünï 🙂"),
            new(ChatRole.Assistant, [new TextReasoningContent("Hm."), new TextContent("So")]),
        ];
        Assert.Equal("68d14701e9204badfe01cbf14542c0f9917564d56ca3b0245b3d15ad5c513e84", KeyOf(messages, all).ToString());
    }

    [Fact]
    public void Key_OfEverySetting_DependsOnIt()
    {
        Action<ChatOptions>[] changes =
        [
            _ => { },
            options => options.Instructions = "x",
            options => options.ModelId = "x",
            options => options.Temperature = 0.7f,
            options => options.TopP = 0.9f,
            options => options.TopK = 1,
            options => options.MaxOutputTokens = 101,
            options => options.FrequencyPenalty = 1,
            options => options.PresencePenalty = 1,
            options => options.Seed = 8,
            options => options.StopSequences = ["x"],
            options => options.StopSequences = ["x", ""],
            options => options.Reasoning = new() { Effort = ReasoningEffort.None },
            options => options.Reasoning = new() { Output = ReasoningOutput.None },
            options => options.AdditionalProperties = new() { [ChatOptionKeys.Prefill] = "x" },
            options => options.AdditionalProperties = new() { [ChatOptionKeys.AllowedNextTokens] = new[] { "x" } },
            options => options.AdditionalProperties = new() { [ChatOptionKeys.LogProbs] = 5 },
            options => options.AdditionalProperties = new() { [ChatOptionKeys.ThinkingBudget] = 5 },
            options => options.AdditionalProperties = new() { [ChatOptionKeys.ThinkingStub] = "x" },
            options => options.AdditionalProperties = new() { [ChatOptionKeys.ThinkingStubChoices] = new[] { "x" } },
            options => options.AdditionalProperties = new() { [ChatOptionKeys.MinP] = 0.1f },
            options => options.AdditionalProperties = new() { ["seed"] = 8 },
        ];
        CompletionKey[] keys =
        [
            .. changes.Select(change =>
            {
                ChatOptions options = Samples.Options();
                change(options);
                return KeyOf(Samples.Messages("q"), options);
            }),
        ];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void Key_OfMessages_DependsOnRolesTextsAndTheirBorders()
    {
        ChatMessage[][] prompts =
        [
            [new(ChatRole.User, "ab")],
            [new(ChatRole.System, "ab")],
            [new(ChatRole.User, "a"), new(ChatRole.User, "b")],
            [new(ChatRole.User, "b"), new(ChatRole.User, "a")],
            [new(ChatRole.User, ""), new(ChatRole.User, "ab")],
            [new(ChatRole.Assistant, [new TextReasoningContent("ab")])],
            [new(ChatRole.Assistant, "ab")],
        ];
        CompletionKey[] keys = [.. prompts.Select(prompt => KeyOf(prompt, Samples.Options()))];
        Assert.Equal(keys.Length, keys.Distinct().Count());
    }

    [Fact]
    public void Key_DependsOnTheModelsIdentityAndNotOnItsName()
    {
        CompletionKey key = Samples.Request().Key;
        Assert.Equal(key, Samples.Request(model: Samples.Model with { Name = "another name" }).Key);
        Assert.NotEqual(key, Samples.Request(model: Samples.Model with { Identity = "sha256:1234:bfloat16" }).Key);
    }

    [Fact]
    public void Key_OfEqualSettingsInAnotherOrderOrWidth_IsTheSame()
    {
        ChatOptions first = Samples.Options(),
            second = Samples.Options();
        first.AdditionalProperties = new() { ["a"] = 1, ["b"] = 0f };
        second.AdditionalProperties = new() { ["b"] = -0f, ["a"] = 1L };
        Assert.Equal(KeyOf(Samples.Messages("q"), first), KeyOf(Samples.Messages("q"), second));
    }

    [Fact]
    public void Of_SamplingWithoutSeed_HasNoKey()
    {
        ChatOptions options = Samples.Options();
        options.Seed = null;
        Assert.Null(CompletionRequest.Of(Samples.Model, Samples.Messages("q"), options));
        options.Temperature = 0;
        Assert.NotNull(CompletionRequest.Of(Samples.Model, Samples.Messages("q"), options));
    }

    [Fact]
    public void Of_WhatHasNoByteForm_HasNoKey()
    {
        ChatOptions options = Samples.Options();
        options.AdditionalProperties = new() { ["a"] = new object() };
        Assert.Null(CompletionRequest.Of(Samples.Model, Samples.Messages("q"), options));
        ChatMessage image = new(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]);
        Assert.Null(CompletionRequest.Of(Samples.Model, [image], Samples.Options()));
        Assert.Null(
            CompletionRequest.Of(
                Samples.Model,
                Samples.Messages("q"),
                new ChatOptions { Seed = 1, ResponseFormat = ChatResponseFormat.Json }
            )
        );
    }

    [Fact]
    public void Kept_FromItsOwnBytes_HasTheSameKeyAndCanBeRead()
    {
        CompletionRequest request = Samples.Request("Whïch?");
        CompletionRequest kept = CompletionRequest.Kept(Samples.Model, request.Prompt, request.Settings);
        Assert.Equal((request.Key, request.PromptHash), (kept.Key, kept.PromptHash));
        Assert.Equal(
            [("system", "Judge."), ("user", "Whïch?")],
            PromptEncoding.Read(kept.Prompt).Select(message => (message.Role.Value, message.Text))
        );
        Assert.Equal(
            [("max_tokens", 100L), ("seed", 7L), ("temperature", 0.6f), ("top_p", 1f)],
            SettingsEncoding.Read(kept.Settings).Select(setting => (setting.Key, setting.Value))
        );
    }

    [Fact]
    public void Read_OfALaterOrDamagedForm_SaysSo()
    {
        byte[] prompt = Samples.Request().Prompt.ToArray();
        Assert.Throws<InvalidDataException>(() => PromptEncoding.Read(prompt.AsMemory(0, prompt.Length - 1)));
        prompt[0] = 2;
        Assert.Contains(
            "version 2",
            Assert.Throws<InvalidDataException>(() => PromptEncoding.Read(prompt)).Message,
            StringComparison.Ordinal
        );
    }

    private static CompletionKey KeyOf(IReadOnlyList<ChatMessage> messages, ChatOptions options) =>
        (CompletionRequest.Of(Samples.Model, messages, options) ?? throw new InvalidOperationException("The request has no key.")).Key;
}
