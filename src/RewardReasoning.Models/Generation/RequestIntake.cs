using System.Runtime.CompilerServices;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Generation;

/// <summary>Checks requests, puts them where an engine's workers take them from, and hands out what becomes of them.</summary>
/// <param name="queue">Where the workers take sequences from.</param>
/// <param name="tokenizer">Turns tokens into text.</param>
/// <param name="vocabulary">Ids are below this.</param>
/// <param name="context">Tokens that the model can read and write together.</param>
internal sealed class RequestIntake(WaitingQueue queue, Tokenizer tokenizer, int vocabulary, int context)
{
    /// <summary>Answers a request.</summary>
    /// <exception cref="ArgumentException">This model cannot answer it; see <see cref="GenerationRequest.Validate"/>.</exception>
    /// <exception cref="RewardReasoningException">The model failed; the inner exception is the cause.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled; it leaves its batch at the next step.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed before the request was answered.</exception>
    public async Task<Completion> GenerateAsync(GenerationRequest request, CancellationToken cancellationToken)
    {
        Sequence sequence = Submit(request, streamed: false, cancellationToken);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => sequence.Cancel(cancellationToken));
        return await sequence.Completion.ConfigureAwait(false);
    }

    /// <summary>Streams the answer to a request; the last event holds all of it. Ending the enumeration cancels the request.</summary>
    /// <inheritdoc cref="GenerateAsync" path="/exception"/>
    public async IAsyncEnumerable<GenerationEvent> StreamAsync(
        GenerationRequest request,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Sequence sequence = Submit(request, streamed: true, cancellationToken);
        using CancellationTokenRegistration registration = cancellationToken.Register(() => sequence.Cancel(cancellationToken));
        try
        {
            await foreach (GenerationEvent step in sequence.Events.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return step;
            }
        }
        finally
        {
            sequence.Cancel(cancellationToken);
        }
    }

    private Sequence Submit(GenerationRequest request, bool streamed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        cancellationToken.ThrowIfCancellationRequested();
        request.Validate(vocabulary, context);
        Sequence sequence = new(request, tokenizer, context, streamed);
        queue.Add(sequence);
        return sequence;
    }
}
