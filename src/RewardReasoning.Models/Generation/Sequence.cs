using System.Threading.Channels;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// A request that is being answered: its tokens so far and what each further one means. Only the worker that holds it advances it; any
/// thread may cancel it.
/// </summary>
internal sealed class Sequence
{
    private readonly GenerationRequest _request;
    private readonly CompletionText _text;
    private readonly int _context;
    private readonly HashSet<int> _ends;
    private readonly Queue<ForcedToken> _forced = new();
    private readonly List<TokenLogProb> _logProbs = [];
    private readonly List<TokenLogProb[]> _topLogProbs = [];
    private readonly TaskCompletionSource<Completion> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Channel<GenerationEvent>? _events;
    private int _generated;
    private int _maxTokens;
    private int? _stubStart;
    private bool _atChoice;

    public Sequence(GenerationRequest request, Tokenizer tokenizer, int context, bool streamed)
    {
        _request = request;
        _context = context;
        _ends = [.. request.EndTokens];
        _maxTokens = request.MaxTokens;
        _events = streamed ? Channel.CreateUnbounded<GenerationEvent>(new UnboundedChannelOptions { SingleReader = true }) : null;
        _text = new CompletionText(
            tokenizer,
            request,
            _events is null ? null : (part, text) => _events.Writer.TryWrite(new GenerationEvent(part, text))
        );
        Tokens = [.. request.Prompt];
        ForceWhereTheBudgetIsUsedUp();
    }

    /// <summary>Prompt and completion so far.</summary>
    public List<int> Tokens { get; }

    /// <summary>Each token of <see cref="Tokens"/> once.</summary>
    public long[] DistinctTokens => [.. Tokens.Distinct().Select(id => (long)id)];

    /// <summary>Tokens of the prompt.</summary>
    public int PromptLength => _request.Prompt.Length;

    /// <summary>How its tokens are drawn.</summary>
    public SamplingOptions Sampling => _request.Sampling;

    /// <summary>How many of the most probable tokens are asked for at the next place; null where no log-probs are.</summary>
    public int? LogProbs => _request.LogProbsOfAnswer && _text.InReasoning ? null : _request.LogProbs;

    /// <summary>Whether the next token is decided already.</summary>
    public bool IsForced => _forced.Count > 0;

    /// <summary>What the next token may be; empty for any.</summary>
    public ReadOnlySpan<int> Allowed =>
        _atChoice ? _request.Budget?.Choices ?? []
        : _generated == 0 ? _request.AllowedFirstTokens
        : [];

    /// <summary>The number that decides the next token.</summary>
    public double Uniform => Sampler.Uniform(Sampling.Seed, _generated);

    /// <summary>Prompt tokens taken from the prefix cache or computed together with another request.</summary>
    public int CachedPromptTokens { get; set; }

    /// <summary>Whether it is finished, failed or cancelled.</summary>
    public bool IsOver => _completion.Task.IsCompleted;

    public Task<Completion> Completion => _completion.Task;

    public ChannelReader<GenerationEvent> Events => _events?.Reader ?? throw new InvalidOperationException("The request is not streamed.");

    public void Cancel(CancellationToken cancellationToken)
    {
        if (_completion.TrySetCanceled(cancellationToken))
        {
            _events?.Writer.TryComplete(new OperationCanceledException(cancellationToken));
        }
    }

    public void Fail(Exception error)
    {
        if (_completion.TrySetException(error))
        {
            _ = _completion.Task.Exception; // observed: a streaming caller gets it from the events
            _events?.Writer.TryComplete(error);
        }
    }

    /// <summary>Appends the next token: the forced one, else one drawn from the logits.</summary>
    public void Advance<TLogits>(in TLogits logits, int row)
        where TLogits : IStepLogits, allows ref struct
    {
        bool forced = _forced.TryDequeue(out ForcedToken next);
        int id = next.Id;
        if (!forced)
        {
            TokenLogProb chosen = logits.Choose(row, this);
            if (float.IsNaN(chosen.LogProb))
            {
                Fail(GenerationException.NotANumber());
                return;
            }

            id = chosen.Id;
            if (LogProbs is { } count)
            {
                _logProbs.Add(chosen);
                if (count > 0)
                {
                    _topLogProbs.Add(logits.Top(row, count));
                }
            }

            _generated++;
            _atChoice = false;
        }

        Tokens.Add(id);
        _atChoice |= forced && next.IsStub && _forced.Count == 0;
        if (!forced && _ends.Contains(id))
        {
            Complete(CompletionEnd.Stop);
        }
        else if (_text.Append(id, written: !forced))
        {
            Complete(CompletionEnd.Stop);
        }
        else if (Tokens.Count >= _context)
        {
            Complete(CompletionEnd.Length);
        }
        else
        {
            if (!forced)
            {
                ForceCalculatorResult();
                ForceWhereTheBudgetIsUsedUp();
            }

            if (_forced.Count == 0 && _generated >= _maxTokens)
            {
                Complete(CompletionEnd.Length);
            }
        }
    }

    private void ForceCalculatorResult()
    {
        foreach (int id in _text.CalculatorResult)
        {
            _forced.Enqueue(new(id, IsStub: false));
        }
    }

    private void ForceWhereTheBudgetIsUsedUp()
    {
        // A model without tags reasons in its answer: all that it writes before the stub counts as reasoning.
        bool aloud = _request.Tags is null;
        if (_request.Budget is not { } budget || _stubStart is not null || !(aloud || _text.InReasoning))
        {
            return;
        }

        // Near the end of the context the reasoning is closed early, so that an answer still fits.
        int room = _context - Tokens.Count - budget.Stub.Length - ThinkingBudget.TokensAfterStub;
        if ((aloud ? _generated : _text.ReasoningTokens) >= budget.Cap || (room <= 0 && _generated > 0))
        {
            _stubStart = Tokens.Count;
            int most = _generated + ThinkingBudget.TokensAfterStub;
            _maxTokens = budget.Choices.Length > 0 ? most : Math.Max(_maxTokens, most);
            _stubStart += _forced.Count; // behind a value that the calculator has yet to write
            foreach (int id in budget.Stub)
            {
                _forced.Enqueue(new(id, IsStub: true));
            }

            _atChoice = _forced.Count == 0;
        }
    }

    private void Complete(CompletionEnd end)
    {
        end = _text.Finish() ? CompletionEnd.Stop : end;
        Completion completion = new()
        {
            Ids = [.. Tokens.Skip(PromptLength)],
            StubStart = _stubStart - PromptLength,
            StubLength = _stubStart is null ? 0 : (_request.Budget?.Stub.Length ?? 0) - _forced.Count(token => token.IsStub),
            End = end,
            Reasoning = _text.Reasoning,
            Answer = _text.Answer,
            ReasoningClosed =
                _text.Opened ? !_text.InReasoning
                : _request.Tags is null && _stubStart is not null ? true
                : null,
            PromptTokens = PromptLength,
            CachedPromptTokens = CachedPromptTokens,
            GeneratedTokens = _generated,
            ReasoningTokens = _text.ReasoningTokens,
            LogProbIds = [.. _logProbs.Select(token => token.Id)],
            LogProbs = _request.LogProbs is null ? null : [.. _logProbs.Select(token => token.LogProb)],
            TopLogProbs = _request.LogProbs > 0 ? [.. _topLogProbs] : null,
        };
        if (_completion.TrySetResult(completion))
        {
            _events?.Writer.TryWrite(new GenerationEvent(CompletionPart.Answer, "", completion));
            _events?.Writer.TryComplete();
        }
    }

    /// <summary>A token that is decided already.</summary>
    /// <param name="Id">The token.</param>
    /// <param name="IsStub">Whether it closes the reasoning; else it belongs to a value of the calculator.</param>
    private readonly record struct ForcedToken(int Id, bool IsStub);
}
