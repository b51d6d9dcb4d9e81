using System.Text.Json;
using RewardReasoning.Testing;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tests.Tokenization;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.ChatTemplates;

/// <summary>Rendered chats and their ids against transformers (5.23), over the reference conversations.</summary>
public sealed class ChatReferenceTests(ITestOutputHelper output)
{
    /// <summary>What the reference's judgments put after the rendered chat.</summary>
    private const string VerdictStub = "\\boxed{Assistant ";

    public static TheoryData<string> Names => [.. TokenizerFixture.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Render_ReferenceChats_GivesReferenceTextIdsAndErrors(string name)
    {
        TokenizerFixture fixture = TokenizerFixture.Get(name);
        TokenizerConfig config = TokenizerConfig.Load(fixture.Folder);
        int chats = 0;
        int refused = 0;
        int guarded = 0;
        foreach (JsonElement chat in fixture.Chats.GetProperty("chats").EnumerateArray())
        {
            chats++;
            string where =
                $"{name}, chat {chat.GetProperty("chat").GetInt32()}, {chat.GetProperty("template")}, {chat.GetProperty("options")}";
            ChatTokenizer tokenizer = new(fixture.Tokenizer, TemplateOf(fixture, chat, config));
            JsonElement messages = chat.GetProperty("messages");
            if (chat.TryGetProperty("error", out _))
            {
                refused++;
                Assert.Throws<ChatTemplateException>(() => tokenizer.Render(messages, OptionsOf(chat)));
                continue;
            }

            RenderedPrompt rendered = tokenizer.Render(messages, OptionsOf(chat));
            Assert.True(
                chat.GetProperty("text").GetString() == rendered.Text,
                $"{where}: rendered {JsonSerializer.Serialize(rendered.Text)}"
            );
            Assert.True(TokenizerFixture.Ids(chat.GetProperty("ids")).SequenceEqual(fixture.Tokenizer.Encode(rendered.Text)), where);
            bool differs = chat.TryGetProperty("ids_safe", out JsonElement safe);
            if (differs && safe.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            guarded += differs ? 1 : 0;
            int[] expected = TokenizerFixture.Ids(differs ? safe : chat.GetProperty("ids"));
            Assert.True(
                expected.SequenceEqual(rendered.Ids),
                $"{where}: ids [{string.Join(", ", rendered.Ids)}], expected [{string.Join(", ", expected)}]"
            );
        }

        output.WriteLine(
            $"{name}: {chats} chats, {refused} of them refused as by transformers, {guarded} with control tokens in contents kept as text"
        );
    }

    [Fact]
    public void Render_PromptsOfSmolLm2_GivesReferenceTextAndIds()
    {
        string folder = Fixtures.PathOf("smollm2-135m-instruct");
        ChatTokenizer tokenizer = ChatTokenizer.Load(folder);
        using JsonDocument prompts = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json")));
        foreach (JsonElement prompt in prompts.RootElement.EnumerateArray())
        {
            RenderedPrompt rendered = tokenizer.Render(
                prompt.GetProperty("messages"),
                new ChatRenderOptions { AddGenerationPrompt = true }
            );
            string text = prompt.GetProperty("text").GetString() ?? "";
            string stub = text.EndsWith(VerdictStub, StringComparison.Ordinal) ? VerdictStub : "";
            Assert.Equal(text, rendered.Text + stub);
            Assert.Equal(TokenizerFixture.Ids(prompt.GetProperty("ids")), rendered.Ids.Concat(tokenizer.Tokenizer.EncodePlain(stub)));
        }
    }

    private static ChatTemplate TemplateOf(TokenizerFixture fixture, JsonElement chat, TokenizerConfig config) =>
        chat.GetProperty("template").GetString() == "think"
            ? ChatTemplate.Parse(File.ReadAllText(Path.Combine(fixture.Folder, "chat_template_think.jinja")), config)
            : ChatTemplate.Load(fixture.Folder) ?? throw new InvalidDataException($"{fixture.Folder} has no chat template.");

    private static ChatRenderOptions OptionsOf(JsonElement chat)
    {
        JsonElement options = chat.GetProperty("options");
        return new ChatRenderOptions
        {
            AddGenerationPrompt = Flag("add_generation_prompt"),
            ContinueFinalMessage = Flag("continue_final_message"),
            KeepNulls = Flag("keep_none"),
            Tools = chat.TryGetProperty("tools", out JsonElement tools) ? tools : null,
            Variables = options.TryGetProperty("enable_thinking", out JsonElement thinks)
                ? new Dictionary<string, object?> { ["enable_thinking"] = thinks.GetBoolean() }
                : new Dictionary<string, object?>(),
        };

        bool Flag(string name) => options.TryGetProperty(name, out JsonElement value) && value.GetBoolean();
    }
}
