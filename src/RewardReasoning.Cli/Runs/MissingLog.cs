using System.Text.RegularExpressions;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Runs;

/// <summary>
/// Names items without a result on stderr. Of equal reasons (numbers apart) the first few are named, and the rest counted in one line at
/// the end.
/// </summary>
internal sealed partial class MissingLog(Terminal terminal)
{
    private const int NamedOfEach = 3;

    private readonly Dictionary<string, Group> _groups = new(StringComparer.Ordinal);

    public void Add(MissingItem item)
    {
        string kind = Numbers().Replace(item.Reason, "#");
        Group group = _groups.GetValueOrDefault(kind);
        _groups[kind] = new Group(group.Count + 1, item);
        if (group.Count < NamedOfEach)
        {
            terminal.WriteStatus($"rrm: {item.Place}: {item.Reason}");
        }
    }

    /// <summary>Counts what was not named.</summary>
    public void Finish()
    {
        foreach ((long count, MissingItem last) in _groups.Values.Where(group => group.Count > NamedOfEach))
        {
            terminal.WriteStatus($"rrm: and {count - NamedOfEach} more like this, the last at {last.Place}: {last.Reason}");
        }
    }

    private readonly record struct Group(long Count, MissingItem Last);

    [GeneratedRegex("[0-9]+")]
    private static partial Regex Numbers();
}
