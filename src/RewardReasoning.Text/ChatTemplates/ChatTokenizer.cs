using System.Text.Json;
using RewardReasoning.Text.Jinja;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Text.ChatTemplates;

/// <summary>
/// Conversations to token ids: the text is the chat template's, and only the template makes control tokens. What looks like one in
/// a message, its name or a tool's description is encoded as ordinary text, so no message can end its own turn. The exception are
/// <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c> in assistant turns, which the model itself wrote. Safe to share between threads.
/// </summary>
public sealed class ChatTokenizer
{
    /// <summary>Joins a tokenizer and a chat template.</summary>
    public ChatTokenizer(Tokenizer tokenizer, ChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(template);
        Tokenizer = tokenizer;
        Template = template;
    }

    /// <summary>The tokenizer.</summary>
    public Tokenizer Tokenizer { get; }

    /// <summary>The chat template.</summary>
    public ChatTemplate Template { get; }

    /// <summary>Loads both from a model folder.</summary>
    /// <exception cref="RewardReasoningException">The folder has no chat template, or one that is not supported.</exception>
    /// <exception cref="RewardReasoningException">The tokenizer cannot be loaded.</exception>
    public static ChatTokenizer Load(string folder) =>
        new(
            Tokenizer.Load(folder),
            ChatTemplate.Load(folder)
                ?? throw new ChatTemplateException(
                    $"{folder} has no chat template; a chat model's folder has chat_template.jinja, or \"chat_template\" in "
                        + "tokenizer_config.json."
                )
        );

    /// <summary>The text and ids of a conversation.</summary>
    /// <exception cref="RewardReasoningException">The template refuses the messages or cannot be run.</exception>
    public RenderedPrompt Render(IReadOnlyList<ChatMessageText> messages, ChatRenderOptions options) =>
        Encode(Template.RenderMarked(messages, options));

    /// <summary>The text and ids of a conversation given as a JSON array of messages.</summary>
    /// <exception cref="RewardReasoningException">The template refuses the messages or cannot be run.</exception>
    public RenderedPrompt Render(JsonElement messages, ChatRenderOptions options) => Encode(Template.RenderMarked(messages, options));

    private RenderedPrompt Encode(MarkedText rendered) => new(rendered.Value, Tokenizer.Encode(rendered.Value, rendered.Untrusted));
}
