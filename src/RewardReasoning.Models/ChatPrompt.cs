using Microsoft.Extensions.AI;
using RewardReasoning.Models.Generation;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Jinja;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models;

/// <summary>A chat as the model reads it, up to the text that the model is to continue.</summary>
/// <param name="Text">The rendered text, the prefill included.</param>
/// <param name="Ids">Its tokens.</param>
/// <param name="ReasoningOpen">Whether the assistant turn so far leaves reasoning open; null where it opened none.</param>
internal sealed record ChatPrompt(string Text, int[] Ids, bool? ReasoningOpen)
{
    /// <summary>
    /// Renders messages with the model's template, opens the assistant's turn and begins it with <paramref name="prefill"/>.
    /// </summary>
    /// <exception cref="RewardReasoningException">The template refuses the messages.</exception>
    /// <exception cref="NotSupportedException">A message holds something that is not text.</exception>
    public static ChatPrompt Render(
        ChatTokenizer chat,
        IEnumerable<ChatMessage> messages,
        string? instructions = null,
        string? prefill = null,
        IReadOnlyDictionary<string, object?>? variables = null
    )
    {
        ArgumentNullException.ThrowIfNull(chat);
        ArgumentNullException.ThrowIfNull(messages);
        IEnumerable<ChatMessage> all = instructions is null ? messages : messages.Prepend(new ChatMessage(ChatRole.System, instructions));
        ChatMessageText[] texts = [.. all.Select(ToText)];
        ChatRenderOptions options = new() { AddGenerationPrompt = true, Variables = variables ?? new Dictionary<string, object?>() };
        MarkedText rendered = chat.Template.RenderMarked(texts, options);
        Tokenizer tokenizer = chat.Tokenizer;
        int[] ids = tokenizer.Encode(rendered.Value, rendered.Untrusted);
        bool? opened = null;
        ReasoningTags? found = ReasoningTags.Find(tokenizer);
        if (found is { } tags)
        {
            int last = ids.LastOrDefault(id => !string.IsNullOrWhiteSpace(tokenizer.Decode([id])), -1);
            opened =
                last == tags.Open ? true
                : last == tags.Close ? false
                : null;
        }

        if (string.IsNullOrEmpty(prefill))
        {
            return new ChatPrompt(rendered.Value, ids, opened);
        }

        // Encoded as one text: a token may span the border, as in training.
        string begun = Undoubled(rendered.Value, prefill, opened == true);
        MarkedText whole = MarkedText.Concat(rendered, MarkedText.DistrustAllBut(begun, [ReasoningTags.OpenText, ReasoningTags.CloseText]));
        int lastOpen = begun.LastIndexOf(ReasoningTags.OpenText, StringComparison.Ordinal),
            lastClose = begun.LastIndexOf(ReasoningTags.CloseText, StringComparison.Ordinal);
        if (found is not null && Math.Max(lastOpen, lastClose) >= 0 && (lastOpen >= 0 || opened == true))
        {
            opened = lastOpen > lastClose;
        }

        return new ChatPrompt(whole.Value, tokenizer.Encode(whole.Value, whole.Untrusted), opened);
    }

    /// <summary>The prefill without the opening tag that the template has written already.</summary>
    private static string Undoubled(string rendered, string prefill, bool opened)
    {
        if (!opened || !prefill.StartsWith(ReasoningTags.OpenText, StringComparison.Ordinal))
        {
            return prefill;
        }

        bool newLine = rendered.AsSpan(rendered.LastIndexOf(ReasoningTags.OpenText, StringComparison.Ordinal)).Contains('\n');
        string rest = prefill[ReasoningTags.OpenText.Length..];
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
