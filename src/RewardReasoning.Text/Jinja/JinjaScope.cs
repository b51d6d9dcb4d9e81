namespace RewardReasoning.Text.Jinja;

/// <summary>Variables that inner scopes see and cannot change.</summary>
internal sealed class JinjaScope(JinjaScope? parent)
{
    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);

    /// <summary>The innermost variable of a name; undefined if there is none.</summary>
    public object? Find(string name)
    {
        for (JinjaScope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._variables.TryGetValue(name, out object? value))
            {
                return value;
            }
        }

        return new JinjaUndefined($"'{name}' is undefined");
    }

    private JinjaScope? Outer { get; } = parent;

    /// <summary>Sets a variable of this scope.</summary>
    public void Set(string name, object? value) => _variables[name] = value;
}
