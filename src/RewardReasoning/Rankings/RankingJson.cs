using System.Text.Json;
using System.Text.Json.Serialization;

namespace RewardReasoning.Rankings;

/// <summary>
/// The one JSON form of a <see cref="Ranking"/>, described in docs/judgment-json.md; <see cref="JsonSerializer"/> writes it too. Indices
/// count from 0; what is missing is null.
/// </summary>
public sealed class RankingJson : JsonConverter<Ranking>
{
    /// <summary>Not supported: rankings are not read back.</summary>
    public override Ranking Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("A ranking is written as JSON and not read back; read its fields with JsonElement.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, Ranking value, JsonSerializerOptions options) => Write(writer, value);

    /// <summary>Writes a ranking as an object.</summary>
    public static void Write(Utf8JsonWriter json, Ranking ranking)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(ranking);
        json.WriteStartObject();
        json.WritePropertyName("ranking");
        WriteResponses(json, ranking);
        json.WriteOptional("best", ranking.Best);
        json.WriteStartArray("matches");
        foreach (PlayedMatch match in ranking.Matches)
        {
            Write(json, match);
        }

        json.WriteEndArray();
        json.WriteNumber("missing_matches", ranking.MissingMatches);
        json.WriteNumber("abstained_matches", ranking.AbstainedMatches);
        json.WriteOptional("cycle_rate", ranking.CycleRate);
        json.WriteString("missing", ranking.MissingReason);
        json.WriteBoolean("cancelled", ranking.IsCancelled);
        json.WritePropertyName("usage");
        JudgmentJson.Write(json, ranking.Usage);
        json.WriteEndObject();
    }

    /// <summary>Writes the list of responses alone, best first.</summary>
    public static void WriteResponses(Utf8JsonWriter json, Ranking ranking)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(ranking);
        json.WriteStartArray();
        foreach (RankedResponse response in ranking.Responses)
        {
            json.WriteStartObject();
            json.WriteNumber("index", response.Index);
            json.WriteNumber("rating", response.Rating);
            json.WriteOptional("low", response.Low);
            json.WriteOptional("high", response.High);
            json.WriteNumber("wins", response.Wins);
            json.WriteNumber("losses", response.Losses);
            json.WriteOptional("reward", response.Reward);
            json.WriteOptional("same_as", response.SameAs);
            json.WriteString("missing", response.MissingReason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>Writes one match as an object.</summary>
    public static void Write(Utf8JsonWriter json, PlayedMatch match)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(match);
        json.WriteStartObject();
        json.WriteNumber("round", match.Round);
        json.WriteNumber("first", match.First);
        json.WriteNumber("second", match.Second);
        json.WriteOptional("winner", match.Winner);
        json.WriteString("outcome", JudgmentJson.NameOf(match.Outcome));
        json.WriteOptional("confidence", match.Judgment?.CalibratedConfidence ?? match.Judgment?.Confidence);
        json.WriteOptional("vote_share", match.Judgment?.VoteShare);
        json.WriteString("missing", match.MissingReason);
        json.WriteEndObject();
    }
}
