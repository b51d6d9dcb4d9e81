using System.CommandLine;
using RewardReasoning.Endpoints;

namespace RewardReasoning.Cli.Runs;

/// <summary>The command line as it is kept in the settings of a run: without keys.</summary>
internal static class RecordedCommand
{
    public static IReadOnlyList<string> Of(ParseResult parsed) =>
        ["rrm", .. parsed.Tokens.Select(token => EndpointOptions.Redacted(token.Value))];
}
