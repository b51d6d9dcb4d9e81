using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Text;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// The tokenizer and chat template of the model in training: conversations to token ids that the model can read, and the tokens that end a
/// turn. Message texts are untrusted: control tokens in them are ordinary text.
/// </summary>
internal sealed class TrainedChat
{
    /// <summary>A tag and a line break are at most so many tokens.</summary>
    private const int LongestTag = 5;

    private readonly ChatTokenizer _chat;
    private readonly DecoderConfig _config;
    private readonly ChatRenderOptions _whole;
    private readonly ChatRenderOptions _assistantBegins;
    private readonly int? _reasoningCloses;
    private readonly bool _hasCalculator;

    /// <param name="folder">The model's folder.</param>
    /// <param name="config">Its configuration.</param>
    /// <param name="variables">Further variables of the template; null for none.</param>
    /// <param name="date">What templates that write the date are given, so that a resumed run writes the date on which it began.</param>
    /// <exception cref="RewardReasoningException">The model names no token that ends a turn, or one that it has no embedding
    /// for.</exception>
    public TrainedChat(string folder, DecoderConfig config, JsonObject? variables, DateTimeOffset date)
    {
        (_chat, _config) = (ChatTokenizer.Load(folder), config);
        _whole = new ChatRenderOptions { Variables = Variables(variables), Clock = new StoppedClock(date) };
        _assistantBegins = _whole with { AddGenerationPrompt = true };
        _reasoningCloses = Tokenizer.FindToken(ReasoningText.CloseTag);
        _hasCalculator = JudgeFiles.Read(folder).Calculator;
        Models.EndTokens ends = Models.EndTokens.Of(folder, config, _chat);
        EndTokens = [.. ends.Ids];
        if (ends.OfTurn is not { } ofTurn)
        {
            throw new RecipeException(
                $"{folder} names no token that ends a turn; set eos_token_id in its config.json or generation_config.json."
            );
        }

        EndOfTurn = WrittenEnd(folder) ?? ofTurn;
        RequireReadable([EndOfTurn], $"{folder}: the end of a turn");
    }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer => _chat.Tokenizer;

    /// <summary>A calculator for the completion of a prompt; null where the folder does not say that the model has one.</summary>
    public Func<int[], CalculatorRow>? Calculator =>
        _hasCalculator ? prompt => new CalculatorRow(Tokenizer, prompt, OpensReasoning(prompt)) : null;

    /// <summary>All tokens that end a turn: those of config.json, generation_config.json and tokenizer_config.json.</summary>
    public HashSet<int> EndTokens { get; }

    /// <summary>The one of them with which the template ends the assistant's turn: what the model learns to write.</summary>
    public int EndOfTurn { get; }

    /// <summary>Tokens of prompt and completion together that the model can read.</summary>
    public int ContextLength => _config.MaxPositions;

    /// <summary>Ids of the messages and the generation prompt.</summary>
    /// <exception cref="RewardReasoningException">A token has no embedding.</exception>
    public int[] Prompt(IEnumerable<ChatMessage> messages) => Readable(_chat.Render(Texts(messages), _assistantBegins).Ids);

    /// <summary>Ids of a conversation that the assistant has answered.</summary>
    /// <exception cref="RewardReasoningException">A token has no embedding.</exception>
    public int[] Whole(IEnumerable<ChatMessage> messages, string response) =>
        Readable(_chat.Render([.. Texts(messages), new ChatMessageText(ChatRole.Assistant.Value, response)], _whole).Ids);

    /// <summary>
    /// Ids of the assistant's own text after a prompt, without the end of its turn; control tokens in it are control tokens. If the
    /// template's generation prompt already opened the reasoning, a <c>&lt;think&gt;</c> at the beginning is not repeated.
    /// </summary>
    /// <exception cref="RewardReasoningException">A token has no embedding.</exception>
    public int[] Reply(ReadOnlySpan<int> prompt, string text) => Readable(Tokenizer.Encode(WithoutRepeatedTag(prompt, text)));

    /// <summary>
    /// Ids of a reply whose reasoning is given apart, as the template writes it, without the end of the turn; where the template does not
    /// write a final turn's reasoning, it is put between <c>&lt;think&gt;</c> tags before the answer.
    /// </summary>
    /// <exception cref="RewardReasoningException">A token has no embedding.</exception>
    public int[] Reply(IReadOnlyList<ChatMessage> messages, int[] prompt, string reasoning, string answer)
    {
        ChatMessageText reply = new(ChatRole.Assistant.Value, answer) { ReasoningContent = reasoning };
        RenderedPrompt whole = _chat.Render([.. Texts(messages), reply], _whole);
        int end = Array.LastIndexOf(whole.Ids, EndOfTurn);
        return
            whole.Text.Contains(reasoning.Trim(), StringComparison.Ordinal) && end >= prompt.Length && whole.Ids.AsSpan().StartsWith(prompt)
            ? Readable(whole.Ids[prompt.Length..end])
            : Reply(prompt, $"{ReasoningText.OpenTag}\n{reasoning.Trim()}\n{ReasoningText.CloseTag}\n\n{answer.TrimStart()}");
    }

    /// <summary>Whether a prompt ends inside reasoning, be its tag one token or several.</summary>
    public bool OpensReasoning(ReadOnlySpan<int> prompt) =>
        Ending(prompt).TrimEnd().EndsWith(ReasoningText.OpenTag, StringComparison.Ordinal);

    /// <summary>
    /// How many tokens of a completion its reasoning takes, closing tag included; all of them where reasoning is open and does not close.
    /// </summary>
    public int ReasoningLength(ReadOnlySpan<int> prompt, int[] completion)
    {
        if (_reasoningCloses is { } tag)
        {
            int last = Array.LastIndexOf(completion, tag);
            return last < 0 ? Unclosed(prompt) : last + 1;
        }

        int tags = Tags(completion.Length);
        if (tags == 0)
        {
            return Unclosed(prompt);
        }

        // The tag is several tokens, whose first and last may hold other text too: the shortest beginning with all tags is looked for.
        (int few, int enough) = (0, completion.Length);
        while (enough - few > 1)
        {
            int middle = (few + enough) / 2;
            (few, enough) = Tags(middle) == tags ? (few, middle) : (middle, enough);
        }

        return enough;

        int Unclosed(ReadOnlySpan<int> before) =>
            OpensReasoning(before) || Tokenizer.Decode(completion).Contains(ReasoningText.OpenTag, StringComparison.Ordinal)
                ? completion.Length
                : 0;

        int Tags(int tokens) => Tokenizer.Decode(completion.AsSpan(0, tokens)).AsSpan().Count(ReasoningText.CloseTag);
    }

    private string Ending(ReadOnlySpan<int> prompt) => Tokenizer.Decode(prompt[Math.Max(0, prompt.Length - LongestTag)..]);

    private int[] Readable(int[] ids)
    {
        RequireReadable(ids, "The text");
        return ids;
    }

    private void RequireReadable(IReadOnlyList<int> ids, string what)
    {
        foreach (int id in ids)
        {
            if (id >= _config.VocabularySize)
            {
                throw new RecipeException(
                    $"{what} has the token {id} ({Tokenizer.Decode([id])}), and the model has embeddings for 0 to "
                        + $"{_config.VocabularySize - 1} only; resize its embeddings to the tokenizer, or take the tokenizer that "
                        + "belongs to it."
                );
            }
        }
    }

    private string WithoutRepeatedTag(ReadOnlySpan<int> prompt, string text)
    {
        if (!text.StartsWith(ReasoningText.OpenTag, StringComparison.Ordinal))
        {
            return text;
        }

        if (!OpensReasoning(prompt))
        {
            return text;
        }

        string ending = Ending(prompt);
        string rest = text[ReasoningText.OpenTag.Length..];
        return ending.EndsWith('\n') && rest.StartsWith('\n') ? rest[1..] : rest;
    }

    /// <summary>The end token that the template writes after an assistant's answer; null where it writes none.</summary>
    private int? WrittenEnd(string folder)
    {
        const string Probe = "ok";
        try
        {
            ChatMessageText[] asked = [new ChatMessageText(ChatRole.User.Value, Probe)];
            int[] ids = _chat.Render([.. asked, new ChatMessageText(ChatRole.Assistant.Value, Probe)], _whole).Ids;
            int start = ids.AsSpan().CommonPrefixLength(_chat.Render(asked, _assistantBegins).Ids);
            RequireReadable(ids, $"{folder}: the chat template");
            return ids.Skip(start).Where(EndTokens.Contains).Select(id => (int?)id).FirstOrDefault();
        }
        catch (ChatTemplateException)
        {
            return null; // a template that demands more of a conversation, such as a system message
        }
    }

    private static ChatMessageText[] Texts(IEnumerable<ChatMessage> messages) =>
        [.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))];

    private static Dictionary<string, object?> Variables(JsonObject? variables) =>
        (variables ?? []).ToDictionary(
            variable => variable.Key,
            variable => variable.Value is null ? null : (object?)JsonSerializer.SerializeToElement(variable.Value)
        );

    /// <summary>A clock that always shows the same local time.</summary>
    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("run", now.Offset, "run", "run");

        public override DateTimeOffset GetUtcNow() => now.ToUniversalTime();
    }
}
