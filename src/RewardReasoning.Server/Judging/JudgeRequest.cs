using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Judging;

/// <summary>
/// A request to judge or rank: a row as <c>rrm score</c> reads it (docs/data.md), and beside its fields <c>stream</c>, <c>reasoning</c> and
/// <c>deadline_s</c>.
/// </summary>
internal sealed record JudgeRequest
{
    private const string RowName = "request";

    /// <summary>What the row holds.</summary>
    public required RowContent Content { get; init; }

    /// <summary>Whether the answer comes as events while it is made.</summary>
    public bool Streams { get; init; }

    /// <summary>Whether votes hold what the judge wrote.</summary>
    public bool WithReasoning { get; init; } = true;

    /// <summary>How long the client waits; null for as long as it takes.</summary>
    public TimeSpan? Deadline { get; init; }

    /// <exception cref="ApiException">The body holds nothing that can be judged, or a field has a wrong value.</exception>
    public static async Task<JudgeRequest> ReadAsync(HttpContext http, JudgingContext context)
    {
        JsonElement body = await JsonBody.ReadAsync(http);
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw new ApiException(StatusCodes.Status400BadRequest, "The body is not a JSON object.", "invalid_json");
        }

        DataRow row = new()
        {
            File = RowName,
            Number = 1,
            Fields = body,
        };
        TimeSpan? asked = DeadlineOf(body);
        return new JudgeRequest
        {
            Content = RowRecognizer.Recognize(row) is FaultyContent { Error: var error, Promised: var promised }
                ? throw new ApiException(
                    StatusCodes.Status400BadRequest,
                    promised == RowKind.Unknown ? "The body has no 'query' with 'response_1' and 'response_2', or 'responses'." : error,
                    "invalid_row"
                )
                : RowRecognizer.Recognize(row),
            Streams = FlagOf(body, "stream") ?? false,
            WithReasoning = FlagOf(body, "reasoning") ?? true,
            Deadline = asked is null || context.Deadline < asked ? context.Deadline : asked,
        };
    }

    /// <summary>The two responses to compare.</summary>
    /// <exception cref="ApiException">There are not two.</exception>
    public Comparison Comparison() =>
        Content switch
        {
            PairContent pair => pair.Comparison,
            CandidatesContent { Responses: [var first, var second] } candidates => new(candidates.Query.Text, first, second),
            _ => throw Holds("two responses are compared; /v1/rank takes more of them"),
        };

    /// <summary>The query and its responses.</summary>
    /// <exception cref="ApiException">There are too few or too many.</exception>
    public (string Query, IReadOnlyList<string> Responses) Candidates(int most)
    {
        (string query, IReadOnlyList<string> responses) = Content switch
        {
            PairContent { Comparison: var pair } => (pair.Query, [pair.Response1, pair.Response2]),
            CandidatesContent candidates => (candidates.Query.Text, candidates.Responses),
            _ => throw Holds("a ranking needs at least two responses to one query"),
        };
        return responses.Count <= most
            ? (query, responses)
            : throw ApiException.BadField("responses", $"There are {responses.Count} responses; this server ranks at most {most} at once.");
    }

    private ApiException Holds(string needed) =>
        new(StatusCodes.Status400BadRequest, $"The body holds {RowKinds.Describe(Content.Kind)}; {needed}.", "invalid_row");

    private static bool? FlagOf(JsonElement body, string name) =>
        !body.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean()
        : throw ApiException.BadField(name, $"{name} is true or false.");

    private static TimeSpan? DeadlineOf(JsonElement body)
    {
        const string Name = "deadline_s";
        const double Most = 1e6;
        if (!body.TryGetProperty(Name, out JsonElement value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double seconds) && seconds is > 0 and <= Most
            ? TimeSpan.FromSeconds(seconds)
            : throw ApiException.BadField(Name, FormattableString.Invariant($"{Name} is a number of seconds, above 0 and at most {Most}."));
    }
}
