using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Testing;

/// <summary>What a <see cref="ScriptedChatClient"/> was asked.</summary>
public sealed record ScriptedRequest(int Index, IReadOnlyList<ChatMessage> Messages, ChatOptions Options)
{
    /// <summary>Text of the last user message.</summary>
    public string UserText => Messages.Last(message => message.Role == ChatRole.User).Text;

    /// <summary>The prefill, if one was asked for.</summary>
    public string? Prefill => Property(ChatOptionKeys.Prefill) as string;

    /// <summary>One of the additional properties, or null.</summary>
    public object? Property(string key) => Options.AdditionalProperties?.GetValueOrDefault(key);
}

/// <summary>What a <see cref="ScriptedChatClient"/> answers; a bare string is the text of a completion that ended by itself.</summary>
public sealed record ScriptedReply
{
    /// <summary>The text content; may hold think tags.</summary>
    public string Text { get; init; } = "";

    /// <summary>The thought, returned apart from the text; null for none.</summary>
    public string? Reasoning { get; init; }

    /// <summary>Why the completion ended.</summary>
    public ChatFinishReason FinishReason { get; init; } = ChatFinishReason.Stop;

    /// <summary>Tokens; 10 read and 5 written by default.</summary>
    public UsageDetails? Usage { get; init; } = new() { InputTokenCount = 10, OutputTokenCount = 5 };

    /// <summary>What is thrown instead of an answer.</summary>
    public Exception? Fault { get; init; }

    /// <summary>Whether the request hangs until it is cancelled.</summary>
    public bool Hangs { get; init; }

    /// <summary>Additional properties of the response.</summary>
    public AdditionalPropertiesDictionary? Properties { get; init; }

    /// <summary>A completion that ended by itself.</summary>
    public static implicit operator ScriptedReply(string text) => FromString(text);

    /// <summary>A completion that ended by itself.</summary>
    public static ScriptedReply FromString(string text) => new() { Text = text };
}

/// <summary>A chat client that answers from a script and remembers what it was asked.</summary>
public sealed class ScriptedChatClient : IChatClient
{
    private readonly Func<ScriptedRequest, ScriptedReply> _script;
    private readonly HashSet<string> _supported;
    private readonly ConcurrentDictionary<int, ScriptedRequest> _requests = new();
    private int _count;
    private int _inFlight;
    private int _mostInFlight;

    /// <summary>A client whose answers a function makes.</summary>
    /// <param name="script">Makes the answer to a request; called from many threads.</param>
    /// <param name="supportedKeys">The keys of <see cref="ChatOptionKeys"/> that the client says it honours.</param>
    public ScriptedChatClient(Func<ScriptedRequest, ScriptedReply> script, params IEnumerable<string> supportedKeys)
    {
        _script = script;
        _supported = [.. supportedKeys];
    }

    /// <summary>All requests so far, in the order they came.</summary>
    public IReadOnlyList<ScriptedRequest> Requests => [.. _requests.OrderBy(entry => entry.Key).Select(entry => entry.Value)];

    /// <summary>The most requests that were in flight at once.</summary>
    public int MostInFlight => _mostInFlight;

    /// <summary>Requests that are in flight now.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Time that each answer takes.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>A client that gives these answers in turn, and the last one ever after.</summary>
    public static ScriptedChatClient Of(params ScriptedReply[] replies) =>
        new(request => replies[Math.Min(request.Index, replies.Length - 1)]);

    /// <inheritdoc/>
    public async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ScriptedReply reply = await ReplyAsync(messages, options, cancellationToken);
        List<AIContent> contents = reply.Reasoning is null ? [] : [new TextReasoningContent(reply.Reasoning)];
        contents.Add(new TextContent(reply.Text));
        return new(new ChatMessage(ChatRole.Assistant, contents))
        {
            FinishReason = reply.FinishReason,
            Usage = reply.Usage,
            AdditionalProperties = reply.Properties,
        };
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        const int PieceLength = 5;
        ScriptedReply reply = await ReplyAsync(messages, options, cancellationToken);
        foreach (char[] piece in (reply.Reasoning ?? "").Chunk(PieceLength))
        {
            yield return new(ChatRole.Assistant, [new TextReasoningContent(new string(piece))]);
        }

        foreach (char[] piece in reply.Text.Chunk(PieceLength))
        {
            yield return new(ChatRole.Assistant, [new TextContent(new string(piece))]);
        }

        yield return new(ChatRole.Assistant, reply.Usage is null ? [] : [new UsageContent(reply.Usage)])
        {
            FinishReason = reply.FinishReason,
            AdditionalProperties = reply.Properties,
        };
    }

    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is ChatOptionKeys.Supported && serviceType == typeof(IReadOnlySet<string>) ? _supported
        : serviceType == typeof(ChatClientMetadata) && serviceKey is null ? new ChatClientMetadata("scripted", null, "scripted-judge")
        : null;

    /// <inheritdoc/>
    public void Dispose() { }

    private async Task<ScriptedReply> ReplyAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options,
        CancellationToken cancellationToken
    )
    {
        ScriptedRequest request = new(Interlocked.Increment(ref _count) - 1, [.. messages], options ?? new());
        _requests[request.Index] = request;
        int now = Interlocked.Increment(ref _inFlight);
        InterlockedMax(ref _mostInFlight, now);
        try
        {
            ScriptedReply reply = _script(request);
            await Task.Delay(reply.Hangs ? Timeout.InfiniteTimeSpan : Delay, cancellationToken);
            return reply.Fault is null ? reply : throw reply.Fault;
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private static void InterlockedMax(ref int location, int value)
    {
        int seen = Volatile.Read(ref location);
        while (seen < value)
        {
            int before = Interlocked.CompareExchange(ref location, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
