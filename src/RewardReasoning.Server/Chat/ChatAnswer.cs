using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Server.Chat;

/// <summary>Writes what a chat client returned as the fields of an answer.</summary>
internal static class ChatAnswer
{
    public static ChoiceWire Choice(int index, ChatResponse response)
    {
        AIContent[] contents = [.. response.Messages.SelectMany(message => message.Contents)];
        string thought = string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text));
        return new()
        {
            Index = index,
            Message = Thought(thought) with
            {
                Role = "assistant",
                Content = string.Concat(contents.OfType<TextContent>().Select(content => content.Text)),
            },
            Logprobs = LogProbs(response.AdditionalProperties),
            FinishReason = FinishReason(response.FinishReason),
        };
    }

    /// <summary>Reasoning, under both names that clients look for.</summary>
    public static TextWire Thought(string thought) =>
        thought.Length == 0 ? new() : new() { Reasoning = thought, ReasoningContent = thought };

    public static string FinishReason(ChatFinishReason? reason) => (reason ?? ChatFinishReason.Stop).Value;

    /// <summary>Usage of all completions of a request; the prompt, which they share, counts once.</summary>
    public static UsageWire Usage(IReadOnlyList<UsageDetails?> completions)
    {
        long prompt = completions.Max(usage => usage?.InputTokenCount) ?? 0;
        long written = completions.Sum(usage => usage?.OutputTokenCount) ?? 0;
        return new(
            prompt,
            written,
            prompt + written,
            new PromptDetailsWire(completions.Min(usage => usage?.CachedInputTokenCount) ?? 0),
            new CompletionDetailsWire(completions.Sum(usage => usage?.ReasoningTokenCount) ?? 0)
        );
    }

    public static LogProbsWire? LogProbs(AdditionalPropertiesDictionary? properties)
    {
        if (
            properties?.GetValueOrDefault(ChatResponseKeys.TokenTexts) is not string[] texts
            || properties.GetValueOrDefault(ChatResponseKeys.TokenLogProbs) is not float[] logProbs
        )
        {
            return null;
        }

        KeyValuePair<string, float>[][]? tops =
            properties.GetValueOrDefault(ChatResponseKeys.TokenTopLogProbs) as KeyValuePair<string, float>[][];
        return new([
            .. texts.Select(
                (text, at) => Token(text, logProbs[at], [.. (tops?[at] ?? []).Select(top => Token(top.Key, top.Value, top: null))])
            ),
        ]);
    }

    /// <summary>A token that holds a part of a character has no text of its own, so its bytes are not known here.</summary>
    private static TokenWire Token(string text, float logProb, IReadOnlyList<TokenWire>? top) =>
        new(text, logProb, text.Contains('\ufffd') ? null : [.. Encoding.UTF8.GetBytes(text).Select(value => (int)value)], top);
}
