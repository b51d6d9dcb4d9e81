using RewardReasoning.Recipes;

namespace RewardReasoning.Cli.Parsing;

/// <summary>
/// Options that were bound from the command line, checked as such: their faults are the user's, and named as the user wrote them.
/// </summary>
internal static class CheckedOptions
{
    /// <summary>The options, if they have no fault.</summary>
    /// <param name="options">What was bound.</param>
    /// <param name="validate">Their own check, for what they do not declare.</param>
    /// <exception cref="UsageException">They have faults, a line each.</exception>
    public static T Require<T>(T options, Action<T> validate)
        where T : notnull
    {
        IReadOnlyList<string> faults = OptionsCheck.Faults(options, OptionNames.CommandLine);
        if (faults.Count > 0)
        {
            throw new UsageException(string.Join('\n', faults));
        }

        try
        {
            validate(options);
            return options;
        }
        catch (ArgumentException fault)
        {
            throw new UsageException(Named(fault.Message, typeof(T)), fault);
        }
    }

    /// <summary>The check's message with the options' own names in place of those of C#.</summary>
    private static string Named(string message, Type options)
    {
        string text = message.StartsWith($"{options.Name}: ", StringComparison.Ordinal) ? message[(options.Name.Length + 2)..] : message;
        IEnumerable<string> lines = text.ReplaceLineEndings("\n").Split('\n');
        return string.Join('\n', lines.Select(line => Named(line, options.GetProperties().Select(property => property.Name))));
    }

    private static string Named(string line, IEnumerable<string> members) =>
        members.FirstOrDefault(member => line.StartsWith($"{member} ", StringComparison.Ordinal)) is { } named
            ? OptionOf(named) + line[named.Length..]
            : line;

    private static string OptionOf(string member) =>
        member switch
        {
            "MaxCompletionTokens" => "--max-tokens",
            "MaxMatches" => "--matches",
            "RequestTimeout" => "--timeout",
            "Url" => "--endpoint",
            "ExtraFields" => "--request-fields",
            "ApiKeyVariable" => "--api-key-env",
            "KeyVariable" => "--key-env",
            "KeyFile" => "--keys",
            _ => OptionNames.CommandLine[member],
        };
}
