using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Models.Generation;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Models.Tests.Generation;

/// <summary>A real pretrained model, asked through the chat client, against what transformers computes from it.</summary>
public sealed class SmolLm2Tests(SmolLm2Tests.Weights weights) : IClassFixture<SmolLm2Tests.Weights>
{
    /// <summary>Longer prompts would take minutes on a busy machine.</summary>
    private const int LongestPrompt = 190;

    [Fact]
    public async Task GetResponse_RealModel_GivesTheTextsAndSoftVerdictsOfTransformers()
    {
        TemporaryFolder folder = weights.Folder;
        using LocalModel model = LocalModel.Load(folder.Path, new LocalModelOptions { ComputeType = ComputeType.F32 });
        using LocalChatClient client = new(model, new EngineOptions { TensorThreads = 1 });
        using JsonDocument expected = JsonDocument.Parse(
            await File.ReadAllBytesAsync(folder["expected.json"], TestContext.Current.CancellationToken)
        );

        await Task.WhenAll(
            expected
                .RootElement.EnumerateArray()
                .Where(item => item.GetProperty("ids").GetArrayLength() <= LongestPrompt)
                .Select(item => Check(model, client, item))
        );
    }

    [Fact]
    public async Task GetResponse_TypeFoundByProbe_AnswersSensibly()
    {
        using LocalChatClient client = LocalChatClient.Load(weights.Folder.Path, engineOptions: new EngineOptions { TensorThreads = 1 });
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 8 };

        ChatResponse response = await client.GetResponseAsync(
            "What is the capital of France? Answer in one sentence.",
            options,
            TestContext.Current.CancellationToken
        );

        Assert.Contains("Paris", response.Text, StringComparison.Ordinal);
        Assert.Contains(client.GetService<LocalModel>()?.ComputeType, new[] { "float32", "bfloat16" });
    }

    private static async Task Check(LocalModel model, LocalChatClient client, JsonElement item)
    {
        string text = Text(item, "text");
        ChatMessage[] messages =
        [
            .. item.GetProperty("messages")
                .EnumerateArray()
                .Select(message => new ChatMessage(new ChatRole(Text(message, "role")), Text(message, "content"))),
        ];
        string rendered = ChatPrompt.Render(model.Chat, messages, instructions: null, prefill: null).Text;
        Assert.StartsWith(rendered, text, StringComparison.Ordinal);
        string prefill = text[rendered.Length..];
        Assert.Equal(
            item.GetProperty("ids").Deserialize<int[]>(),
            ChatPrompt.Render(model.Chat, messages, instructions: null, prefill).Ids
        );

        int[] greedy = item.GetProperty("greedy").Deserialize<int[]>() ?? [];
        string[] numbers = ["1", "2"];
        Task<ChatResponse> completion = Ask(client, messages, prefill, greedy.Length, []);
        ChatResponse[] verdicts = await Task.WhenAll(numbers.Select(number => Ask(client, messages, prefill, 1, [number])));
        ChatResponse response = await completion;
        Assert.Equal(Text(item, "greedy_text").Replace("<|im_end|>", "", StringComparison.Ordinal), response.Text);
        foreach ((string number, ChatResponse verdict) in numbers.Zip(verdicts))
        {
            float found = Assert.Single(Assert.IsType<float[]>(verdict.AdditionalProperties?["token_logprobs"]));
            Assert.Equal(item.GetProperty("log_prob_of_" + number).GetDouble(), found, 2e-3);
        }
    }

    private static Task<ChatResponse> Ask(LocalChatClient client, ChatMessage[] messages, string prefill, int tokens, string[] allowed)
    {
        ChatOptions options = new()
        {
            Temperature = 0,
            MaxOutputTokens = tokens,
            AdditionalProperties = new() { ["prefill"] = prefill, ["logprobs"] = 0 },
        };
        if (allowed.Length > 0)
        {
            options.AdditionalProperties["allowed_next_tokens"] = allowed;
        }

        return client.GetResponseAsync(messages, options, TestContext.Current.CancellationToken);
    }

    private static string Text(JsonElement item, string name) => item.GetProperty(name).GetString() ?? "";

    /// <summary>The folder with its weights unpacked, which takes a second.</summary>
    public sealed class Weights : IDisposable
    {
        private readonly Lazy<TemporaryFolder> _folder = new(Unpack);

        public TemporaryFolder Folder => _folder.Value;

        public void Dispose()
        {
            if (_folder.IsValueCreated)
            {
                _folder.Value.Dispose();
            }
        }

        private static TemporaryFolder Unpack()
        {
            if (!SharedFolder.TryFind("models/smollm2-135m-instruct", out string source, out string reason))
            {
                Assert.Skip(reason);
            }

            TemporaryFolder folder = new();
            foreach (string file in Directory.EnumerateFiles(source))
            {
                File.Copy(file, folder[Path.GetFileName(file)]);
            }

            try
            {
                using Process xz = Process.Start("xz", ["-d", folder["model.safetensors.xz"]]);
                xz.WaitForExit();
                Assert.Equal(0, xz.ExitCode);
            }
            catch (System.ComponentModel.Win32Exception)
            {
                folder.Dispose();
                Assert.Skip("xz is not installed, and the weights are packed with it.");
            }

            return folder;
        }
    }
}
