namespace RewardReasoning.Text.Jinja;

/// <summary>Attributes, items and methods of values.</summary>
internal static class JinjaMembers
{
    /// <summary><c>value.name</c>: a method or attribute first, then an item; undefined where there is neither.</summary>
    public static object? Attribute(object? value, string name) =>
        value switch
        {
            JinjaUndefined undefined => throw new JinjaFailure(undefined.Reason),
            JinjaNamespace space => space.Members.TryGetValue(name, out object? member) ? member : Missing("namespace object", name),
            JinjaLoop loop => loop.Member(name),
            MarkedText text => JinjaTextMethods.Find(text, name) ?? (object)Missing("str object", name),
            JinjaDictionary dictionary => DictionaryMethod(dictionary, name)
                ?? (dictionary.TryGet(name, out object? item) ? item : Missing("dict object", name)),
            _ => Missing(PythonText.TypeName(value), name),
        };

    /// <summary><c>value[key]</c>: an item first, then a method or attribute; undefined where there is neither.</summary>
    public static object? Item(object? value, object? key)
    {
        switch (value, key)
        {
            case (JinjaUndefined undefined, _):
                throw new JinjaFailure(undefined.Reason);
            case (JinjaDictionary dictionary, MarkedText name):
                return dictionary.TryGet(name.Value, out object? item)
                    ? item
                    : DictionaryMethod(dictionary, name.Value) ?? (object)Missing("dict object", name.Value);
            case (_, MarkedText name):
                return Attribute(value, name.Value);
            case (List<object?> or MarkedText, long or bool):
                IReadOnlyList<object?> items = JinjaOperators.Items(value);
                long at =
                    key is long number ? number
                    : key is true ? 1
                    : 0;
                at += at < 0 ? items.Count : 0;
                return at >= 0 && at < items.Count
                    ? items[(int)at]
                    : new JinjaUndefined($"{PythonText.TypeName(value)} of {items.Count} has no element {PythonText.Str(key)}");
            default:
                return new JinjaUndefined($"{PythonText.TypeName(value)} has no element of {PythonText.TypeName(key)}");
        }
    }

    private static JinjaUndefined Missing(string owner, string name) => new($"'{owner}' has no attribute '{name}'");

    private static JinjaFunction? DictionaryMethod(JinjaDictionary dictionary, string name) =>
        name switch
        {
            "items" => new JinjaFunction(name, _ => dictionary.Entries.Select(e => (object?)new List<object?> { e.Key, e.Value }).ToList()),
            "keys" => new JinjaFunction(name, _ => dictionary.Entries.Select(e => (object?)e.Key).ToList()),
            "values" => new JinjaFunction(name, _ => dictionary.Entries.Select(e => e.Value).ToList()),
            "get" => new JinjaFunction(
                name,
                call => dictionary.TryGet(call.RequireText(0, "key").Value, out object? value) ? value : call.Get(1, "default")
            ),
            _ => null,
        };
}
