namespace RewardReasoning.Text.Jinja;

/// <summary>The variable <c>loop</c> within a loop.</summary>
internal sealed class JinjaLoop(IReadOnlyList<object?> items, int index)
{
    /// <summary>What the loop says about itself under a name; undefined for any other name.</summary>
    public object? Member(string name) =>
        name switch
        {
            "index" => (long)index + 1,
            "index0" => (long)index,
            "revindex" => (long)items.Count - index,
            "revindex0" => (long)items.Count - index - 1,
            "first" => index == 0,
            "last" => index == items.Count - 1,
            "length" => (long)items.Count,
            "previtem" => index > 0 ? items[index - 1] : new JinjaUndefined("there is no previous item"),
            "nextitem" => index + 1 < items.Count ? items[index + 1] : new JinjaUndefined("there is no next item"),
            "cycle" => new JinjaFunction(
                "cycle",
                call =>
                    call.Positional.Count > 0
                        ? call.Positional[index % call.Positional.Count]
                        : throw new JinjaFailure("'cycle' needs items to go through")
            ),
            _ => new JinjaUndefined($"'loop' has no attribute '{name}'"),
        };
}
