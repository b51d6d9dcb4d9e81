using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>What a judge wrote, taken apart. "Assistant 1" in it is the response shown first.</summary>
public sealed record Completion
{
    /// <summary>The reasoning, as the client returns it.</summary>
    public string Reasoning { get; init; } = "";

    /// <summary>The text after the reasoning; where the verdict was forced, with the stub it was begun with.</summary>
    public string Answer { get; init; } = "";

    /// <summary>Whether reasoning that was opened was closed; null where none was opened.</summary>
    public bool? ReasoningClosed { get; init; }

    /// <summary>Whether the completion ended at its token limit.</summary>
    public bool Cut { get; init; }

    /// <summary>
    /// Whether a content filter, or the model's own refusal, took the answer's place; its words, if any, are in the answer.
    /// </summary>
    public bool Withheld { get; init; }

    /// <summary>
    /// Why the completion ended, where that is neither the model's own end nor its token limit: then nobody can say whether it is whole.
    /// </summary>
    public string? OddEnd { get; init; }

    /// <summary>Whether the verdict was begun for the judge: at its thinking budget, or because its answer had none.</summary>
    public bool Forced { get; init; }

    /// <summary>Probability that the response shown first is better, at the verdict token; null without log-probs.</summary>
    public double? ShownFirstProbability { get; init; }

    /// <summary>What the completion cost.</summary>
    public Usage Usage { get; init; } = Usage.None;

    /// <summary>
    /// Reads a client's response. Thoughts come as <see cref="TextReasoningContent"/> or inside the text between think tags. Where a
    /// client does not say whether the reasoning was closed (<see cref="ChatResponseKeys.ReasoningClosed"/>) and the completion was cut at
    /// its length, text with think tags in it counts as unclosed: a tag that the judge only quoted could not be told from its own.
    /// </summary>
    public static Completion From(ChatResponse response, TimeSpan elapsed) => From(response, elapsed, continuesVerdict: false);

    /// <summary>The same; a response to a prefill that ends in an open box continues the verdict.</summary>
    internal static Completion From(ChatResponse response, TimeSpan elapsed, bool continuesVerdict)
    {
        ArgumentNullException.ThrowIfNull(response);
        List<AIContent> contents =
        [
            .. response.Messages.Where(message => message.Role == ChatRole.Assistant).SelectMany(message => message.Contents),
        ];
        string apart = string.Concat(contents.OfType<TextReasoningContent>().Select(content => content.Text));
        string text = string.Concat(contents.OfType<TextContent>().Select(content => content.Text));
        bool cut = response.FinishReason == ChatFinishReason.Length;
        bool? said = Property<bool>(response, ChatResponseKeys.ReasoningClosed);

        bool isAllAnswer = Property<bool>(response, ChatResponseKeys.ReasoningApart) ?? (said is null && apart.Length > 0);
        (string inside, string answer, bool? closed) = isAllAnswer ? new ReasoningText("", text, null) : ReasoningText.Split(text);
        if (said == true && closed == false)
        {
            // The client knows markers from text; what looks like an opening one is one that the judge quoted.
            (inside, answer) = ("", text);
        }
        else if (apart.Length > 0)
        {
            closed = closed ?? (!cut || !string.IsNullOrWhiteSpace(answer));
        }
        else if (cut && closed == true)
        {
            closed = said ?? false;
        }

        bool forced = Property<bool>(response, ChatResponseKeys.ThinkingForced) ?? false;
        closed = said ?? closed;
        string reasoning = apart + inside + (closed == false ? answer : "");
        Usage usage = Usage.From(response.Usage, elapsed);
        if (reasoning.Length > 0 && usage.ReasoningTokens is null or 0)
        {
            // Servers that do not see reasoning report 0 tokens of it.
            usage = usage with
            {
                ReasoningTokens = ReasoningTokensIn(response, reasoning),
            };
        }

        return new()
        {
            Reasoning = reasoning,
            Answer = closed == false ? "" : answer,
            ReasoningClosed = closed,
            Cut = cut,
            Withheld = response.FinishReason == ChatFinishReason.ContentFilter,
            OddEnd = OddEndOf(response.FinishReason),
            Forced = forced,
            ShownFirstProbability = continuesVerdict
                ? SoftVerdict.FirstProbabilityOfContinuation(response)
                : SoftVerdict.FirstProbability(response, forced),
            Usage = Property<bool>(response, ChatResponseKeys.Kept) == true ? usage.AsKept() : usage,
        };
    }

    private static string? OddEndOf(ChatFinishReason? reason) =>
        reason is { } known
        && known != ChatFinishReason.Stop
        && known != ChatFinishReason.Length
        && known != ChatFinishReason.ContentFilter
        && known != ChatFinishReason.ToolCalls
            ? known.Value
            : null;

    /// <summary>
    /// How many of the tokens whose log-probs were returned make up the reasoning; null where they do not cover it.
    /// </summary>
    private static long? ReasoningTokensIn(ChatResponse response, string reasoning)
    {
        if (
            response.AdditionalProperties?.TryGetValue(ChatResponseKeys.TokenTexts, out object? value) != true
            || value is not string[] tokens
            || string.Concat(tokens).IndexOf(reasoning, StringComparison.Ordinal) is var start && start < 0
        )
        {
            return null;
        }

        int end = start + reasoning.Length;
        int offset = 0;
        long count = 0;
        foreach (string token in tokens)
        {
            count += offset < end && offset + token.Length > start ? 1 : 0;
            offset += token.Length;
        }

        return count;
    }

    private static T? Property<T>(ChatResponse response, string key)
        where T : struct => response.AdditionalProperties?.TryGetValue(key, out object? value) == true && value is T typed ? typed : null;
}
