using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Matches;
using RewardReasoning.Evaluation.Plots;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm rate</c>: a leaderboard from match results.</summary>
internal sealed class RateCommand
{
    private const double MeanRating = 1000;

    private readonly Terminal _terminal;
    private readonly MethodArgument _method = new();
    private readonly Argument<string[]> _matches = new("MATCHES")
    {
        Description =
            "Match results: JSON lines, JSON lists or Parquet (.gz and .zst too), folders or patterns of them, or - for standard input.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<bool> _paper = new("--paper")
    {
        Description = "As the paper's code: Elo, and a match without a winner counts half a point each.",
    };
    private readonly Option<string?> _plot = new("--plot") { Description = "Draw the leaderboard.", HelpName = "FILE.svg|FILE.png" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the ratings as one JSON object." };

    private RateCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        RateCommand rate = new(terminal);
        Command command = Verb.Create(
            terminal,
            "rate",
            "Make a leaderboard from match results.",
            """
            rrm rate battles.jsonl
            rrm rate "battles/*.parquet" --plot leaderboard.svg
            rrm rate battles.jsonl --method elo --json
            """
        );
        command.Arguments.Add(rate._matches);
        rate._method.AddTo(command);
        foreach (Option option in new Option[] { rate._paper, rate._plot, rate._json })
        {
            command.Options.Add(option);
        }

        command.SetAction(rate.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool paper = parsed.GetValue(_paper);
        RatingMethod method = paper && !_method.IsGiven(parsed) ? RatingMethod.Elo : _method.Read(parsed);
        if (paper && method != RatingMethod.Elo)
        {
            throw new UsageException("--paper goes with --method elo, which the paper's code uses.");
        }

        if (parsed.GetValue(_plot) is { } named)
        {
            Figure.RequireSupported(named);
        }

        int refused = 0;
        MatchList list = await MatchList.ReadAsync(
            (await RowSelection.OfAsync(parsed.GetRequiredValue(_matches), _terminal, cancellationToken)).ReadAsync(cancellationToken),
            (row, error) =>
            {
                refused++;
                _terminal.WriteStatus($"rrm: {row.Place}: {error}");
            },
            cancellationToken
        );
        if (list.Matches.Count == 0)
        {
            throw new UsageException("There is no match to rate; a match is a row of player_1, player_2 and winner (1, 2 or \"tie\").");
        }

        if (method == RatingMethod.Davidson && list.Players.Count > Davidson.MostPlayers)
        {
            throw new UsageException(
                $"--method davidson rates at most {Davidson.MostPlayers} players, and there are {list.Players.Count}; bradley-terry "
                    + "rates any number."
            );
        }

        Standing[] standings =
        [
            .. Standings(list, method, paper)
                .OrderByDescending(standing => standing.Rating)
                .ThenBy(standing => list.Players[standing.Player], StringComparer.Ordinal),
        ];
        if (parsed.GetValue(_plot) is { } file)
        {
            Plot(list, standings).Save(file);
        }

        Write(parsed, list, method, standings);
        WarnOfGroups(list);
        return refused > 0 ? ExitCodes.SomeMissing : ExitCodes.Done;
    }

    private void WarnOfGroups(MatchList list)
    {
        IReadOnlyList<IReadOnlyList<int>> groups = MatchResult.Groups(list.Players.Count, list.Matches);
        if (groups.Count > 1)
        {
            string named = string.Join(
                "; ",
                groups.Take(3).Select(group => string.Join(", ", group.Take(4).Select(player => list.Players[player])))
            );
            _terminal.WriteStatus(
                $"rrm: warning: the players form {groups.Count} groups that never met each other "
                    + $"({named}{(groups.Count > 3 ? "; …" : "")}). Ratings can be compared within a group only."
            );
        }
    }

    private static IReadOnlyList<Standing> Standings(MatchList list, RatingMethod method, bool missingIsTie) =>
        method == RatingMethod.Elo
            ? Standing.Of(
                list.Players.Count,
                list.Matches,
                Elo.Rate(list.Players.Count, list.Matches, new() { MissingIsTie = missingIsTie })
            )
            : Standing.Of(
                list.Players.Count,
                list.Matches,
                method == RatingMethod.Davidson
                    ? Davidson.Fit(list.Players.Count, list.Matches)
                    : BradleyTerry.Fit(list.Players.Count, list.Matches)
            );

    private static IntervalChart Plot(MatchList list, Standing[] standings) =>
        new()
        {
            Title = "Leaderboard",
            XTitle = "rating (Elo points)",
            Rows =
            [
                .. standings.Select(standing => new IntervalRow(
                    list.Players[standing.Player],
                    standing.Rating,
                    standing.Low,
                    standing.High
                )),
            ],
            Reference = MeanRating,
        };

    private void Write(ParseResult parsed, MatchList list, RatingMethod method, Standing[] standings)
    {
        int missing = list.Matches.Count(match => match.Outcome == MatchOutcome.Missing);
        if (parsed.GetValue(_json))
        {
            RatingsJson json = new(
                MethodArgument.NameOf(method),
                list.Matches.Count,
                missing,
                [.. standings.Select(standing => RatingJson.Of(list.Players[standing.Player], standing))]
            );
            _terminal.Out.WriteLine(JsonSerializer.Serialize(json, OutputJson.Indented.RatingsJson));
            return;
        }

        List<string[]> rows =
        [
            ["player", "rating", "95% interval", "won", "lost", "tied"],
        ];
        rows.AddRange(
            standings.Select(standing =>
                new[]
                {
                    list.Players[standing.Player],
                    Number(standing.Rating),
                    standing is { Low: { } low, High: { } high } ? $"{Number(low)} to {Number(high)}" : "-",
                    Number(standing.Wins),
                    Number(standing.Losses),
                    Number(standing.Ties),
                }
            )
        );
        foreach (string line in TextTable.Lines(rows))
        {
            _terminal.Out.WriteLine(line);
        }

        _terminal.Error.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{list.Matches.Count} matches of {list.Players.Count} "
                    + $"players{(missing > 0 ? $", {missing} of them without a winner" : "")}"
            )
        );
    }

    private static string Number(double value) => value.ToString("0", CultureInfo.InvariantCulture);
}
