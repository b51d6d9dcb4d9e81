using System.CommandLine;
using System.CommandLine.Help;
using System.Globalization;

namespace RewardReasoning.Cli.Parsing;

/// <summary>The help of a verb: usage, arguments, options in groups, commands, examples.</summary>
/// <param name="command">The verb.</param>
/// <param name="examples">Command lines, a line each.</param>
/// <param name="width">Columns that lines are wrapped to.</param>
internal sealed class HelpText(Command command, string examples, int width)
{
    private const int WidestLabel = 30;
    private const string Gap = "  ";
    private const string VotingOption = "--votes";

    private static readonly (string Title, string[] Names)[] Groups =
    [
        (
            "Ranking",
            [
                "--mode",
                "--goal",
                "--matches",
                "--tokens",
                "--opponents",
                "--rounds",
                "--method",
                "--reward",
                "--standardise",
                "--same-answer",
            ]
        ),
        (
            "Judging",
            [
                "--criteria",
                VotingOption,
                "--adaptive",
                "--budget-tokens",
                "--budget-votes",
                "--order",
                "--thinking-budget",
                "--max-tokens",
                "--temperature",
                "--top-p",
                "--seed",
                "--truncate",
                "--prompt",
                "--ties",
                "--quick",
                "--screen",
                "--quick-tokens",
                "--quick-loss",
                "--quick-confidence",
                "--calculator",
                "--abstain",
                "--calibration",
                "--concurrency",
                "--store",
            ]
        ),
        ("Model in this process", ["--model", "--jury", "--dtype", "--weights", "--device", "--template-arg", "--deterministic"]),
        (
            "Model on a server",
            [
                "--endpoint",
                "--revision",
                "--judge-files",
                "--api-key-env",
                "--api-key-file",
                "--api-key-header",
                "--header",
                "--server",
                "--logprobs",
                "--request-fields",
                "--requests-per-minute",
                "--tokens-per-minute",
                "--tries",
                "--timeout",
                "--thinking-cap",
                "--reward-model",
                "--prices",
            ]
        ),
        ("Output", ["--out", "--force", "--keep-reasoning", "--summary", "--by", "--plot", "--json", "--verbose", "--help", "--version"]),
    ];

    /// <summary>The whole help.</summary>
    public IEnumerable<string> Lines() =>
        [
            .. Wrap(command.Description ?? "", "", ""),
            "",
            "Usage:",
            .. Usage().Select(line => Gap + line),
            .. Section("Arguments", [.. command.Arguments.Where(argument => !argument.Hidden).Select(RowOf)]),
            .. Options(),
            .. Section("Commands", [.. command.Subcommands.Where(verb => !verb.Hidden).Select(RowOf)]),
            "",
            "Examples:",
            .. examples.Split('\n').Select(line => $"{Gap}{line}".TrimEnd()),
        ];

    private IEnumerable<string> Usage()
    {
        string path = string.Join(' ', PathOf(command));
        if (command.Action is not null || command.Arguments.Count > 0)
        {
            string[] required = [.. AllOptions().Where(option => option.Required).Select(LabelOf)];
            yield return string.Join(' ', [path, .. command.Arguments.Select(UsageOf), .. required, "[options]"]);
        }

        if (command.Subcommands.Count > 0)
        {
            yield return $"{path} <command> [options]";
        }
    }

    private IEnumerable<string> Options()
    {
        Option[] all = [.. AllOptions()];
        if (all.All(option => option.Name != VotingOption))
        {
            return Section("Options", [.. all.Select(RowOf)]);
        }

        Option[] own = [.. all.Where(option => !Array.Exists(Groups, group => group.Names.Contains(option.Name)))];
        return
        [
            .. Section("Options", [.. own.Select(RowOf)]),
            .. Groups.SelectMany(group =>
                Section(group.Title, [.. group.Names.SelectMany(name => all.Where(option => option.Name == name)).Select(RowOf)])
            ),
        ];
    }

    /// <summary>The verb's options, then those of all verbs.</summary>
    private IEnumerable<Option> AllOptions()
    {
        IEnumerable<Option> inherited = command
            .Parents.OfType<Command>()
            .SelectMany(Ancestors)
            .SelectMany(parent => parent.Options)
            .Where(option => option.Recursive);
        return command.Options.OrderBy(option => option is HelpOption).Concat(inherited).Where(option => !option.Hidden);
    }

    private static IEnumerable<Command> Ancestors(Command parent) => parent.Parents.OfType<Command>().SelectMany(Ancestors).Prepend(parent);

    private static IEnumerable<string> PathOf(Command verb) => verb.Parents.OfType<Command>().Take(1).SelectMany(PathOf).Append(verb.Name);

    private IEnumerable<string> Section(string title, IReadOnlyList<(string Label, string Text)> rows)
    {
        if (rows.Count == 0)
        {
            yield break;
        }

        yield return "";
        yield return $"{title}:";
        int labels = Math.Min(rows.Max(row => row.Label.Length), WidestLabel);
        string indent = new(' ', Gap.Length + labels + Gap.Length);
        foreach ((string label, string text) in rows)
        {
            if (label.Length > labels)
            {
                yield return Gap + label;
            }

            foreach (string line in Wrap(text, label.Length > labels ? indent : $"{Gap}{label.PadRight(labels)}{Gap}", indent))
            {
                yield return line;
            }
        }
    }

    private IEnumerable<string> Wrap(string text, string first, string rest)
    {
        string line = first;
        bool isEmpty = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!isEmpty && line.Length + 1 + word.Length > width)
            {
                yield return line.TrimEnd();
                line = rest;
                isEmpty = true;
            }

            line += isEmpty ? word : $" {word}";
            isEmpty = false;
        }

        yield return line.TrimEnd();
    }

    private static (string Label, string Text) RowOf(Argument argument) => (UsageOf(argument), argument.Description ?? "");

    private static (string Label, string Text) RowOf(Command verb) =>
        (string.Join(' ', [verb.Name, .. verb.Arguments.Select(UsageOf)]), verb.Description ?? "");

    private static (string Label, string Text) RowOf(Option option) => (LabelOf(option), $"{TextOf(option)}{DefaultOf(option)}");

    private static string UsageOf(Argument argument) =>
        (argument.Arity.MinimumNumberOfValues == 0 ? $"[{argument.Name}]" : $"<{argument.Name}>")
        + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");

    private static string LabelOf(Option option) =>
        option is HelpOption ? "-h, --help"
        : option.ValueType == typeof(bool) || option is VersionOption ? option.Name
        : $"{option.Name} {option.HelpName ?? "VALUE"}";

    private static string TextOf(Option option) =>
        option switch
        {
            HelpOption => "Show this help.",
            VersionOption => "Show the version.",
            _ => (option.Required ? "Required. " : "") + option.Description,
        };

    private static string DefaultOf(Option option) =>
        option is not (HelpOption or VersionOption)
        && option is { HasDefaultValue: true, Required: false }
        && option.ValueType != typeof(bool)
        && Convert.ToString(option.GetDefaultValue(), CultureInfo.InvariantCulture) is { Length: > 0 } value
            ? $" [default: {value}]"
            : "";
}
