using RewardReasoning.Models.Decoder;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Losses;

/// <summary>A completion behind its prompt.</summary>
internal interface ICompletion
{
    /// <summary>Token ids, at least one; completions with the same array share their prompt.</summary>
    int[] Prompt { get; }

    /// <summary>Token ids, at least one.</summary>
    int[] Completion { get; }

    /// <summary>Index of the first completion token that is trained; at the completion's end: none is.</summary>
    int FirstTrained { get; }

    /// <summary>Indexes of completion tokens that are not trained, since the model did not write them.</summary>
    IReadOnlySet<int> Given => System.Collections.Frozen.FrozenSet<int>.Empty;
}

/// <summary>
/// Completions that go through the model at once, as tensors [B, T] over their tokens. Either every row holds its prompt and is padded
/// on the right, so that causal attention needs no mask; or each prompt is computed once and its completions look back at it.
/// </summary>
internal sealed class CompletionBatch
{
    private readonly IReadOnlyList<ICompletion> _completions;
    private readonly Tensor _ids; // padded: [B, prompt + T]; shared: [B, T]
    private readonly Tensor? _positions; // padded: [B·T], of the states that predict the completions, in flattened rows
    private readonly Tensor? _prompts; // shared: [P, L]
    private readonly Tensor? _promptMask;
    private readonly Tensor _tokens; // [N], of the trained positions
    private readonly Tensor _trained; // [N], their indexes in flattened rows of the completions

    /// <param name="completions">The rows; with shared prompts, those of a prompt beside each other and as many of each.</param>
    /// <param name="sharePrompts">Which layout.</param>
    /// <param name="device">Where the tensors lie; they belong to the caller's dispose scope.</param>
    public CompletionBatch(IReadOnlyList<ICompletion> completions, bool sharePrompts, Device device)
    {
        _completions = completions;
        Width = completions.Max(row => row.Completion.Length);
        bool[,] mask = new bool[completions.Count, Width];
        long[,] ids = new long[completions.Count, Width];
        List<long> trained = [];
        for (int row = 0; row < completions.Count; row++)
        {
            for (int i = 0; i < completions[row].Completion.Length; i++)
            {
                ids[row, i] = completions[row].Completion[i];
                if (i >= completions[row].FirstTrained && !completions[row].Given.Contains(i))
                {
                    mask[row, i] = true;
                    trained.Add(((long)row * Width) + i);
                }
            }
        }

        Tensor tokens = tensor(ids, device: device); // [B, T]
        _trained = tensor(trained, device: device);
        _tokens = tokens.reshape(-1).index_select(0, _trained);
        Mask = tensor(mask, device: device);
        if (sharePrompts)
        {
            _ids = tokens;
            (_prompts, _promptMask) = Prompts([.. completions.Select(row => row.Prompt).Distinct()], device);
        }
        else
        {
            (_ids, _positions) = Padded(device);
        }
    }

    /// <summary>T: tokens of the longest completion.</summary>
    public int Width { get; }

    /// <summary>[B, T], true where a token is trained.</summary>
    public Tensor Mask { get; }

    /// <summary>[B], a number for each row.</summary>
    public Tensor Column(IEnumerable<double> numbers) => tensor(numbers.Select(number => (float)number).ToArray(), device: _ids.device);

    /// <summary>[B, T] of a number for each token of each row; null where the rows have none.</summary>
    public Tensor? Spread(IEnumerable<float[]?> rows)
    {
        float[,]? values = null;
        foreach ((float[]? given, int row) in rows.Select((given, row) => (given, row)))
        {
            for (int i = 0; i < given?.Length; i++)
            {
                values ??= new float[_completions.Count, Width];
                values[row, i] = given[i];
            }
        }

        return values is null ? null : tensor(values, device: _ids.device);
    }

    /// <summary>Hidden states that predict the completions, [B·T, H], computed by the model.</summary>
    public Tensor States(DecoderModel model) =>
        _prompts is { } prompts && _promptMask is { } promptMask
            ? model.HiddenOfCompletions(prompts, promptMask, _ids).reshape(-1, model.Config.HiddenSize)
            : Select(model.Hidden(_ids));

    /// <summary>Forward and backward pass; gradients are added to those of the model's trainable weights.</summary>
    /// <param name="model">A view whose weights require gradients.</param>
    /// <param name="loss">From hidden states that predict the completions, [B·T, H], to a number.</param>
    /// <param name="recomputeLayers">See <see cref="TrainingPasses"/>; for whole rows only.</param>
    public void Backpropagate(DecoderModel model, Func<Tensor, Tensor> loss, bool recomputeLayers)
    {
        if (_positions is null)
        {
            loss(States(model)).backward();
        }
        else
        {
            _ = model.Backpropagate(_ids, hidden => loss(Select(hidden)), recomputeLayers);
        }
    }

    /// <summary>
    /// Log-probs [B, T] of the trained tokens, 0 elsewhere, and the logits [N, V] at the N trained tokens: padding and what is not trained
    /// costs no row of the vocabulary.
    /// </summary>
    public (Tensor LogProbs, Tensor Logits) LogProbs(DecoderModel model, Tensor states, double temperature)
    {
        Tensor logits = model.Logits(states.index_select(0, _trained)); // [N, V]
        return (Spread(SequenceLogProbs.Compute(logits, _tokens, temperature)), logits);
    }

    /// <summary>Numbers of the trained tokens [N] at their places [B, T], with 0 elsewhere.</summary>
    public Tensor Spread(Tensor ofTrained) =>
        zeros(_completions.Count * (long)Width, dtype: ofTrained.dtype, device: ofTrained.device)
            .index_copy(0, _trained, ofTrained)
            .view(_completions.Count, Width);

    private Tensor Select(Tensor hidden) =>
        _positions is { } positions ? hidden.reshape(-1, hidden.shape[2]).index_select(0, positions) : hidden;

    private static (Tensor Prompts, Tensor Mask) Prompts(int[][] prompts, Device device)
    {
        int longest = prompts.Max(prompt => prompt.Length);
        long[,] ids = new long[prompts.Length, longest];
        bool[,] mask = new bool[prompts.Length, longest];
        for (int row = 0; row < prompts.Length; row++)
        {
            int pad = longest - prompts[row].Length;
            for (int i = pad; i < longest; i++)
            {
                ids[row, i] = prompts[row][i - pad];
                mask[row, i] = true;
            }
        }

        return (tensor(ids, device: device), tensor(mask, device: device));
    }

    private (Tensor Ids, Tensor Positions) Padded(Device device)
    {
        int length = _completions.Max(row => row.Prompt.Length + row.Completion.Length);
        long[,] ids = new long[_completions.Count, length];
        long[] positions = new long[_completions.Count * Width];
        for (int row = 0; row < _completions.Count; row++)
        {
            int prompt = _completions[row].Prompt.Length;
            for (int i = 0; i < prompt; i++)
            {
                ids[row, i] = _completions[row].Prompt[i];
            }

            for (int i = 0; i < _completions[row].Completion.Length; i++)
            {
                ids[row, prompt + i] = _completions[row].Completion[i];
                positions[(row * Width) + i] = ((long)row * length) + prompt + i - 1; // the token before predicts it
            }
        }

        return (tensor(ids, device: device), tensor(positions, device: device));
    }
}
