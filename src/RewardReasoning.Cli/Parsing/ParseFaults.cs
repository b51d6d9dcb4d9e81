using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using RewardReasoning.Recipes;

namespace RewardReasoning.Cli.Parsing;

/// <summary>What is wrong with a command line as it was parsed, in plain words.</summary>
internal static partial class ParseFaults
{
    /// <summary>The faults, a sentence each; none where the command line can be run.</summary>
    public static IReadOnlyList<string> Of(ParseResult parsed)
    {
        string[] misspelt = parsed.Action?.ClearsParseErrors == true ? [] : [.. MisspeltOptions(parsed)];
        if (misspelt.Length > 0)
        {
            return [.. misspelt.Select(name => $"There is no option {name}.{Spelling.Suggest(name, OptionsOf(parsed))}").Distinct()];
        }

        if (parsed.Action is not ParseErrorAction)
        {
            return [];
        }

        // A mistyped verb is reported as a missing one besides; one of the two says enough.
        string[] messages = [.. parsed.Errors.Select(error => error.Message).Distinct()];
        return
        [
            .. (parsed.UnmatchedTokens.Count > 0 && messages.Length > 1 ? messages.Where(IsAboutAToken) : messages).Select(message =>
                Plain(message, parsed)
            ),
        ];

        bool IsAboutAToken(string message) => parsed.UnmatchedTokens.Any(token => message.Contains($"'{token}'", StringComparison.Ordinal));
    }

    /// <summary>
    /// Words that look like options but are not options of this verb: left over, taken for a file, or taken for one more value of an
    /// option before them that is nearly their name.
    /// </summary>
    private static IEnumerable<string> MisspeltOptions(ParseResult parsed)
    {
        string[] known = [.. OptionsOf(parsed)];
        IEnumerable<string> ofArguments = parsed
            .CommandResult.Children.OfType<ArgumentResult>()
            .SelectMany(argument => argument.Tokens)
            .Select(token => token.Value);
        IEnumerable<string> ofOptions = parsed
            .CommandResult.Children.OfType<OptionResult>()
            .Where(option => option.Option.AllowMultipleArgumentsPerToken)
            .SelectMany(option => option.Tokens)
            .Select(token => token.Value)
            .Where(value => Spelling.Nearest(value, known) is not null);
        return ofArguments
            .Concat(ofOptions)
            .Concat(parsed.UnmatchedTokens)
            .Where(value => OptionName().IsMatch(value))
            .Select(value => value.Split('=')[0])
            .Where(name => !known.Contains(name));
    }

    private static IEnumerable<string> OptionsOf(ParseResult parsed)
    {
        for (
            Command? command = parsed.CommandResult.Command;
            command is not null;
            command = command.Parents.OfType<Command>().FirstOrDefault()
        )
        {
            bool isVerb = command == parsed.CommandResult.Command;
            foreach (Option option in command.Options.Where(option => isVerb || option.Recursive))
            {
                yield return option.Name;
            }
        }
    }

    private static string Plain(string message, ParseResult parsed)
    {
        if (WrongType().Match(message) is { Success: true } wrong)
        {
            return $"{wrong.Groups[2].Value} is '{wrong.Groups[1].Value}'; it is {NameOf(wrong.Groups[3].Value)}.";
        }

        if (Unrecognised().Match(message) is { Success: true } unknown)
        {
            string word = unknown.Groups[1].Value;
            IEnumerable<string> verbs = parsed.CommandResult.Command.Subcommands.Select(verb => verb.Name);
            return $"'{word}' is not understood here.{Spelling.Suggest(word, verbs)}";
        }

        return message;
    }

    private static string NameOf(string type) =>
        type switch
        {
            "System.Int32" or "System.Int64" => "a whole number",
            "System.Single" or "System.Double" or "System.Decimal" => "a number",
            "System.Boolean" => "true or false",
            _ => $"a {type}",
        };

    [GeneratedRegex("^--?[A-Za-z][A-Za-z0-9-]*(=.*)?$")]
    private static partial Regex OptionName();

    [GeneratedRegex("^Cannot parse argument '(.*)' for (?:option|command) '(.*?)' as expected type '(.*?)(?:\\?|`1\\[.*)?'\\.")]
    private static partial Regex WrongType();

    [GeneratedRegex("^Unrecognized command or argument '(.*)'\\.$")]
    private static partial Regex Unrecognised();
}
