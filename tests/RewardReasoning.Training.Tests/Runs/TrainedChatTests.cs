using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Training.Runs;
using Xunit;

namespace RewardReasoning.Training.Tests.Runs;

public sealed class TrainedChatTests : IDisposable
{
    private const string Template =
        "{%- for message in messages -%}{%- if message['role'] == 'user' -%}<|user|>{%- else -%}<|assistant|>{%- endif -%}"
        + "{{ message['content'] }}"
        + "{%- if message['role'] == 'assistant' -%}<|end|>{%- endif -%}{%- endfor -%}"
        + "{%- if add_generation_prompt -%}<|assistant|>{%- if think is not defined or think -%}{{ '<think>\n' }}{%- endif -%}{%- endif -%}";

    private readonly TemporaryFolder _folder = new();
    private readonly ChatMessage[] _question = [new(ChatRole.User, "2+2")];

    public TrainedChatTests()
    {
        TinyModel.Write(_folder.Path);
        Write("tokenizer_config.json", "chat_template", Template);
    }

    private static int End => 287;

    [Fact]
    public void EndOfTurn_SeveralEnds_IsTheOneThatTheTemplateWrites()
    {
        TrainedChat chat = Chat(TinyModel.Config with { EosTokenIds = [283, End] });
        Assert.Equal(End, chat.EndOfTurn);
        Assert.Equal([283, End], chat.EndTokens.Order());
    }

    [Fact]
    public void EndOfTurn_NamedByTheTokenizerAlone_EndsRolloutsToo()
    {
        TrainedChat chat = Chat(TinyModel.Config with { EosTokenIds = [283] });
        Assert.Equal(End, chat.EndOfTurn);
        Assert.Contains(End, chat.EndTokens);
    }

    [Fact]
    public void EndOfTurn_NobodyNamesOne_IsARecipeFault()
    {
        Write("tokenizer_config.json", "eos_token", null);
        RecipeException error = Assert.Throws<RecipeException>(() => Chat(TinyModel.Config with { EosTokenIds = [] }));
        Assert.Contains("eos_token_id", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<think>\n1</think>4", "1</think>4")]
    [InlineData("<think>1</think>4", "1</think>4")]
    [InlineData("1</think>4", "1</think>4")]
    public void Reply_TemplateThatOpensTheReasoning_DoesNotRepeatTheTag(string reply, string learnt)
    {
        TrainedChat chat = Chat(TinyModel.Config);
        Assert.Equal(learnt, chat.Tokenizer.Decode(chat.Reply(chat.Prompt(_question), reply)));
    }

    [Fact]
    public void Reply_TemplateArgumentThatClosesTheReasoning_KeepsTheTag()
    {
        TrainedChat chat = new(_folder.Path, TinyModel.Config, new JsonObject { ["think"] = false }, DateTimeOffset.UnixEpoch);
        Assert.Equal("<think>1</think>4", chat.Tokenizer.Decode(chat.Reply(chat.Prompt(_question), "<think>1</think>4")));
        Assert.NotEqual(Chat(TinyModel.Config).Prompt(_question), chat.Prompt(_question));
    }

    [Fact]
    public void Reply_ReasoningThatTheTemplateWritesItself_IsTheTemplates()
    {
        Write(
            "tokenizer_config.json",
            "chat_template",
            Template.Replace(
                "{{ message['content'] }}",
                "{%- if message.reasoning_content -%}{{ '<think>\n' }}{{ message.reasoning_content }}</think>{%- endif -%}{{ "
                    + "message['content'] }}",
                StringComparison.Ordinal
            )
        );
        TrainedChat chat = Chat(TinyModel.Config);
        Assert.Equal("2+2=4</think>4", chat.Tokenizer.Decode(chat.Reply(_question, chat.Prompt(_question), "2+2=4", "4")));
    }

    [Fact]
    public void Constructor_TokenizerLargerThanTheEmbedding_NamesTheToken()
    {
        RecipeException error = Assert.Throws<RecipeException>(() => Chat(TinyModel.Config with { VocabularySize = 284 }));
        Assert.Contains("embeddings for 0 to 283", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("380-57=323 Who said 323?</think>\\boxed{Assistant 1}", "380-57=323 Who said 323?</think>")]
    [InlineData("a</think>b</think>c", "a</think>b</think>")]
    [InlineData("</think>", "</think>")]
    public void ReasoningLength_TagOfSeveralTokens_IsTheShortestBeginningThatClosesIt(string completion, string reasoning)
    {
        TrainedChat chat = WithoutTags();
        Assert.Null(chat.Tokenizer.FindToken("</think>"));
        int[] ids = chat.Tokenizer.Encode(completion);
        int length = chat.ReasoningLength([], ids);
        Assert.StartsWith(reasoning, chat.Tokenizer.Decode(ids.AsSpan(0, length)), StringComparison.Ordinal);
        Assert.False(chat.Tokenizer.Decode(ids.AsSpan(0, length - 1)).StartsWith(reasoning, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Why?", "Because.", false)]
    [InlineData("Why?<think>", "Because.", true)]
    [InlineData("Why?<think>\n", "Because.", true)]
    [InlineData("Why?", "<think>Because.", true)]
    public void ReasoningLength_NoClosingTag_IsAllOfItWhereReasoningIsOpen(string prompt, string completion, bool open)
    {
        TrainedChat chat = WithoutTags();
        int[] ids = chat.Tokenizer.Encode(completion);
        Assert.Equal(open ? ids.Length : 0, chat.ReasoningLength(chat.Tokenizer.Encode(prompt), ids));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>A model whose vocabulary has no token for the tags of reasoning.</summary>
    private static TrainedChat WithoutTags()
    {
        string folder = Fixtures.PathOf("smollm2-135m-instruct");
        return new(folder, DecoderConfig.Load(folder), null, DateTimeOffset.UnixEpoch);
    }

    private TrainedChat Chat(DecoderConfig config) => new(_folder.Path, config, null, DateTimeOffset.UnixEpoch);

    private void Write(string file, string field, string? value)
    {
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder[file])) ?? new JsonObject();
        json[field] = value;
        File.WriteAllText(_folder[file], json.ToJsonString());
    }
}
