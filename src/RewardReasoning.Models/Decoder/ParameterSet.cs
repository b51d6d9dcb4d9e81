using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Owns the parameters of a model: leaf tensors under their Hugging Face names, some of them views of a stacked tensor.</summary>
internal sealed class ParameterSet : IDisposable
{
    private readonly List<(string Name, Tensor Value)> _ordered = [];
    private readonly List<(string Name, Tensor Value)> _adapters = [];
    private readonly Dictionary<string, Tensor> _byName = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Tensor> _stacks = new(StringComparer.Ordinal); // by the name of the stack
    private readonly Dictionary<string, string> _stackOf = new(StringComparer.Ordinal); // parameter to stack

    private ParameterSet() { }

    public IReadOnlyList<(string Name, Tensor Value)> Ordered => _ordered;

    /// <summary>Weights of low-rank adapters, A and B of each layer; empty if there are none.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Adapters => _adapters;

    /// <summary>What the adapters' products are multiplied by.</summary>
    public double AdapterScale { get; private set; }

    public Tensor this[string name] => _byName[name];

    public Tensor? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The whole tensor that holds a parameter.</summary>
    public Tensor Stack(string name) => _stacks[_stackOf[name]];

    /// <summary>The same, or null where the parameter does not exist.</summary>
    public Tensor? FindStack(string name) => _stackOf.TryGetValue(name, out string? stack) ? _stacks[stack] : null;

    /// <summary>Memory for the parameters, not yet filled.</summary>
    public static ParameterSet Allocate(IReadOnlyList<ParameterSpecification> specifications, ScalarType type, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        ParameterSet set = new();
        Dictionary<string, long> filled = new(StringComparer.Ordinal);
        var stacked = specifications.Where(item => item.Stack is not null);
        foreach (var stack in stacked.GroupBy(item => item.Stack ?? "", StringComparer.Ordinal))
        {
            long[] shape = [stack.Sum(item => item.Shape[0]), .. stack.First().Shape[1..]];
            set._stacks[stack.Key] = empty(shape, dtype: type, device: device).DetachFromDisposeScope();
        }

        foreach (ParameterSpecification item in specifications)
        {
            Tensor value;
            if (item.Stack is { } stack)
            {
                long start = filled.GetValueOrDefault(stack);
                filled[stack] = start + item.Shape[0];
                value = set._stacks[stack].narrow(0, start, item.Shape[0]).detach();
                set._stackOf[item.Name] = stack;
            }
            else
            {
                value = empty(item.Shape, dtype: type, device: device);
            }

            set.Add(item.Name, value);
        }

        return set;
    }

    /// <summary>New leaf tensors over the same memory, with gradients of their own.</summary>
    public ParameterSet Share()
    {
        using DisposeScope scope = NewDisposeScope();
        ParameterSet shared = new();
        foreach ((string stack, Tensor value) in _stacks)
        {
            shared._stacks[stack] = value.detach().DetachFromDisposeScope();
        }

        foreach ((string name, Tensor value) in _ordered)
        {
            shared.Add(name, value.detach());
            if (_stackOf.TryGetValue(name, out string? stack))
            {
                shared._stackOf[name] = stack;
            }
        }

        shared.AdapterScale = AdapterScale;
        foreach ((string name, Tensor value) in _adapters)
        {
            shared.AddAdapter(name, value.detach());
        }

        return shared;
    }

    /// <summary>Takes up adapters, two tensors a layer, which belong to the set from here on.</summary>
    public void SetAdapters(IEnumerable<(string Name, Tensor Value)> adapters, double scale)
    {
        AdapterScale = scale;
        foreach ((string name, Tensor value) in adapters)
        {
            AddAdapter(name, value);
        }
    }

    /// <summary>Forgets and frees the adapters.</summary>
    public void DropAdapters()
    {
        foreach ((string name, Tensor value) in _adapters)
        {
            _byName.Remove(name);
            value.Dispose();
        }

        _adapters.Clear();
    }

    public void Dispose()
    {
        foreach (Tensor tensor in _stacks.Values.Concat(_byName.Values))
        {
            tensor.Dispose();
        }
    }

    private void AddAdapter(string name, Tensor value)
    {
        _adapters.Add((name, value.DetachFromDisposeScope()));
        _byName.Add(name, value);
    }

    private void Add(string name, Tensor value)
    {
        _ordered.Add((name, value.DetachFromDisposeScope()));
        _byName.Add(name, value);
    }
}
