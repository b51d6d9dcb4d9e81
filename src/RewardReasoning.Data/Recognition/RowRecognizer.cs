using System.Text.Json;
using RewardReasoning.Data.Rows;
using RewardReasoning.Ratings;

namespace RewardReasoning.Data.Recognition;

/// <summary>
/// Says what a row is and takes it apart, by the names of its fields (docs/data.md has the table): pairs in several spellings, lists of
/// candidates, preference data with and without a query of its own, conversations, questions with answers.
/// </summary>
internal static class RowRecognizer
{
    private static readonly string[] AnswerNames = ["answer", "target", "gold", "ground_truth", "value"];
    private static readonly string[] OutputNames = ["output", "answer", "response"];
    private static readonly (string First, string Second)[] PlayerNames = [("player_1", "player_2"), ("model_a", "model_b")];

    /// <summary>What the row holds; a <see cref="FaultyContent"/> where it is not what it looks like, or nothing that is known.</summary>
    public static RowContent Recognize(DataRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        if (row.Fields is not { } fields)
        {
            return new FaultyContent(RowKind.Unknown, row.Error ?? "The row could not be read.");
        }

        RowKind kind = RowKind.Unknown;
        try
        {
            JsonElement named = row.Map?.Apply(row, fields) ?? fields;
            if (Find(named) is not var (found, read))
            {
                return Unknown(row, named);
            }

            kind = found;
            return read(named);
        }
        catch (JsonException exception)
        {
            return new FaultyContent(kind, exception.Message);
        }
        catch (InvalidOperationException)
        {
            return new FaultyContent(kind, "A string of the row is not valid Unicode (half a surrogate pair).");
        }
    }

    /// <summary>What a row is and how it is read; null for nothing that is known.</summary>
    private static (RowKind Kind, Func<JsonElement, RowContent> Read)? Find(JsonElement row)
    {
        if (Is(row, "responses", JsonValueKind.Array))
        {
            return (
                RowKind.Candidates,
                fields => Candidates(Query(fields), FieldReader.Responses(fields.GetProperty("responses"), "responses"))
            );
        }

        // PPE's best-of-k numbers its responses: with a third one they are no pair.
        if (row.TryGetProperty("response_3", out _))
        {
            return (RowKind.Candidates, fields => Candidates(Query(fields), [.. Numbered(fields)]));
        }

        if (Array.Find(PairFields.Known, fields => PairFields.Has(row, fields)) is { } pair)
        {
            return (RowKind.Pair, fields => Pair(fields, pair));
        }

        // RMB: a pair, and the best of several responses with those that lose to it.
        if (Is(row, "chosen", JsonValueKind.Object) && Is(row, "reject", JsonValueKind.Object))
        {
            return (RowKind.Pair, fields => Preferring(fields, "chosen", "reject"));
        }

        if (row.TryGetProperty("bon_best", out _) && Is(row, "loser_list", JsonValueKind.Array))
        {
            return (RowKind.Candidates, BestAndLosers);
        }

        if (row.TryGetProperty("chosen", out JsonElement chosen) | row.TryGetProperty("rejected", out JsonElement rejected))
        {
            return IsTexts(chosen) && IsTexts(rejected) ? (RowKind.ChosenLists, ChosenLists) : (RowKind.Pair, ChosenAndRejected);
        }

        if (Is(row, "targets", JsonValueKind.Object) && Is(row.GetProperty("targets"), "choices", JsonValueKind.Array))
        {
            return (RowKind.Pair, Targets);
        }

        if (row.TryGetProperty("gold", out _) && row.TryGetProperty("prediction", out _))
        {
            return (RowKind.AnswerCheck, fields => new AnswerCheckContent(Answer(fields, "gold"), Answer(fields, "prediction")));
        }

        if (ModelAnswers.Find(row) is { } answered)
        {
            return (RowKind.ModelAnswer, answered);
        }

        if (row.TryGetProperty("messages", out JsonElement messages) && messages.ValueKind == JsonValueKind.Array)
        {
            return (RowKind.Messages, fields => new MessagesContent(FieldReader.Messages(fields.GetProperty("messages"), "messages")));
        }

        if (
            Array.Find(PlayerNames, names => row.TryGetProperty(names.First, out _) && row.TryGetProperty(names.Second, out _))
                is { First: not null } players
            && row.TryGetProperty("winner", out _)
        )
        {
            return (RowKind.Match, fields => Match(fields, players.First, players.Second));
        }

        if (Is(row, "model", JsonValueKind.String) && FirstOf(row, OutputNames) is { } output)
        {
            return (
                RowKind.ModelAnswer,
                fields => new ModelAnswerContent(
                    FieldReader.Text(fields.GetProperty("model"), "model"),
                    TryQuery(fields),
                    FieldReader.Text(fields.GetProperty(output), output)
                )
            );
        }

        return HasQuery(row) ? FindOfQuery(row) : null;
    }

    private static (RowKind Kind, Func<JsonElement, RowContent> Read) FindOfQuery(JsonElement row)
    {
        // verl keeps the answer beside the prompt in an object of its own.
        if (Is(row, "reward_model", JsonValueKind.Object) && row.GetProperty("reward_model").TryGetProperty("ground_truth", out _))
        {
            return (
                RowKind.Question,
                fields => new QuestionContent(Query(fields), Answer(fields.GetProperty("reward_model"), "ground_truth"))
            );
        }

        return FirstOf(row, AnswerNames) is { } answer
            ? (RowKind.Question, fields => new QuestionContent(Query(fields), Answer(fields, answer)))
            : (RowKind.Query, fields => new QueryContent(Query(fields)));
    }

    private static PairContent Pair(JsonElement row, PairFields names)
    {
        RowQuery query = Query(row);
        row.TryGetProperty(names.First, out JsonElement first);
        row.TryGetProperty(names.Second, out JsonElement second);
        Comparison comparison = new(query.Text, FieldReader.Response(first, names.First), FieldReader.Response(second, names.Second));
        return new PairContent(query, comparison, names.Label(row), IsNamedByLabel: false);
    }

    private static CandidatesContent Candidates(RowQuery query, IReadOnlyList<string> responses) =>
        responses.Count >= 2
            ? new CandidatesContent(query, responses)
            : throw new JsonException($"The row has {responses.Count} of 'responses'; at least 2 can be compared.");

    private static IEnumerable<string> Numbered(JsonElement row)
    {
        for (int i = 1; row.TryGetProperty($"response_{i}", out JsonElement response); i++)
        {
            yield return FieldReader.Response(response, $"response_{i}");
        }
    }

    private static ChosenListsContent ChosenLists(JsonElement row) =>
        new(
            Query(row),
            FieldReader.Responses(row.GetProperty("chosen"), "chosen"),
            FieldReader.Responses(row.GetProperty("rejected"), "rejected")
        );

    private static PairContent ChosenAndRejected(JsonElement row)
    {
        row.TryGetProperty("chosen", out JsonElement chosen);
        row.TryGetProperty("rejected", out JsonElement rejected);
        bool areConversations = IsConversation(chosen) && IsConversation(rejected);
        if (HasQuery(row) && !areConversations)
        {
            return Preferring(row, "chosen", "rejected");
        }

        (RowQuery Query, string First, string Second)? split = (chosen.ValueKind, rejected.ValueKind) switch
        {
            (JsonValueKind.Array, JsonValueKind.Array) => SharedBeginning.Split(
                FieldReader.Messages(chosen, "chosen"),
                FieldReader.Messages(rejected, "rejected")
            ),
            (JsonValueKind.String, JsonValueKind.String) => SharedBeginning.Split(
                FieldReader.Text(chosen, "chosen"),
                FieldReader.Text(rejected, "rejected")
            ),
            _ => null,
        };
        if (split is not var (shared, better, worse))
        {
            throw new JsonException(
                (areConversations ? "" : "The row has no 'query' (or 'prompt'), and ")
                    + "'chosen' and 'rejected' do not begin with the same query: lists of messages must share all but the last, texts a "
                    + "beginning."
            );
        }

        RowQuery query = QueryFields.WithContext(row, shared);
        return new PairContent(query, new Comparison(query.Text, better, worse), Verdict.First, IsNamedByLabel: true);
    }

    private static PairContent Preferring(JsonElement row, string better, string worse)
    {
        RowQuery query = Query(row);
        return new PairContent(
            query,
            new Comparison(
                query.Text,
                FieldReader.Response(row.GetProperty(better), better),
                row.TryGetProperty(worse, out JsonElement other)
                    ? FieldReader.Response(other, worse)
                    : throw new JsonException($"The row has no '{worse}'.")
            ),
            Verdict.First,
            IsNamedByLabel: true
        );
    }

    private static CandidatesContent BestAndLosers(JsonElement row) =>
        Candidates(
            Query(row),
            [
                FieldReader.Response(row.GetProperty("bon_best"), "bon_best"),
                .. FieldReader.Responses(row.GetProperty("loser_list"), "loser_list"),
            ]
        );

    private static bool IsConversation(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 1 && FieldReader.LooksLikeMessages(value);

    /// <summary>HHH alignment: two choices, and which of them is preferred.</summary>
    private static PairContent Targets(JsonElement row)
    {
        RowQuery query = Query(row);
        JsonElement targets = row.GetProperty("targets");
        IReadOnlyList<string> choices = FieldReader.Responses(targets.GetProperty("choices"), "targets.choices");
        if (choices.Count != 2)
        {
            throw new JsonException($"'targets.choices' has {choices.Count}; a pair has 2.");
        }

        Verdict label = Is(targets, "labels", JsonValueKind.Array)
            ? string.Join(',', targets.GetProperty("labels").EnumerateArray().Select(value => value.GetRawText())) switch
            {
                "1,0" => Verdict.First,
                "0,1" => Verdict.Second,
                _ => Verdict.Unparsable,
            }
            : Verdict.Unparsable;
        return new PairContent(query, new Comparison(query.Text, choices[0], choices[1]), label, IsNamedByLabel: false);
    }

    private static MatchContent Match(JsonElement row, string first, string second)
    {
        (string player1, string player2) = (
            FieldReader.Text(row.GetProperty(first), first),
            FieldReader.Text(row.GetProperty(second), second)
        );
        if (player1 == player2)
        {
            throw new JsonException($"'{player1}' plays against itself; a match has two players.");
        }

        JsonElement winner = row.GetProperty("winner");
        return new MatchContent(
            player1,
            player2,
            winner.ValueKind == JsonValueKind.Null
                ? MatchOutcome.Missing
                : FieldReader.TextOrNumber(winner, "winner") switch
                {
                    "1" or "model_a" => MatchOutcome.First,
                    "2" or "model_b" => MatchOutcome.Second,
                    "tie" or "tie (bothbad)" or "both_bad" or "bothbad" or "tie (inconsistent)" => MatchOutcome.Tie,
                    _ => throw new JsonException(
                        $"'winner' is {Shown(winner)}; it must be 1, 2 or \"tie\" (or model_a, model_b), or null for a match that nobody "
                            + "judged."
                    ),
                }
        );
    }

    private static FaultyContent Unknown(DataRow row, JsonElement fields)
    {
        const int MostNames = 12;
        string[] names = [.. fields.EnumerateObject().Select(field => field.Name).Take(MostNames)];
        return new FaultyContent(
            RowKind.Unknown,
            names.Length == 0
                ? "The row has no fields."
                : $"The row has neither 'response_1' and 'response_2' nor 'chosen' and 'rejected' nor a query; its fields are "
                    + $"{string.Join(", ", names)}. "
                    + $"Say which field is what in a file {Path.GetFileName(FieldMap.PathFor(row.File))} beside it: "
                    + """{"query": "FIELD", "response_1": "FIELD", "response_2": "FIELD", "label": "FIELD"} (docs/data.md)."""
        );
    }

    private static string Answer(JsonElement row, string name) => FieldReader.TextOrNumber(row.GetProperty(name), name);

    private static bool HasQuery(JsonElement row) => QueryFields.Has(row);

    private static RowQuery? TryQuery(JsonElement row) => HasQuery(row) ? Query(row) : null;

    private static RowQuery Query(JsonElement row) => QueryFields.Read(row);

    private static string Shown(JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetRawText() : JsonRow.Describe(value);

    private static string? FirstOf(JsonElement row, string[] names) =>
        Array.Find(names, name => row.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null);

    private static bool Is(JsonElement row, string name, JsonValueKind kind) =>
        row.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind;

    private static bool IsTexts(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
        && !FieldReader.LooksLikeMessages(value)
        && value.EnumerateArray().Any()
        && value.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String);
}
