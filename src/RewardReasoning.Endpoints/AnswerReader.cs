using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>
/// Puts one answer together, whole or in pieces: contents, finish reason, usage, log-probs, and whether the thought was closed.
/// </summary>
internal sealed class AnswerReader(bool promptOpensThought, bool hasPrefill)
{
    private readonly ThoughtSplitter _splitter = new(promptOpensThought);
    private readonly List<WireToken> _tokens = [];
    private bool _thoughtApart;
    private bool _answered;

    public ChatFinishReason? FinishReason { get; private set; }

    public UsageDetails? Usage { get; private set; }

    public IEnumerable<AIContent> Read(WireText text)
    {
        if (text.Thought.Length > 0)
        {
            _thoughtApart = true;
            yield return new TextReasoningContent(text.Thought);
        }

        foreach ((bool isReasoning, string piece) in _splitter.Feed(text.Content ?? ""))
        {
            yield return ContentOf(isReasoning, piece);
        }
    }

    public IEnumerable<AIContent> Finish()
    {
        foreach ((bool isReasoning, string piece) in _splitter.Finish())
        {
            yield return ContentOf(isReasoning, piece);
        }
    }

    public void Note(WireAnswer answer)
    {
        WireChoice? choice = answer.Choices is [var first, ..] ? first : null;
        FinishReason = choice?.FinishReason is { Length: > 0 } reason ? new ChatFinishReason(reason) : FinishReason;
        _tokens.AddRange(choice?.Logprobs?.Content ?? []);
        if (answer.Usage is { } usage)
        {
            Usage = new()
            {
                InputTokenCount = usage.PromptTokens,
                OutputTokenCount = usage.CompletionTokens,
                TotalTokenCount = usage.PromptTokens + usage.CompletionTokens,
                CachedInputTokenCount = usage.PromptTokensDetails?.CachedTokens ?? answer.Timings?.CacheN,
                ReasoningTokenCount = usage.CompletionTokensDetails?.ReasoningTokens,
            };
        }
    }

    public AdditionalPropertiesDictionary Properties()
    {
        AdditionalPropertiesDictionary properties = [];
        if (ReasoningClosed() is { } closed)
        {
            properties[ChatResponseKeys.ReasoningClosed] = closed;
        }

        if (_tokens.Count > 0)
        {
            properties[ChatResponseKeys.TokenTexts] = _tokens.Select(token => token.Token).ToArray();
            properties[ChatResponseKeys.TokenLogProbs] = _tokens.Select(token => token.Logprob).ToArray();
            properties[ChatResponseKeys.TokenTopLogProbs] = _tokens
                .Select(token => token.TopLogprobs?.Select(top => KeyValuePair.Create(top.Token, top.Logprob)).ToArray() ?? [])
                .ToArray();
        }

        return properties;
    }

    /// <summary>
    /// Of content that was cut at its length, nothing is taken for an answer unless the server itself keeps thoughts apart: the prompt
    /// may have opened the thought unseen, and a closing tag may be one that the judge only quoted.
    /// </summary>
    private bool? ReasoningClosed()
    {
        bool cut = FinishReason == ChatFinishReason.Length;
        return this switch
        {
            _ when hasPrefill => null,
            { _thoughtApart: true } => !cut || _answered,
            _ when cut => false,
            { _splitter.SawThought: true } => _splitter.ClosedThought,
            _ => null,
        };
    }

    private AIContent ContentOf(bool isReasoning, string piece)
    {
        _answered |= !isReasoning && !string.IsNullOrWhiteSpace(piece);
        return isReasoning ? new TextReasoningContent(piece) : new TextContent(piece);
    }
}
