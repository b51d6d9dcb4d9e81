using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Tests;

/// <summary>Command lines of <c>rrm</c> that stand in documents, a line each (or several, joined by a backslash).</summary>
internal static partial class CommandLines
{
    public static IEnumerable<string> In(string text) =>
        Calls().Matches(Continuation().Replace(text, " ")).Select(match => match.Groups[1].Value).Where(line => !line.Contains('…'));

    public static void RequireValid(string line)
    {
        using Terminal terminal = new(Stream.Null, Stream.Null, TextWriter.Null);
        string untilRedirect = line.Split(" <")[0].Split(" >")[0].Split(" |")[0].Split(" #")[0];
        ParseResult parsed = CommandLine.Parse([.. CommandLineParser.SplitCommandLine(untilRedirect)], terminal);
        Assert.True(parsed.Errors.Count == 0, $"rrm {line}: {string.Join("; ", parsed.Errors.Select(error => error.Message))}");
    }

    [GeneratedRegex(@"\\\r?\n\s*")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"^\s*(?:echo \S+ \| )?(?:\./)?rrm ([a-z-].*)$", RegexOptions.Multiline)]
    private static partial Regex Calls();
}
