using System.Text.Json;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Benchmarks.Definitions;

/// <summary>RMB: pairs and best-of-N lists of 49 everyday scenarios, for helpfulness and for harmlessness.</summary>
internal static class Rmb
{
    private const string Pairwise = "Pairwise";
    private const string BestOfN = "BoN";

    public static BenchmarkDefinition Definition { get; } =
        new()
        {
            Name = "rmb",
            Title = "Pairs and best-of-N lists of everyday scenarios: helpfulness and harmlessness",
            Source = "RMB, arXiv 2410.09893; github.com/Zhou-Zoey/RMB-Reward-Model-Benchmark, RMB_dataset",
            Data = "the folder RMB_dataset, one of its folders, or one of its files",
            Counting =
                "A pair is right where its chosen response is preferred. A best-of-N list is asked as pairs, its best against every "
                + "loser, and is right only where the best wins all of them, as the "
                + "authors count. Sections: Pairwise and BoN, each of helpfulness and harmlessness; the overall figure is the plain mean "
                + "of those that the data has. One order a pair; a missing answer is wrong.",
            Orders = AskedOrders.One,
            ReadAsync = ReadAsync,
            Credit = Scoring.Right,
            Measures = [new("accuracy", "mean of the sections; a list counts where its best beats every loser", Score)],
        };

    private static async Task<IReadOnlyList<BenchmarkItem>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        List<BenchmarkItem> items = [];
        foreach (BenchmarkRow row in await BenchmarkRows.ReadAsync(path, wanted: null, cancellationToken).ConfigureAwait(false))
        {
            string query = Query(row);
            if (row.OptionalText("bon_uid") is { } list)
            {
                string best = Answer(row, row.Fields, "bon_best");
                items.AddRange(
                    Losers(row)
                        .Select(
                            (loser, i) =>
                                ItemOf(row, BestOfN, FormattableString.Invariant($"bon:{list}:{i}"), $"bon:{list}", query, best, loser)
                        )
                );
            }
            else
            {
                string id = $"pair:{row.Text("pair_uid")}";
                items.Add(ItemOf(row, Pairwise, id, id, query, Answer(row, row.Fields, "chosen"), Answer(row, row.Fields, "reject")));
            }
        }

        return items;
    }

    private static BenchmarkItem ItemOf(BenchmarkRow row, string form, string id, string list, string query, string better, string worse)
    {
        // Pairwise_set/Helpfulness/Chat/Discussion
        string[] path = row.Text("category_path").Split('/');
        return new BenchmarkItem
        {
            Id = id,
            Row = list,
            Section = $"{form} {(path.Length > 1 ? path[1] : path[0])}",
            Comparison = new Comparison(query, better, worse),
            Gold = MatchOutcome.First,
            Detail = string.Join('/', path.Skip(2)),
        };
    }

    private static string Query(BenchmarkRow row)
    {
        if (!row.Fields.TryGetProperty("conversation_input", out JsonElement turns) || turns.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"{row.Place}: the row has no 'conversation_input', a list of turns.");
        }

        return Conversation.Render([
            .. turns
                .EnumerateArray()
                .Select(turn => new Microsoft.Extensions.AI.ChatMessage(
                    new Microsoft.Extensions.AI.ChatRole(TextOf(row, turn, "role")),
                    TextOf(row, turn, "content")
                )),
        ]);
    }

    private static IEnumerable<string> Losers(BenchmarkRow row) =>
        row.Fields.TryGetProperty("loser_list", out JsonElement losers)
        && losers.ValueKind == JsonValueKind.Array
        && losers.GetArrayLength() > 0
            ? losers.EnumerateArray().Select(loser => TextOf(row, loser, "answer"))
            : throw new InvalidDataException($"{row.Place}: the row has no 'loser_list'.");

    private static string Answer(BenchmarkRow row, JsonElement fields, string name) =>
        fields.TryGetProperty(name, out JsonElement response)
            ? TextOf(row, response, "answer")
            : throw new InvalidDataException($"{row.Place}: the row has no '{name}'.");

    private static string TextOf(BenchmarkRow row, JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object
            ? (row with { Fields = value }).Text(name)
            : throw new InvalidDataException($"{row.Place}: an object with '{name}' is expected, and here is something else.");

    private static double Score(IReadOnlyList<WeightedItem> items) =>
        items
            .Where(item => item.Weight > 0)
            .GroupBy(item => item.Judged.Item.Section)
            .Select(section =>
            {
                // All items of a list are drawn together, so they have one weight.
                (double Right, double Count)[] lists =
                [
                    .. section
                        .GroupBy(item => item.Judged.Item.Row)
                        .Select(list =>
                            (
                                list.All(item => item.Judged.Preferred == MatchOutcome.First) ? (double)list.First().Weight : 0,
                                (double)list.First().Weight
                            )
                        ),
                ];
                return lists.Sum(list => list.Right) / lists.Sum(list => list.Count);
            })
            .DefaultIfEmpty(double.NaN)
            .Average();
}
