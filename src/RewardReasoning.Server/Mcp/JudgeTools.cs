using System.Text.Json;
using Microsoft.AspNetCore.Http;
using ModelContextProtocol;
using ModelContextProtocol.Server;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Mcp;

/// <summary>
/// The judge as tools of the Model Context Protocol: <c>judge</c>, <c>rank</c> and, where it reasons, <c>explain_disagreement</c>.
/// </summary>
internal sealed class JudgeTools(IJudge judge, RankingOptions ranking, int mostResponses, TimeProvider time)
{
    private const int Looks = 4;
    private const int MostLooks = 32;

    private const string PairInput = """
        {"type": "object", "required": ["query", "response_1", "response_2"], "properties": {
          "query": {"type": "string", "description": "What was asked."},
          "response_1": {"type": "string", "description": "One answer."},
          "response_2": {"type": "string", "description": "Another answer."}
        }}
        """;

    private readonly Ranker _ranker = new(judge, ranking, time);

    /// <summary>The tools over a judge.</summary>
    /// <param name="opened">The judge; it must outlive the tools.</param>
    /// <param name="decides">Decides for it.</param>
    /// <param name="ranking">How responses are ranked.</param>
    /// <param name="mostResponses">The most responses to one query.</param>
    /// <param name="allowance">What all tools together may spend.</param>
    /// <param name="time">The clock.</param>
    public static IReadOnlyList<McpServerTool> Of(
        OpenedJudge opened,
        IJudge decides,
        RankingOptions ranking,
        int mostResponses,
        TokenAllowance allowance,
        TimeProvider time
    )
    {
        JudgeTools tools = new(decides, ranking with { Concurrency = opened.Concurrency }, mostResponses, time);
        string domain = opened.Domain is { } known ? " " + known.Says : "";
        List<McpServerTool> all =
        [
            new JudgeTool(
                "judge",
                "Compare two responses",
                "Says which of two responses to a query is better, and how sure the judge is. A failed judgment has preferred null: "
                    + $"that is missing data, not a tie.{domain}",
                PairInput,
                """
                {"type": "object", "required": ["preferred"], "properties": {
                  "preferred": {"type": ["integer", "null"], "description": "1 or 2; null where the judgment is missing."},
                  "confidence": {"type": ["number", "null"]}, "calibrated_confidence": {"type": ["number", "null"]},
                  "vote_share": {"type": ["number", "null"]}, "missing": {"type": ["string", "null"]},
                  "votes": {"type": "array", "items": {"type": "object"}},
                  "usage": {"type": "object", "description": "Tokens and time that it took."}, "model": {"type": "string"}
                }}
                """,
                allowance,
                tools.JudgeAsync
            ),
            new JudgeTool(
                "rank",
                "Rank responses",
                $"Orders up to {mostResponses} responses to a query by matches between them, best first.{domain}",
                """
                {"type": "object", "required": ["query", "responses"], "properties": {
                  "query": {"type": "string", "description": "What was asked."},
                  "responses": {"type": "array", "minItems": 2, "items": {"type": "string"}, "description": "The answers, counted from 0."}
                }}
                """,
                """
                {"type": "object", "required": ["best", "ranking"], "properties": {
                  "best": {"type": ["integer", "null"], "description": "Index of the best response; null where nothing was decided."},
                  "ranking": {"type": "array", "items": {"type": "object"}}, "matches": {"type": "array", "items": {"type": "object"}},
                  "usage": {"type": "object", "description": "Tokens and time that it took."}
                }}
                """,
                allowance,
                tools.RankAsync
            ),
        ];
        if (decides is IRepeatableJudge repeatable)
        {
            all.Add(
                new JudgeTool(
                    "explain_disagreement",
                    "Explain where votes part",
                    "Judges two responses several times and shows where the judge disagrees with itself: votes for each side, a reasoning "
                        + $"of each, and the words at which two of them part.{domain}",
                    """
                    {"type": "object", "required": ["query", "response_1", "response_2"], "properties": {
                      "query": {"type": "string"}, "response_1": {"type": "string"}, "response_2": {"type": "string"},
                      "looks": {"type": "integer", "minimum": 2, "maximum": 32, "description": "How often to judge; 4 if left out."}
                    }}
                    """,
                    """
                    {"type": "object", "required": ["votes_1", "votes_2", "missing"], "properties": {
                      "votes_1": {"type": "integer"}, "votes_2": {"type": "integer"}, "missing": {"type": "integer"},
                      "reasoning_1": {"type": ["string", "null"], "description": "Why a vote chose response 1."},
                      "reasoning_2": {"type": ["string", "null"], "description": "Why a vote chose response 2."},
                      "parting": {"type": ["object", "null"], "properties": {
                        "shared": {"type": "string"}, "first": {"type": "string"}, "second": {"type": "string"}}}
                    }}
                    """,
                    allowance,
                    (call, stop) => ExplainAsync(repeatable, call, stop)
                )
            );
        }

        return all;
    }

    private async Task<JudgeReply> JudgeAsync(JudgeCall call, CancellationToken cancellationToken)
    {
        Judgment judgment = await judge.JudgeAsync(ComparisonOf(call.Arguments), cancellationToken);
        int number = judgment.Preferred == Verdict.First ? 1 : 2;
        double? confidence = judgment.CalibratedConfidence ?? judgment.Confidence;
        string summary = judgment.Preferred is null
            ? $"There is no judgment: {judgment.MissingReason}"
            : FormattableString.Invariant($"Response {number} is better (confidence {confidence:0.00}).");
        return new(summary, json => JudgmentJson.Write(json, judgment), judgment.Usage);
    }

    private async Task<JudgeReply> RankAsync(JudgeCall call, CancellationToken cancellationToken)
    {
        string query = TextOf(call.Arguments, "query");
        if (
            !call.Arguments.TryGetProperty("responses", out JsonElement listed)
            || listed.ValueKind != JsonValueKind.Array
            || listed.EnumerateArray().Any(response => response.ValueKind != JsonValueKind.String)
        )
        {
            throw ApiException.BadField("responses", "responses is a list of texts.");
        }

        string[] responses = [.. listed.EnumerateArray().Select(response => response.GetString() ?? "")];
        if (responses.Length < 2 || responses.Length > mostResponses)
        {
            throw ApiException.BadField("responses", $"There are {responses.Length} responses; 2 to {mostResponses} are ranked.");
        }

        Ranking ranked = await _ranker.RankAsync(query, responses, call.Progress is { } told ? new Matches(told) : null, cancellationToken);
        return new(
            ranked.Best is { } best ? $"Response {best} (counted from 0) is the best." : $"There is no ranking: {ranked.MissingReason}",
            json => RankingJson.Write(json, ranked),
            ranked.Usage
        );
    }

    private static async Task<JudgeReply> ExplainAsync(IRepeatableJudge judge, JudgeCall call, CancellationToken cancellationToken)
    {
        Comparison comparison = ComparisonOf(call.Arguments);
        int looks = LooksOf(call.Arguments);
        int done = 0;
        Judgment[] judgments = await Task.WhenAll(
            Enumerable
                .Range(0, looks)
                .Select(async repetition =>
                {
                    Judgment judgment = await judge.JudgeAsync(comparison, repetition, cancellationToken);
                    call.Progress?.Report(new() { Progress = Interlocked.Increment(ref done), Total = looks });
                    return judgment;
                })
        );
        Disagreement found = Disagreement.Of([.. judgments.SelectMany(judgment => judgment.Votes)]);
        return new(
            $"{found.First} votes for response 1, {found.Second} for response 2, {found.Missing} without a verdict.",
            json => Write(json, found),
            judgments.Aggregate(Usage.None, (sum, judgment) => sum + judgment.Usage)
        );
    }

    private static void Write(Utf8JsonWriter json, Disagreement found)
    {
        json.WriteStartObject();
        json.WriteNumber("votes_1", found.First);
        json.WriteNumber("votes_2", found.Second);
        json.WriteNumber("missing", found.Missing);
        json.WriteString("reasoning_1", found.ForFirst?.Reasoning);
        json.WriteString("reasoning_2", found.ForSecond?.Reasoning);
        json.WritePropertyName("parting");
        if (found.Parting is { } parting)
        {
            json.WriteStartObject();
            json.WriteString("shared", parting.Shared);
            json.WriteString("first", parting.First);
            json.WriteString("second", parting.Second);
            json.WriteEndObject();
        }
        else
        {
            json.WriteNullValue();
        }

        json.WriteEndObject();
    }

    private static Comparison ComparisonOf(JsonElement arguments) =>
        new(TextOf(arguments, "query"), TextOf(arguments, "response_1"), TextOf(arguments, "response_2"));

    private static int LooksOf(JsonElement arguments) =>
        !arguments.TryGetProperty("looks", out JsonElement value) ? Looks
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int looks) && looks is >= 2 and <= MostLooks ? looks
        : throw ApiException.BadField("looks", $"looks is a whole number from 2 to {MostLooks}.");

    private static string TextOf(JsonElement arguments, string name) =>
        arguments.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString() ?? ""
            : throw new ApiException(StatusCodes.Status400BadRequest, $"{name} is missing, or not a text.", parameter: name);

    /// <summary>Matches of a ranking as progress of a call.</summary>
    private sealed class Matches(IProgress<ProgressNotificationValue> progress) : IProgress<RankingProgress>
    {
        public void Report(RankingProgress value) => progress.Report(new() { Progress = value.Played, Total = value.Planned });
    }
}
