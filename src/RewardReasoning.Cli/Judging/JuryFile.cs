using System.CommandLine;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Evaluation.Juries;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Judging;

/// <summary>A jury that was named and not opened yet: what its file says of each member, and of their weights.</summary>
/// <param name="File">The file.</param>
/// <param name="Members">The members.</param>
/// <param name="Weights">The file of fitted weights; null for equal ones.</param>
internal sealed record JurySource(string File, IReadOnlyList<JuryMemberSource> Members, string? Weights) : ModelSource
{
    public override string Name => $"jury of {string.Join(", ", Members.Select(member => member.Name))}";

    public override JudgeFiles Files() => new();

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages) => null;

    public override IChatClient Open(int? concurrency = null) =>
        throw new UsageException("--jury names several models, and here one is needed; use --model or --endpoint.");

    /// <summary>The fitted weights for members as they were opened; null for equal ones.</summary>
    /// <exception cref="RewardReasoningException">They are for others.</exception>
    public IReadOnlyDictionary<string, double>? WeightsFor(IReadOnlyDictionary<string, OpenedJudge> opened) =>
        Weights is null
            ? null
            : JuryReport
                .Read(Weights)
                .WeightsFor(Weights, opened.ToDictionary(member => member.Key, member => (member.Value.Name, member.Value.MaxVotes)));
}

/// <summary>A member of a jury: its fields are the options of <c>rrm judge</c>, with underscores.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Fields">The options as they would be given on a command line, by their names.</param>
internal sealed record JuryMemberSource(string Name, IReadOnlyDictionary<string, string[]> Fields)
{
    /// <summary>The member's options, and of the command line's those that it does not set itself.</summary>
    /// <param name="inherited">Options of the command line, by name, as they would be given.</param>
    public string[] Arguments(IReadOnlyDictionary<string, string[]>? inherited = null) =>
        [
            .. Fields.Values.SelectMany(arguments => arguments),
            .. (inherited ?? new Dictionary<string, string[]>())
                .Where(option => !Fields.ContainsKey(option.Key))
                .SelectMany(option => option.Value),
        ];
}

/// <summary><c>--jury</c>: reads the file of a jury, TOML or JSON.</summary>
internal static class JuryFile
{
    /// <summary>Reads the file; models are neither looked for nor opened.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">The options that a member may have.</param>
    /// <exception cref="UsageException">It is not a jury; the message lists every fault, a line each.</exception>
    public static JurySource Read(string path, IReadOnlyList<Option> options)
    {
        JsonElement root = TomlOrJson.Read(path);
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("members", out JsonElement list)
            || list.ValueKind != JsonValueKind.Array
            || list.GetArrayLength() == 0
        )
        {
            throw new UsageException(
                $"{path}: it has no list 'members' of objects, each with a 'name' and the options of a judge, such as 'model'."
            );
        }

        List<string> faults =
        [
            .. root.EnumerateObject()
                .Where(field => field.Name is not ("members" or "weights"))
                .Select(field => $"'{field.Name}' is not known; a jury has 'members' and 'weights'."),
        ];
        string? weights = null;
        if (root.TryGetProperty("weights", out JsonElement file))
        {
            weights = file.ValueKind == JsonValueKind.String ? file.GetString() : null;
            faults.AddRange(weights is null ? [$"'weights' is {file.GetRawText()}; it is the file that rrm bench jury --save wrote."] : []);
        }

        List<JuryMemberSource> members = [];
        foreach ((int at, JsonElement item) in list.EnumerateArray().Index())
        {
            if (ReadMember(item, options, faults, FormattableString.Invariant($"member {at + 1}")) is { } member)
            {
                if (members.Exists(other => other.Name == member.Name))
                {
                    faults.Add($"two members are named '{member.Name}'.");
                }

                members.Add(member);
            }
        }

        return faults.Count == 0
            ? new JurySource(path, members, weights)
            : throw new UsageException($"{path}: {string.Join($"\n{path}: ", faults)}");
    }

    private static JuryMemberSource? ReadMember(JsonElement item, IReadOnlyList<Option> options, List<string> faults, string place)
    {
        if (
            item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("name", out JsonElement name)
            || name.ValueKind != JsonValueKind.String
            || name.GetString() is not { Length: > 0 } text
        )
        {
            faults.Add($"{place} is not an object with a 'name'.");
            return null;
        }

        Dictionary<string, string[]> fields = [];
        foreach (JsonProperty field in item.EnumerateObject().Where(field => field.Name != "name"))
        {
            string option = $"--{field.Name.Replace('_', '-')}";
            if (options.All(known => known.Name != option))
            {
                faults.Add(
                    $"{place}, '{text}': '{field.Name}' is not known; a member has 'name' and "
                        + $"{Spelled(options.Select(known => known.Name))}."
                );
                continue;
            }

            JsonElement[] values = field.Value.ValueKind == JsonValueKind.Array ? [.. field.Value.EnumerateArray()] : [field.Value];
            fields[option] = [.. values.Where(value => value.ValueKind != JsonValueKind.False).Select(value => Argument(option, value))];
        }

        if (!fields.ContainsKey("--model") && !fields.ContainsKey("--endpoint"))
        {
            faults.Add($"{place}, '{text}': it has neither 'model' nor 'endpoint'.");
        }

        return new JuryMemberSource(text, fields);
    }

    private static string Argument(string option, JsonElement value) =>
        value.ValueKind switch
        {
            JsonValueKind.True => option,
            JsonValueKind.String => $"{option}={value.GetString()}",
            _ => $"{option}={value.GetRawText()}",
        };

    private static string Spelled(IEnumerable<string> options) => string.Join(", ", options.Select(name => name[2..].Replace('-', '_')));
}
