using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Storage;

/// <summary>
/// A chat client that keeps every completion in a store before it passes it on, and asks the client behind it only for what is not
/// there. A kept response says so (<see cref="ChatResponseKeys.Kept"/>). Requests for the same completion that meet ask once. What failed
/// or was cancelled is not kept; a completion that was cut at its length is. Requests that sample without a seed, or hold more than text,
/// pass through. Safe to use from many threads at once.
/// </summary>
public sealed class StoringChatClient : DelegatingChatClient
{
    private readonly ICompletionStore _store;
    private readonly TimeProvider _time;
    private readonly StoredModel _model;
    private readonly ConcurrentDictionary<CompletionKey, TaskCompletionSource> _inFlight = new();

    /// <summary>A client over another and a store.</summary>
    /// <param name="inner">Who is asked for what is not kept; disposed with this client.</param>
    /// <param name="store">Where completions are kept.</param>
    /// <param name="time">Clock for when and how long; the system's if null.</param>
    /// <exception cref="ArgumentException">The client does not tell which model it is.</exception>
    public StoringChatClient(IChatClient inner, ICompletionStore store, TimeProvider? time = null)
        : base(inner)
    {
        ArgumentNullException.ThrowIfNull(store);
        (_store, _time, _model) = (store, time ?? TimeProvider.System, StoredModel.Of(inner));
    }

    /// <summary>Whether the store is disposed with this client.</summary>
    /// <value>false.</value>
    public bool OwnsStore { get; init; }

    /// <inheritdoc/>
    /// <exception cref="CompletionStoreException">The store failed; an answer that could not be kept is not passed on.</exception>
    public override async Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        IReadOnlyList<ChatMessage> prompt = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        if (CompletionRequest.Of(_model, prompt, options) is not { } request)
        {
            return await base.GetResponseAsync(prompt, options, cancellationToken).ConfigureAwait(false);
        }

        await ClaimAsync(request.Key, cancellationToken).ConfigureAwait(false);
        try
        {
            if (await _store.FindAsync(request.Key, cancellationToken).ConfigureAwait(false) is { } kept)
            {
                return Kept(kept);
            }

            long start = _time.GetTimestamp();
            ChatResponse response = await base.GetResponseAsync(prompt, options, cancellationToken).ConfigureAwait(false);
            return await KeepAsync(request, response, start).ConfigureAwait(false);
        }
        finally
        {
            Release(request.Key);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="CompletionStoreException">The store failed; the end of an answer that could not be kept is not passed
    /// on.</exception>
    public override async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages,
        ChatOptions? options = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        IReadOnlyList<ChatMessage> prompt = messages as IReadOnlyList<ChatMessage> ?? [.. messages];
        if (CompletionRequest.Of(_model, prompt, options) is not { } request)
        {
            await foreach (
                ChatResponseUpdate update in base.GetStreamingResponseAsync(prompt, options, cancellationToken).ConfigureAwait(false)
            )
            {
                yield return update;
            }

            yield break;
        }

        await ClaimAsync(request.Key, cancellationToken).ConfigureAwait(false);
        try
        {
            if (await _store.FindAsync(request.Key, cancellationToken).ConfigureAwait(false) is { } kept)
            {
                foreach (ChatResponseUpdate update in Kept(kept).ToChatResponseUpdates())
                {
                    yield return update;
                }

                yield break;
            }

            // The last update is held back until all are kept: who has seen the end can rely on it.
            long start = _time.GetTimestamp();
            List<ChatResponseUpdate> updates = [];
            await foreach (
                ChatResponseUpdate update in base.GetStreamingResponseAsync(prompt, options, cancellationToken).ConfigureAwait(false)
            )
            {
                if (updates is [.., var last])
                {
                    yield return last;
                }

                updates.Add(update);
            }

            if (updates.Exists(update => update.FinishReason is not null))
            {
                await KeepAsync(request, updates.ToChatResponse(), start).ConfigureAwait(false);
            }

            if (updates is [.., var end])
            {
                yield return end;
            }
        }
        finally
        {
            Release(request.Key);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Gives the store too, as an <see cref="ICompletionStore"/>.</remarks>
    public override object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType == typeof(ICompletionStore) ? _store : base.GetService(serviceType, serviceKey);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing && OwnsStore)
        {
            _store.Dispose();
        }
    }

    private static ChatResponse Kept(byte[] bytes)
    {
        ChatResponse response = ResponseEncoding.Read(bytes);
        (response.AdditionalProperties ??= [])[ChatResponseKeys.Kept] = true;
        return response;
    }

    /// <summary>
    /// Waits until nobody else in this process asks for the same completion; then it is in the store, or is this caller's to ask.
    /// </summary>
    private async ValueTask ClaimAsync(CompletionKey key, CancellationToken cancellationToken)
    {
        TaskCompletionSource mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
        while (_inFlight.GetOrAdd(key, mine) is var holder && holder != mine)
        {
            await holder.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private void Release(CompletionKey key)
    {
        if (_inFlight.TryRemove(key, out TaskCompletionSource? mine))
        {
            mine.SetResult();
        }
    }

    /// <summary>
    /// Only an answer that the model ended, or that was cut at its length, is stored: one that a filter or a fault took may come the next
    /// time.
    /// </summary>
    private static bool IsKept(ChatFinishReason? reason) =>
        reason is null || reason == ChatFinishReason.Stop || reason == ChatFinishReason.Length || reason == ChatFinishReason.ToolCalls;

    /// <summary>
    /// An answer that ended and is empty: the model said nothing, or a server took all of it for reasoning. Stored, it would be replayed
    /// for ever, even after the server was set up correctly.
    /// </summary>
    private static bool IsEmpty(ChatResponse response) =>
        response.FinishReason != ChatFinishReason.Length
        && response
            .Messages.SelectMany(message => message.Contents)
            .All(content => content is TextReasoningContent or UsageContent or TextContent { Text.Length: 0 });

    /// <summary>
    /// Where another process was first, its answer is the one that all will find from now on, so it is this caller's too.
    /// </summary>
    private async Task<ChatResponse> KeepAsync(CompletionRequest request, ChatResponse response, long start)
    {
        if (!IsKept(response.FinishReason) || IsEmpty(response) || ResponseEncoding.Write(response) is not { } bytes)
        {
            return response;
        }

        StoredCompletion completion = new()
        {
            Request = request,
            Response = bytes,
            Created = _time.GetUtcNow(),
            Elapsed = _time.GetElapsedTime(start),
        };
        bool isFirst = await _store.AddAsync(completion).ConfigureAwait(false);
        return !isFirst && await _store.FindAsync(request.Key, CancellationToken.None).ConfigureAwait(false) is { } first
            ? ResponseEncoding.Read(first)
            : response;
    }
}
