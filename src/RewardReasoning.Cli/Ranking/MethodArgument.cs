using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Ranking;

/// <summary><c>--method</c>: how ratings are computed.</summary>
internal sealed class MethodArgument
{
    private const string BradleyTerryName = "bradley-terry";
    private const string DavidsonName = "davidson";
    private const string EloName = "elo";

    private readonly Option<string?> _method = new("--method")
    {
        Description =
            $"How ratings are computed: with intervals and whatever the order of the matches (default {BradleyTerryName}; {DavidsonName}: "
            + "with ties as a third result, default with --ties), or as the paper's code does.",
        HelpName = $"{BradleyTerryName}|{DavidsonName}|{EloName}",
    };

    public void AddTo(Command command) => command.Options.Add(_method);

    /// <param name="parsed">The command line.</param>
    /// <param name="usual">The method where none is named.</param>
    public RatingMethod Read(ParseResult parsed, RatingMethod usual = RatingMethod.BradleyTerry) =>
        parsed.GetValue(_method) switch
        {
            null => usual,
            BradleyTerryName => RatingMethod.BradleyTerry,
            DavidsonName => RatingMethod.Davidson,
            EloName => RatingMethod.Elo,
            var other => throw new UsageException($"--method is '{other}'; it is {BradleyTerryName}, {DavidsonName} or {EloName}."),
        };

    /// <summary>Whether the command line names a method.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_method) is { Implicit: false };

    public static string NameOf(RatingMethod method) =>
        method switch
        {
            RatingMethod.Elo => EloName,
            RatingMethod.Davidson => DavidsonName,
            _ => BradleyTerryName,
        };
}
