using System.Collections.Frozen;
using System.Globalization;
using System.Numerics;
using System.Text.Json;
using RewardReasoning.Text.Jinja;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Text.ChatTemplates;

/// <summary>
/// A checkpoint's own chat template, in Jinja, run as transformers' <c>apply_chat_template</c> runs it. Immutable and safe to share
/// between threads.
/// </summary>
public sealed class ChatTemplate
{
    private const string FileName = "chat_template.jinja";

    /// <summary>What transformers puts at the end of the final message to find its place in the rendered text.</summary>
    private const string ContinuationTag = "CONTINUE_FINAL_MESSAGE_TAG ";

    /// <summary>
    /// Roles that templates build control tokens of, as in <c>'&lt;|' + message.role + '|&gt;'</c>. They come from the caller, not from a
    /// text.
    /// </summary>
    private static readonly FrozenSet<string> KnownRoles = FrozenSet.Create(
        StringComparer.Ordinal,
        "system",
        "developer",
        "user",
        "assistant",
        "tool"
    );

    private static readonly string[] ThinkTags = [ReasoningText.OpenTag, ReasoningText.CloseTag];

    private readonly JinjaStatement[] _statements;
    private readonly IReadOnlyDictionary<string, object?> _tokens;

    private ChatTemplate(string source, IReadOnlyDictionary<string, object?> tokens)
    {
        Source = source;
        _statements = JinjaParser.Parse(source);
        _tokens = tokens;
    }

    /// <summary>The template as it was given.</summary>
    public string Source { get; }

    /// <summary>
    /// The template of a model folder: <c>chat_template.jinja</c>, else <c>chat_template</c> in <c>tokenizer_config.json</c>, else null.
    /// </summary>
    /// <exception cref="RewardReasoningException">The template is no Jinja, or holds a statement that is not supported.</exception>
    /// <exception cref="RewardReasoningException"><c>tokenizer_config.json</c> cannot be read.</exception>
    public static ChatTemplate? Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        TokenizerConfig config = TokenizerConfig.Load(folder);
        string path = Path.Combine(folder, FileName);
        return (File.Exists(path) ? File.ReadAllText(path) : config.ChatTemplate) is { } source ? Parse(source, config) : null;
    }

    /// <summary>Whether a model folder has a chat template, readable or not.</summary>
    /// <exception cref="RewardReasoningException"><c>tokenizer_config.json</c> cannot be read.</exception>
    public static bool IsIn(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return File.Exists(Path.Combine(folder, FileName)) || TokenizerConfig.Load(folder).ChatTemplate is not null;
    }

    /// <summary>Reads a template that knows no token names.</summary>
    /// <exception cref="RewardReasoningException">The template is no Jinja, or holds a statement that is not supported.</exception>
    public static ChatTemplate Parse(string source) => Parse(source, new TokenizerConfig());

    /// <summary>Reads a template; <c>bos_token</c> and its like are those of a configuration.</summary>
    /// <exception cref="RewardReasoningException">The template is no Jinja, or holds a statement that is not supported.</exception>
    internal static ChatTemplate Parse(string source, TokenizerConfig config)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(config);
        Dictionary<string, object?> tokens = new()
        {
            ["bos_token"] = config.BosToken,
            ["eos_token"] = config.EosToken,
            ["pad_token"] = config.PadToken,
            ["unk_token"] = config.UnknownToken,
        };
        return new ChatTemplate(source, tokens.Where(t => t.Value is not null).ToDictionary());
    }

    /// <summary>The text of a conversation.</summary>
    /// <exception cref="RewardReasoningException">The template refuses the messages or cannot be run.</exception>
    public string Render(IReadOnlyList<ChatMessageText> messages, ChatRenderOptions options) => RenderMarked(messages, options).Value;

    /// <summary>
    /// The text of a conversation given as a JSON array of messages, which may hold tool calls and whatever else the template knows.
    /// </summary>
    /// <exception cref="RewardReasoningException">The template refuses the messages or cannot be run.</exception>
    public string Render(JsonElement messages, ChatRenderOptions options) => RenderMarked(messages, options).Value;

    /// <summary>The text of a conversation, with the characters marked that came out of its messages or tools.</summary>
    internal MarkedText RenderMarked(IReadOnlyList<ChatMessageText> messages, ChatRenderOptions options)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return Render([.. messages.Select(Message)], options);
    }

    /// <inheritdoc cref="RenderMarked(IReadOnlyList{ChatMessageText}, ChatRenderOptions)"/>
    internal MarkedText RenderMarked(JsonElement messages, ChatRenderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (
            messages.ValueKind != JsonValueKind.Array
            || messages.EnumerateArray().Any(message => message.ValueKind != JsonValueKind.Object)
        )
        {
            throw new ArgumentException("The messages must be a JSON array of objects.", nameof(messages));
        }

        return Render([.. messages.EnumerateArray().Select(message => Message(message, options.KeepNulls))], options);
    }

    private MarkedText Render(List<JinjaDictionary> conversation, ChatRenderOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        MarkedText? final = options.ContinueFinalMessage ? TagFinalMessage(conversation) : null;
        Dictionary<string, object?> variables = new()
        {
            ["messages"] = conversation.ToList<object?>(),
            ["tools"] = options.Tools is { ValueKind: not JsonValueKind.Undefined } tools ? Value(tools, MarkedText.Distrust) : null,
            ["documents"] = null,
            ["add_generation_prompt"] = options.AddGenerationPrompt,
        };
        foreach ((string name, object? value) in _tokens.Concat(options.Variables))
        {
            variables[name] = Variable(name, value);
        }

        MarkedText rendered = JinjaInterpreter.Render(_statements, variables, options.Clock);
        return final is null ? rendered : CutAtTag(rendered, final.Value);
    }

    private static JinjaDictionary Message(ChatMessageText message)
    {
        bool assistant = message.Role == "assistant";
        JinjaDictionary made = new();
        made.Set(MarkedText.Trust("role"), Role(message.Role));
        made.Set(MarkedText.Trust("content"), Content(message.Content, assistant));
        if (message.ReasoningContent is { } reasoning)
        {
            made.Set(MarkedText.Trust("reasoning_content"), Content(reasoning, assistant));
        }

        return made;
    }

    private static JinjaDictionary Message(JsonElement message, bool keepNulls)
    {
        bool assistant =
            message.TryGetProperty("role", out JsonElement role) && role.ValueKind == JsonValueKind.String && role.ValueEquals("assistant");
        JinjaDictionary read = new();
        foreach (JsonProperty property in message.EnumerateObject())
        {
            if (keepNulls || property.Value.ValueKind != JsonValueKind.Null)
            {
                Func<string, MarkedText> mark = property.Name switch
                {
                    "role" => Role,
                    "content" or "reasoning_content" => text => Content(text, assistant),
                    _ => MarkedText.Distrust,
                };
                read.Set(MarkedText.Distrust(property.Name), Value(property.Value, mark));
            }
        }

        return read;
    }

    private static MarkedText Role(string role) => KnownRoles.Contains(role) ? MarkedText.Trust(role) : MarkedText.Distrust(role);

    /// <summary>
    /// Think tags in an assistant's turn are the model's own, so that a conversation reads back as it was written.
    /// </summary>
    private static MarkedText Content(string text, bool assistant) =>
        assistant ? MarkedText.DistrustAllBut(text, ThinkTags) : MarkedText.Distrust(text);

    private static MarkedText TagFinalMessage(List<JinjaDictionary> conversation)
    {
        if (conversation.Count == 0 || !conversation[^1].TryGet("content", out object? content) || content is not MarkedText text)
        {
            throw new ChatTemplateException("ContinueFinalMessage is set, but the final message has no text as its content.");
        }

        conversation[^1].Set(MarkedText.Distrust("content"), MarkedText.Concat(text, MarkedText.Distrust(ContinuationTag)));
        return text;
    }

    private static MarkedText CutAtTag(MarkedText rendered, string final)
    {
        string tag = ContinuationTag.Trim();
        int at = rendered.Value.LastIndexOf(tag, StringComparison.Ordinal);
        if (at < 0 || !rendered.Value.Contains(final.Trim(), StringComparison.Ordinal))
        {
            throw new ChatTemplateException(
                "ContinueFinalMessage is set, but the final message does not appear in the rendered chat; the template may have cut it. "
                    + "Render without it."
            );
        }

        MarkedText cut = rendered.Slice(0, at);

        // A template that trimmed the tag's blank would have trimmed the message's own too.
        bool kept = string.CompareOrdinal(rendered.Value, at, ContinuationTag, 0, ContinuationTag.Length) == 0;
        return kept ? cut : JinjaTextMethods.Strip(cut, null, left: false);
    }

    private static object? Variable(string name, object? value) =>
        value switch
        {
            null or bool or double => value,
            int number => (long)number,
            long => value,
            float number => (double)number,
            string text => MarkedText.Trust(text),
            JsonElement json => Value(json, MarkedText.Trust),
            _ => throw new ArgumentException(
                $"The variable '{name}' of the chat template is a {value.GetType().Name}; it must be null, a Boolean, a number, a string "
                    + "or a JsonElement."
            ),
        };

    private static string Text(JsonElement json)
    {
        try
        {
            return json.GetString() ?? "";
        }
        catch (InvalidOperationException error)
        {
            throw new ArgumentException(
                $"A string of the messages, tools or variables is no text: {error.Message} Escapes of surrogates must come in pairs.",
                error
            );
        }
    }

    private static object? Value(JsonElement json, Func<string, MarkedText> text)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return text(Text(json));
            case JsonValueKind.Number:
                return json.TryGetInt64(out long number) ? number
                    : BigInteger.TryParse(
                        json.GetRawText(),
                        NumberStyles.AllowLeadingSign,
                        CultureInfo.InvariantCulture,
                        out BigInteger large
                    )
                        ? large
                    : json.GetDouble();
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Array:
                return json.EnumerateArray().Select(item => Value(item, text)).ToList();
            case JsonValueKind.Object:
                JinjaDictionary dictionary = new();
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    dictionary.Set(text(property.Name), Value(property.Value, text));
                }

                return dictionary;
            default:
                return null;
        }
    }
}
