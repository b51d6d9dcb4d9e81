using Microsoft.Extensions.AI;
using RewardReasoning.Models.Generation;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.ChatTemplates.Jinja;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models;

/// <summary>A chat as the model reads it, up to where it goes on.</summary>
/// <param name="Text">The rendered text, the prefill included.</param>
/// <param name="Ids">Its tokens.</param>
/// <param name="ThoughtOpen">Whether the assistant turn so far leaves a thought open; null where it opened none.</param>
public sealed record ChatPrompt(string Text, int[] Ids, bool? ThoughtOpen)
{
    private const string OpenTag = "<think>";
    private const string CloseTag = "</think>";

    /// <summary>
    /// Renders messages with the model's template, opens the assistant's turn and begins it with <paramref name="prefill"/>.
    /// </summary>
    /// <exception cref="ChatTemplateException">The template refuses the messages.</exception>
    /// <exception cref="NotSupportedException">A message holds something that is not text.</exception>
    public static ChatPrompt Render(
        ChatTokenizer chat,
        IEnumerable<ChatMessage> messages,
        string? instructions = null,
        string? prefill = null
    )
    {
        ArgumentNullException.ThrowIfNull(chat);
        ArgumentNullException.ThrowIfNull(messages);
        IEnumerable<ChatMessage> all = instructions is null ? messages : messages.Prepend(new ChatMessage(ChatRole.System, instructions));
        ChatMessageText[] texts = [.. all.Select(ToText)];
        MarkedText rendered = chat.Template.RenderMarked(texts, new ChatRenderOptions { AddGenerationPrompt = true });
        Tokenizer tokenizer = chat.Tokenizer;
        int[] ids = tokenizer.Encode(rendered.Value, rendered.Untrusted);
        bool? opened = null;
        ThoughtTokens? tags = ThoughtTokens.Find(tokenizer);
        if (tags is { } thought)
        {
            int last = ids.LastOrDefault(id => !string.IsNullOrWhiteSpace(tokenizer.Decode([id])), -1);
            opened =
                last == thought.Open ? true
                : last == thought.Close ? false
                : null;
        }

        if (string.IsNullOrEmpty(prefill))
        {
            return new ChatPrompt(rendered.Value, ids, opened);
        }

        // Encoded as one text, for a token may reach over the border as it would in training.
        string begun = Undoubled(rendered.Value, prefill, opened == true);
        MarkedText whole = MarkedText.Concat(rendered, MarkedText.DistrustAllBut(begun, [OpenTag, CloseTag]));
        int lastOpen = begun.LastIndexOf(OpenTag, StringComparison.Ordinal),
            lastClose = begun.LastIndexOf(CloseTag, StringComparison.Ordinal);
        if (tags is not null && Math.Max(lastOpen, lastClose) >= 0 && (lastOpen >= 0 || opened == true))
        {
            opened = lastOpen > lastClose;
        }

        return new ChatPrompt(whole.Value, tokenizer.Encode(whole.Value, whole.Untrusted), opened);
    }

    /// <summary>A prefill is the assistant's turn from its beginning; what the template has written of it already is dropped.</summary>
    private static string Undoubled(string rendered, string prefill, bool opened)
    {
        if (!opened || !prefill.StartsWith(OpenTag, StringComparison.Ordinal))
        {
            return prefill;
        }

        bool newLine = rendered.AsSpan(rendered.LastIndexOf(OpenTag, StringComparison.Ordinal)).Contains('\n');
        string rest = prefill[OpenTag.Length..];
        return newLine && rest.StartsWith('\n') ? rest[1..] : rest;
    }

    private static ChatMessageText ToText(ChatMessage message)
    {
        foreach (AIContent content in message.Contents)
        {
            if (content is not (TextContent or TextReasoningContent))
            {
                throw new NotSupportedException($"A message holds {content.GetType().Name}; a local model reads text alone.");
            }
        }

        string reasoning = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
        return new ChatMessageText(
            message.Role.Value,
            string.Concat(message.Contents.OfType<TextContent>().Select(content => content.Text))
        )
        {
            ReasoningContent = reasoning.Length > 0 ? reasoning : null,
        };
    }
}
