using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Optimization;

/// <summary>
/// AdamW (arXiv 1711.05101) by libtorch's fused kernel: p ← p·(1 − lr·decay), then Adam with bias correction, ε added after the
/// root. A parameter without gradient is left as it is, its step count and decay too. Owns the moments, not the parameters.
/// </summary>
internal sealed class FusedAdamW : IDisposable
{
    private const string FirstSuffix = ".m";
    private const string SecondSuffix = ".v";
    private const string StepSuffix = ".step";

    private readonly AdamWOptions _options;
    private readonly Slot[] _slots;
    private bool _disposed;

    /// <param name="parameters">Name and tensor of each; names must differ, and the order is that of the gradients given to
    /// <see cref="Step(IReadOnlyList{Tensor}, double)"/>.</param>
    /// <param name="options">Betas, epsilon, decay.</param>
    /// <param name="decays">Which parameters decay; null: those with two dimensions or more, so no bias and no norm.</param>
    /// <exception cref="ArgumentException">There is no parameter, a name occurs twice, a parameter is not contiguous, or the options
    /// are invalid.</exception>
    public FusedAdamW(IEnumerable<(string Name, Tensor Value)> parameters, AdamWOptions options, Func<string, Tensor, bool>? decays = null)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        decays ??= static (_, value) => value.dim() >= 2;
        (string Name, Tensor Value)[] given = [.. parameters];
        if (given.Length == 0)
        {
            throw new ArgumentException("There is no parameter to train; give at least one.", nameof(parameters));
        }

        if (given.GroupBy(p => p.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new ArgumentException(
                $"Parameter {twice.Key} is given {twice.Count()} times; names must differ (list a tied weight once).",
                nameof(parameters)
            );
        }

        _slots = [.. given.Select(p => new Slot(p.Name, p.Value, decays(p.Name, p.Value)))];
    }

    /// <summary>Names of the parameters, in the order of the gradients.</summary>
    public IReadOnlyList<string> Names => [.. _slots.Select(slot => slot.Name)];

    /// <summary>One update from the parameters' own gradients (<c>.grad</c>).</summary>
    public void Step(double learningRate)
    {
        using DisposeScope scope = NewDisposeScope();
        Step([.. _slots.Select(slot => slot.Value.grad)], learningRate);
    }

    /// <summary>One update from gradients kept elsewhere, one per parameter in their order; null where there is none.</summary>
    /// <exception cref="ArgumentException">The number, a shape or a type differs, or the learning rate is negative or not
    /// finite.</exception>
    public void Step(IReadOnlyList<Tensor?> gradients, double learningRate)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(gradients);
        if (!double.IsFinite(learningRate) || learningRate < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "It must be finite and not negative.");
        }

        if (gradients.Count != _slots.Length)
        {
            throw new ArgumentException(
                $"There are {gradients.Count} gradients for {_slots.Length} parameters; give one for each, null where there is none.",
                nameof(gradients)
            );
        }

        using DisposeScope scope = NewDisposeScope();
        List<(Slot Slot, Tensor Gradient)> present = [];
        for (int i = 0; i < _slots.Length; i++)
        {
            if (gradients[i] is { } gradient)
            {
                Tensor value = _slots[i].Value;
                string name = $"gradient of {_slots[i].Name}";
                Shapes.MustMatch(value, gradient, name);
                Shapes.MustBe(gradient.dtype == value.dtype, gradient, name, $"{value.dtype} like the parameter");

                // The kernel walks memory and ignores strides: a transposed gradient would update the wrong elements.
                present.Add((_slots[i], gradient.is_contiguous() ? gradient : gradient.contiguous()));
            }
        }

        foreach (IGrouping<bool, (Slot Slot, Tensor Gradient)> part in present.GroupBy(p => p.Slot.Decays))
        {
            TensorLists.AdamW(
                [.. part.Select(p => p.Slot.Value)],
                [.. part.Select(p => p.Gradient)],
                [.. part.Select(p => p.Slot.First)],
                [.. part.Select(p => p.Slot.Second)],
                [.. part.Select(p => p.Slot.StepCount)],
                learningRate,
                _options,
                part.Key ? _options.WeightDecay : 0
            );
        }
    }

    /// <summary>
    /// The state for a checkpoint: per parameter <c>NAME.m</c>, <c>NAME.v</c> (both like the parameter) and <c>NAME.step</c> (0-dim
    /// float32). These are the live tensors: write or clone them before the next step, and do not dispose them.
    /// </summary>
    public IReadOnlyDictionary<string, Tensor> ExportState()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Dictionary<string, Tensor> state = new(StringComparer.Ordinal);
        foreach ((string name, Tensor tensor) in _slots.SelectMany(slot => slot.State))
        {
            state.Add(name, tensor);
        }

        return state;
    }

    /// <summary>Copies an exported state in; from there on every update is bit for bit what it would have been.</summary>
    /// <exception cref="ArgumentException">A tensor is missing, unknown, or of another shape or type; the message lists all, and
    /// nothing was changed.</exception>
    public void ImportState(IReadOnlyDictionary<string, Tensor> state)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentNullException.ThrowIfNull(state);
        IReadOnlyDictionary<string, Tensor> own = ExportState();
        List<string> faults = [.. state.Keys.Where(name => !own.ContainsKey(name)).Select(name => $"{name} belongs to no parameter")];
        foreach ((string name, Tensor mine) in own)
        {
            if (!state.TryGetValue(name, out Tensor? theirs))
            {
                faults.Add($"{name} is missing");
            }
            else if (mine.dtype != theirs.dtype || !mine.shape.AsSpan().SequenceEqual(theirs.shape))
            {
                faults.Add($"{name} is {Shapes.Describe(theirs)} and must be {Shapes.Describe(mine)}");
            }
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException(
                $"This optimizer state does not fit the parameters: {string.Join("; ", faults)}. Resume with the model it was saved with.",
                nameof(state)
            );
        }

        using IDisposable still = no_grad();
        foreach ((string name, Tensor mine) in own)
        {
            mine.copy_(state[name]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        foreach ((_, Tensor tensor) in _slots.SelectMany(slot => slot.State))
        {
            tensor.Dispose();
        }
    }

    private sealed class Slot
    {
        public Slot(string name, Tensor value, bool decays)
        {
            using IDisposable still = no_grad();
            Shapes.MustBe(value.is_contiguous(), value, $"parameter {name}", "contiguous, for the kernel ignores strides");
            (Name, Value, Decays) = (name, value, decays);
            First = zeros_like(value).DetachFromDisposeScope();
            Second = zeros_like(value).DetachFromDisposeScope();
            StepCount = zeros([], float32, value.device).DetachFromDisposeScope();
        }

        public string Name { get; }

        public Tensor Value { get; }

        public bool Decays { get; }

        public Tensor First { get; }

        public Tensor Second { get; }

        public Tensor StepCount { get; }

        public IEnumerable<(string Name, Tensor Tensor)> State =>
            [(Name + FirstSuffix, First), (Name + SecondSuffix, Second), (Name + StepSuffix, StepCount)];
    }
}
