using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Ranking;

/// <summary><c>--method</c>: how ratings are computed.</summary>
internal sealed class MethodArgument
{
    private const string BradleyTerryName = "bradley-terry";
    private const string EloName = "elo";

    private readonly Option<string?> _method = new("--method")
    {
        Description =
            $"How ratings are computed: with intervals and whatever the order of the matches, or as the paper's code does (default "
            + $"{BradleyTerryName}).",
        HelpName = $"{BradleyTerryName}|{EloName}",
    };

    public void AddTo(Command command) => command.Options.Add(_method);

    public RatingMethod Read(ParseResult parsed) =>
        parsed.GetValue(_method) switch
        {
            null or BradleyTerryName => RatingMethod.BradleyTerry,
            EloName => RatingMethod.Elo,
            var other => throw new UsageException($"--method is '{other}'; it is {BradleyTerryName} or {EloName}."),
        };

    /// <summary>Whether the command line names a method.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetResult(_method) is { Implicit: false };

    public static string NameOf(RatingMethod method) => method == RatingMethod.Elo ? EloName : BradleyTerryName;
}
