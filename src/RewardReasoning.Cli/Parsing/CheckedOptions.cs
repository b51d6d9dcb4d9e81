using RewardReasoning.Recipes;

namespace RewardReasoning.Cli.Parsing;

/// <summary>Options that were bound from the command line: their faults are the user's, and named as the user wrote them.</summary>
internal static class CheckedOptions
{
    private static readonly OptionNames Names = OptionNames.CommandLine.With(
        new Dictionary<string, string>
        {
            ["MaxCompletionTokens"] = "max-tokens",
            ["MaxMatches"] = "matches",
            ["RequestTimeout"] = "timeout",
            ["Url"] = "endpoint",
            ["ExtraFields"] = "request-fields",
            ["ApiKeyVariable"] = "api-key-env",
            ["KeyVariable"] = "key-env",
            ["KeyFile"] = "keys",
        }
    );

    /// <summary>The options, if they have no fault.</summary>
    /// <exception cref="UsageException">They have faults, a line each.</exception>
    public static T Require<T>(T options)
        where T : ICheckedOptions
    {
        IReadOnlyList<string> faults = OptionsCheck.Faults(options, Names);
        return faults.Count == 0 ? options : throw new UsageException(string.Join('\n', faults));
    }
}
