using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>
/// Puts one answer together, whole or in pieces: contents, finish reason, usage, log-probs, and whether the thought was closed.
/// </summary>
/// <param name="promptOpensThought">Whether the prompt ended with an opening tag.</param>
/// <param name="prefill">The beginning of the answer, as it was sent; null for none.</param>
/// <param name="cap">The cap on the thought that the server keeps; null for none.</param>
internal sealed class AnswerReader(bool promptOpensThought, string? prefill, ThoughtCap? cap = null)
{
    private readonly ReasoningSplitter _splitter = new(promptOpensThought && prefill is null);
    private readonly bool _hasPrefill = prefill is not null;
    private readonly List<WireToken> _tokens = [];
    private WireUsage? _usage;
    private long? _cached;
    private string? _echo = prefill;
    private string _held = "";
    private string _refusal = "";
    private readonly StringBuilder _thoughtText = new();
    private int _answerLength;
    private bool _thoughtApart;
    private bool _thought;
    private bool _answered;

    public ChatFinishReason? FinishReason { get; private set; }

    /// <summary>What the answer cost; null where the server does not say.</summary>
    public UsageDetails? Usage =>
        _usage is not { } usage || (usage.PromptTokens is null && usage.Generated is null)
            ? null
            : new()
            {
                InputTokenCount = usage.PromptTokens,
                OutputTokenCount = usage.Generated,
                TotalTokenCount = usage.PromptTokens + usage.Generated,
                CachedInputTokenCount = _cached,
                // vLLM counts 0 where the template opens the thought: that is not reported rather than nothing.
                ReasoningTokenCount = usage.Thought == 0 && _thought ? null : usage.Thought,
            };

    public IEnumerable<AIContent> Read(WireText text)
    {
        _refusal += text.Refusal;
        if (text.Thought.Length > 0 && !IsEchoOfThought(text.Thought))
        {
            _thoughtApart = true;
            yield return ContentOf(isReasoning: true, text.Thought);
        }

        foreach (AIContent content in WithoutEcho(text.Content ?? "").SelectMany(Split))
        {
            yield return content;
        }
    }

    public IEnumerable<AIContent> Finish()
    {
        _echo = null;
        foreach (AIContent content in WithoutEcho("").SelectMany(Split))
        {
            yield return content;
        }

        foreach ((bool isReasoning, string piece) in _splitter.Finish())
        {
            yield return ContentOf(isReasoning, piece);
        }

        if (!_answered && _refusal.Length > 0)
        {
            FinishReason = ChatFinishReason.ContentFilter;
            yield return new TextContent(_refusal);
        }

        // Only an answer that came to its end gets here; some gateways do not say why it ended.
        FinishReason ??= ChatFinishReason.Stop;
    }

    public void Note(WireAnswer answer)
    {
        WireChoice? choice = answer.Choices?.FirstOrDefault(choice => choice.Index == 0);
        FinishReason = choice?.FinishReason is { Length: > 0 } reason ? FinishReasons.Of(reason) : FinishReason;
        _tokens.AddRange(choice?.Logprobs?.Content?.Where(token => token?.Token is not null) ?? []);
        _usage = answer.Usage ?? _usage;
        _cached = answer.Usage?.Cached ?? answer.Timings?.CacheN ?? _cached;
    }

    public AdditionalPropertiesDictionary Properties()
    {
        AdditionalPropertiesDictionary properties = [];
        if (ReasoningClosed() is { } closed)
        {
            properties[ChatResponseKeys.ReasoningClosed] = closed;
        }

        if (_thoughtApart && !_hasPrefill)
        {
            properties[ChatResponseKeys.ReasoningApart] = true;
        }

        if (cap is { } limit && IsForced(limit))
        {
            properties[ChatResponseKeys.ThinkingForced] = true;
        }

        if (_tokens.Count > 0)
        {
            properties[ChatResponseKeys.TokenTexts] = _tokens.Select(token => token.Token ?? "").ToArray();
            properties[ChatResponseKeys.TokenLogProbs] = _tokens.Select(token => token.Logprob).ToArray();
            properties[ChatResponseKeys.TokenTopLogProbs] = _tokens
                .Select(token =>
                    token.TopLogprobs?.Where(IsPossible).Select(top => KeyValuePair.Create(top.Token ?? "", top.Logprob)).ToArray() ?? []
                )
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
            _ when _hasPrefill => null,
            { _thoughtApart: true } => !cut || _answered,
            _ when cut => false,
            { _splitter.Opened: true } => _splitter.Closed,
            _ => null,
        };
    }

    /// <summary>
    /// Whether the server closed the thought: it ends with the words that were to be put there, or has as many tokens as it may. Where the
    /// server does not count them, their share of all tokens is that of its letters.
    /// </summary>
    private bool IsForced(ThoughtCap limit)
    {
        string thought = _thoughtText.ToString().TrimEnd();
        if (limit.Message.Length > 0)
        {
            return thought.EndsWith(limit.Message.Trim(), StringComparison.Ordinal);
        }

        double? tokens = _usage?.Thought is > 0 and var counted
            ? counted
            : _usage?.Generated * (double)thought.Length / Math.Max(1, thought.Length + _answerLength);
        return tokens >= limit.Tokens - 1;
    }

    private static bool IsPossible(WireToken? token) => token is { Token: not null } && float.IsFinite(token.Logprob);

    /// <summary>Where reasoning has its own field, the content is the answer as written: a tag in it is one that it quotes.</summary>
    private IEnumerable<AIContent> Split(string text) =>
        _thoughtApart
            ? text.Length == 0
                ? []
                : [ContentOf(isReasoning: false, text)]
            : _splitter.Feed(text).Select(piece => ContentOf(piece.IsReasoning, piece.Text));

    /// <summary>
    /// The text without the prefill, which llama.cpp repeats where it does not stream; held back as long as it may still be that.
    /// </summary>
    private IEnumerable<string> WithoutEcho(string text)
    {
        if (_echo is null || text.Length == 0)
        {
            string all = _held + text;
            _held = "";
            return all.Length == 0 ? [] : [all];
        }

        _held += text;
        if (_held.Length < _echo.Length && _echo.StartsWith(_held, StringComparison.Ordinal))
        {
            return [];
        }

        string kept = _held.StartsWith(_echo, StringComparison.Ordinal) ? _held[_echo.Length..] : _held;
        (_echo, _held) = (null, "");
        return kept.Length == 0 ? [] : [kept];
    }

    /// <summary>Whether a thought is the one that was sent, which a server took apart; then its content begins with the rest.</summary>
    private bool IsEchoOfThought(string thought)
    {
        if (_echo is null || ReasoningText.Split(_echo) is not (var sent, var rest, true) || sent.Trim() != thought.Trim())
        {
            return false;
        }

        _echo = rest.TrimStart();
        return true;
    }

    private AIContent ContentOf(bool isReasoning, string piece)
    {
        _thought |= isReasoning && !string.IsNullOrWhiteSpace(piece);
        if (cap is not null && isReasoning)
        {
            _thoughtText.Append(piece);
        }

        _answerLength += isReasoning ? 0 : piece.Length;
        _answered |= !isReasoning && !string.IsNullOrWhiteSpace(piece);
        return isReasoning ? new TextReasoningContent(piece) : new TextContent(piece);
    }
}
