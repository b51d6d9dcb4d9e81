using System.Globalization;
using RewardReasoning.Cli.Output;
using RewardReasoning.Rankings;

namespace RewardReasoning.Cli.Ranking;

/// <summary>A ranking for people. Responses are numbered from 1, as they stand on the command line.</summary>
internal static class RankingText
{
    private const int ShownCharacters = 40;

    public static IEnumerable<string> Lines(Rankings.Ranking ranking, IReadOnlyList<string> responses, bool withBracket)
    {
        if (withBracket)
        {
            foreach (IGrouping<int, PlayedMatch> round in ranking.Matches.GroupBy(match => match.Round))
            {
                yield return $"round {round.Key + 1}: {string.Join(" · ", round.Select(Result))}";
            }

            yield return "";
        }

        List<string[]> rows =
        [
            ["response", "rating", "95% interval", "won", "lost", "reward"],
        ];
        rows.AddRange(
            ranking.Responses.Select(response =>
                new[]
                {
                    $"{response.Index + 1}  {Shown(responses[response.Index])}"
                        + (response.SameAs is { } same ? $" (same as {same + 1})" : ""),
                    Number(response.Rating, "0"),
                    response is { Low: { } low, High: { } high } ? $"{Number(low, "0")} to {Number(high, "0")}" : "-",
                    Number(response.Wins, "0"),
                    Number(response.Losses, "0"),
                    Number(response.Reward, "0.000"),
                }
            )
        );
        foreach (string line in TextTable.Lines(rows))
        {
            yield return line;
        }

        yield return "";
        yield return ranking.Best is { } best ? $"Response {best + 1} is best." : $"No ranking. {ranking.MissingReason}";
        int missing = ranking.Matches.Count(match => match.Winner is null);
        string[] facts =
        [
            $"{ranking.Matches.Count} match{(ranking.Matches.Count == 1 ? "" : "es")}",
            missing > 0 ? $"{missing} missing" : "",
            ranking.CycleRate is { } cycles ? FormattableString.Invariant($"{cycles:0.0%} of triples go in circles") : "",
            FormattableString.Invariant($"{ranking.Usage.OutputTokens} tokens"),
            ranking.Usage.KeptOutputTokens > 0
                ? FormattableString.Invariant($"{ranking.Usage.KeptOutputTokens} of them from the store")
                : "",
            FormattableString.Invariant($"{ranking.Usage.Elapsed.TotalSeconds:0.0} s"),
            ranking.Matches.Select(match => match.Judgment?.Model).FirstOrDefault(model => model is not null) ?? "",
        ];
        yield return string.Join(" · ", facts.Where(fact => fact.Length > 0));
    }

    private static string Result(PlayedMatch match) =>
        match.Winner is { } winner
            ? FormattableString.Invariant($"{winner + 1} beats {(winner == match.First ? match.Second : match.First) + 1}")
            : FormattableString.Invariant($"{match.First + 1} and {match.Second + 1}: no judgment");

    private static string Shown(string response)
    {
        string line = string.Join(' ', response.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        StringInfo characters = new(line);
        return characters.LengthInTextElements <= ShownCharacters ? line : characters.SubstringByTextElements(0, ShownCharacters - 1) + "…";
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
}
