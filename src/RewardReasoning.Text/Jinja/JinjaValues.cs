// A value of a template is null (none), bool, long, BigInteger, double, MarkedText, List<object?>, or one of the types below.
namespace RewardReasoning.Text.Jinja;

/// <summary>What goes wrong while a template runs; the interpreter adds the line.</summary>
internal sealed class JinjaFailure(string message) : Exception(message);

/// <summary>A value that is not there: prints as nothing, counts as false, and fails when anything is asked of it.</summary>
internal sealed class JinjaUndefined(string reason)
{
    /// <summary>What was missing.</summary>
    public string Reason { get; } = reason;
}

/// <summary>A mapping with string keys, in the order they came.</summary>
internal sealed class JinjaDictionary
{
    private readonly OrderedDictionary<string, (MarkedText Key, object? Value)> _entries = new(StringComparer.Ordinal);

    /// <summary>How many entries there are.</summary>
    public int Count => _entries.Count;

    /// <summary>The entries in order.</summary>
    public IEnumerable<(MarkedText Key, object? Value)> Entries => _entries.Values;

    /// <summary>Adds an entry or replaces its value.</summary>
    public void Set(MarkedText key, object? value) => _entries[key.Value] = (key, value);

    /// <summary>Whether the key is there.</summary>
    public bool Contains(string key) => _entries.ContainsKey(key);

    /// <summary>The value of a key.</summary>
    public bool TryGet(string key, out object? value)
    {
        bool found = _entries.TryGetValue(key, out (MarkedText Key, object? Value) entry);
        value = entry.Value;
        return found;
    }
}

/// <summary>What <c>namespace()</c> makes: attributes that inner scopes may set.</summary>
internal sealed class JinjaNamespace
{
    /// <summary>The attributes.</summary>
    public Dictionary<string, object?> Members { get; } = new(StringComparer.Ordinal);
}

/// <summary>Something that can be called: a macro, a global function, or a method with what it is of.</summary>
internal sealed class JinjaFunction(string name, Func<JinjaCall, object?> body)
{
    /// <summary>The name, for messages.</summary>
    public string Name { get; } = name;

    /// <summary>Calls it.</summary>
    public object? Invoke(JinjaCall call) => body(call);
}

/// <summary>The arguments of a call, evaluated.</summary>
internal sealed class JinjaCall(string name, IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named)
{
    /// <summary>What is called.</summary>
    public string Name { get; } = name;

    /// <summary>The arguments without names.</summary>
    public IReadOnlyList<object?> Positional { get; } = positional;

    /// <summary>The arguments with names.</summary>
    public IReadOnlyDictionary<string, object?> Named { get; } = named;

    /// <summary>An argument by place or name, or a default where it is not given.</summary>
    public object? Get(int index, string name, object? otherwise = null) =>
        index < Positional.Count ? Positional[index]
        : Named.TryGetValue(name, out object? value) ? value
        : otherwise;

    /// <summary>An argument that must be given.</summary>
    public object? Require(int index, string name) =>
        index < Positional.Count || Named.ContainsKey(name)
            ? Get(index, name)
            : throw new JinjaFailure($"'{Name}' needs the argument '{name}'");

    /// <summary>A string argument that must be given.</summary>
    public MarkedText RequireText(int index, string name) =>
        Require(index, name) as MarkedText
        ?? throw new JinjaFailure($"the argument '{name}' of '{Name}' is {PythonText.TypeName(Get(index, name))}, it must be a string");

    /// <summary>A string argument; null where it is not given or not a string.</summary>
    public MarkedText? Text(int index, string name) =>
        Get(index, name) switch
        {
            null => null,
            MarkedText text => text,
            object other => throw new JinjaFailure(
                $"the argument '{name}' of '{Name}' is {PythonText.TypeName(other)}, it must be a string"
            ),
        };

    /// <summary>A whole number; null where it is not given or not one.</summary>
    public long? Integer(int index, string name) =>
        Get(index, name) switch
        {
            null => null,
            long number => number,
            bool flag => flag ? 1 : 0,
            object other => throw new JinjaFailure(
                $"the argument '{name}' of '{Name}' is {PythonText.TypeName(other)}, it must be a whole number"
            ),
        };

    /// <summary>Fails where there are more arguments than the function has, or others.</summary>
    public void Allow(params string[] names)
    {
        if (Positional.Count > names.Length)
        {
            throw new JinjaFailure($"'{Name}' takes {names.Length} arguments at most, {Positional.Count} are given");
        }

        if (Named.Keys.FirstOrDefault(name => !names.Contains(name)) is { } unknown)
        {
            throw new JinjaFailure($"'{Name}' has no argument '{unknown}'");
        }
    }
}
