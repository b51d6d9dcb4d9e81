using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Ratings;

namespace RewardReasoning;

/// <summary>
/// The one JSON form of a <see cref="Judgment"/>, its <see cref="Vote"/>s and their <see cref="Usage"/>, described in
/// docs/judgment-json.md. <see cref="JsonSerializer"/> writes and reads these types in the same form. Responses are numbered 1 and 2 as the
/// caller numbers them; what is missing is null.
/// </summary>
public sealed class JudgmentJson : JsonConverterFactory
{
    private const string FirstStageName = "first";

    /// <inheritdoc/>
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert == typeof(Judgment) || typeToConvert == typeof(Vote) || typeToConvert == typeof(Usage);

    /// <inheritdoc/>
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        typeToConvert == typeof(Judgment) ? new JudgmentConverter()
        : typeToConvert == typeof(Vote) ? new VoteConverter()
        : new UsageConverter();

    /// <summary>Writes a judgment as an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="judgment">What to write.</param>
    /// <param name="withReasoning">Whether votes keep what the judge wrote (<c>reasoning</c> and <c>answer</c>).</param>
    public static void Write(Utf8JsonWriter json, Judgment judgment, bool withReasoning = true)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(judgment);
        json.WriteStartObject();
        json.WriteOptional("preferred", NumberOf(judgment.Preferred));
        json.WriteString("outcome", NameOf(judgment.Outcome));
        json.WriteOptional("withheld", NumberOf(judgment.Withheld));
        json.WriteOptional("confidence", judgment.Confidence);
        json.WriteOptional("calibrated_confidence", judgment.CalibratedConfidence);
        json.WriteOptional("uncertainty", judgment.Uncertainty);
        json.WriteOptional("vote_share", judgment.VoteShare);
        json.WriteOptional("position_bias", judgment.PositionBias);
        json.WriteString("draw_broken_by", NameOf(judgment.DrawBrokenBy));
        json.WriteNumber("max_votes", judgment.MaxVotes);
        json.WriteString("ended_by", NameOf(judgment.EndedBy));
        if (judgment.IsScreened is { } screened)
        {
            json.WriteString("stage", screened ? FirstStageName : "judge");
        }

        json.WriteString("missing", judgment.MissingReason);
        json.WriteStartArray("votes");
        foreach (Vote vote in judgment.Votes)
        {
            Write(json, vote, withReasoning);
        }

        json.WriteEndArray();
        if (judgment.Members.Count > 0)
        {
            json.WriteStartObject("members");
            foreach ((string name, Judgment member) in judgment.Members)
            {
                json.WritePropertyName(name);
                Write(json, member, withReasoning);
            }

            json.WriteEndObject();
        }

        if (judgment.Criteria is { } criteria)
        {
            json.WritePropertyName("criteria");
            criteria.WriteTo(json);
        }

        json.WritePropertyName("usage");
        Write(json, judgment.Usage);
        json.WriteString("model", judgment.Model);
        json.WriteStartArray("warnings");
        foreach (string warning in judgment.Warnings)
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Reads what <see cref="Write(Utf8JsonWriter, Judgment, bool)"/> wrote, or an earlier version of this library.</summary>
    /// <exception cref="JsonException">It is not a judgment; the message names the field.</exception>
    public static Judgment Read(JsonElement json)
    {
        Require(json, JsonValueKind.Object, "a judgment");
        List<Vote> votes = [];
        if (json.TryGetProperty("votes", out JsonElement listed) && listed.ValueKind == JsonValueKind.Array)
        {
            votes.AddRange(listed.EnumerateArray().Select(ReadVote));
        }

        Verdict? preferred = ReadVerdict(json, "preferred");
        return new()
        {
            Preferred = preferred,
            Withheld = ReadVerdict(json, "withheld"),
            IsTie = Text(json, "outcome") == "tie",
            Confidence = Number(json, "confidence"),
            CalibratedConfidence = Number(json, "calibrated_confidence"),
            VoteShare = Number(json, "vote_share"),
            PositionBias = Number(json, "position_bias"),
            DrawBrokenBy = Text(json, "draw_broken_by") switch
            {
                "log_odds" => DrawBreak.LogOdds,
                "further_votes" => DrawBreak.FurtherVotes,
                "coin" => DrawBreak.Coin,
                _ => DrawBreak.None,
            },
            MaxVotes = (int)(Number(json, "max_votes") ?? votes.Count),
            EndedBy = Text(json, "ended_by") switch
            {
                "certain" => VotingEnd.Certain,
                "confident" => VotingEnd.Confident,
                "budget" => VotingEnd.Budget,
                _ => VotingEnd.AllVotes,
            },
            MissingReason =
                Text(json, "missing") ?? (preferred is null && Text(json, "outcome") != "tie" ? "No reason was recorded." : null),
            Criteria = json.TryGetProperty("criteria", out JsonElement criteria) ? criteria.Clone() : null,
            IsScreened = Text(json, "stage") is { } stage ? stage == FirstStageName : null,
            Votes = votes,
            Members =
                json.TryGetProperty("members", out JsonElement members) && members.ValueKind == JsonValueKind.Object
                    ? members.EnumerateObject().ToDictionary(member => member.Name, member => Read(member.Value))
                    : Judgment.NoMembers,
            Usage = json.TryGetProperty("usage", out JsonElement usage) ? ReadUsage(usage) : Usage.None,
            Model = Text(json, "model") ?? "unknown",
            Warnings =
                json.TryGetProperty("warnings", out JsonElement warnings) && warnings.ValueKind == JsonValueKind.Array
                    ? [.. warnings.EnumerateArray().Select(warning => warning.GetString() ?? "")]
                    : [],
        };
    }

    /// <summary>Writes a vote as an object.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="vote">What to write.</param>
    /// <param name="withReasoning">Whether it keeps what the judge wrote.</param>
    public static void Write(Utf8JsonWriter json, Vote vote, bool withReasoning = true)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(vote);
        json.WriteStartObject();
        json.WriteNumber("index", vote.Index);
        if (vote.Verdict == Verdict.Tie)
        {
            json.WriteString("verdict", NameOf(MatchOutcome.Tie));
        }
        else
        {
            json.WriteOptional("verdict", NumberOf(vote.Verdict));
        }

        json.WriteString("order", vote.Order == ShownOrder.Given ? "given" : "swapped");
        if (withReasoning)
        {
            json.WriteString("reasoning", vote.Reasoning);
            json.WriteString("answer", vote.Answer);
        }

        json.WriteBoolean("forced", vote.Forced);
        json.WriteNumber("seed", vote.Seed);
        json.WriteNumber("redraws", vote.Redraws);
        json.WriteNumber("tokens", vote.GeneratedTokens);
        json.WriteOptional("reasoning_tokens", vote.Usage.ReasoningTokens);
        json.WriteOptional("first_probability", vote.FirstProbability);
        json.WriteString("missing", vote.MissingReason);
        json.WriteEndObject();
    }

    internal static void Write(Utf8JsonWriter json, Usage usage)
    {
        json.WriteStartObject();
        json.WriteNumber("prompt_tokens", usage.PromptTokens);
        json.WriteOptional("cached_tokens", usage.CachedTokens);
        json.WriteOptional("reasoning_tokens", usage.ReasoningTokens);
        json.WriteNumber("output_tokens", usage.OutputTokens);
        json.WriteNumber("seconds", Math.Round(usage.Elapsed.TotalSeconds, 3));
        json.WriteNumber("kept_completions", usage.KeptCompletions);
        json.WriteNumber("kept_prompt_tokens", usage.KeptPromptTokens);
        json.WriteNumber("kept_output_tokens", usage.KeptOutputTokens);
        json.WriteNumber("unreported_completions", usage.UnreportedCompletions);
        json.WriteOptional("cost", usage.Cost);
        json.WriteOptional("kept_cost", usage.KeptCost);
        json.WriteEndObject();
    }

    /// <summary>A vote; earlier benchmark runs named the verdict in words and the fields as the C# members.</summary>
    internal static Vote ReadVote(JsonElement json, int place)
    {
        Require(json, JsonValueKind.Object, "a vote");
        int tokens = (int)(Number(json, "tokens") ?? Number(json, "generated_tokens") ?? 0);
        Usage usage = json.TryGetProperty("usage", out JsonElement spent)
            ? ReadUsage(spent)
            : new() { OutputTokens = tokens, ReasoningTokens = (long?)Number(json, "reasoning_tokens") };
        return new()
        {
            Index = (int)(Number(json, "index") ?? place),
            Verdict = ReadVerdict(json, "verdict") ?? Verdict.Unparsable,
            Order = Text(json, "order") switch
            {
                "given" => ShownOrder.Given,
                "swapped" => ShownOrder.Swapped,
                var other => throw new JsonException($"'order' is {other ?? "missing"}; it is \"given\" or \"swapped\"."),
            },
            Reasoning = Text(json, "reasoning") ?? "",
            Answer = Text(json, "answer") ?? "",
            Forced = json.TryGetProperty("forced", out JsonElement forced) && forced.ValueKind == JsonValueKind.True,
            Seed = (int)(Number(json, "seed") ?? 0),
            Redraws = (int)(Number(json, "redraws") ?? 0),
            GeneratedTokens = tokens,
            FirstProbability = Number(json, "first_probability"),
            MissingReason = Text(json, "missing") ?? Text(json, "missing_reason"),
            Usage = usage,
        };
    }

    internal static Usage ReadUsage(JsonElement json)
    {
        Require(json, JsonValueKind.Object, "a usage");
        return new()
        {
            PromptTokens = (long)(Number(json, "prompt_tokens") ?? 0),
            CachedTokens = (long?)Number(json, "cached_tokens"),
            ReasoningTokens = (long?)Number(json, "reasoning_tokens"),
            OutputTokens = (long)(Number(json, "output_tokens") ?? 0),
            Elapsed =
                Number(json, "seconds") is { } seconds ? TimeSpan.FromSeconds(seconds)
                : TimeSpan.TryParse(Text(json, "elapsed"), CultureInfo.InvariantCulture, out TimeSpan elapsed) ? elapsed
                : TimeSpan.Zero,
            KeptCompletions = (long)(Number(json, "kept_completions") ?? 0),
            KeptPromptTokens = (long)(Number(json, "kept_prompt_tokens") ?? 0),
            KeptOutputTokens = (long)(Number(json, "kept_output_tokens") ?? 0),
            UnreportedCompletions = (long)(Number(json, "unreported_completions") ?? 0),
            Cost = Money(json, "cost"),
            KeptCost = Money(json, "kept_cost"),
        };
    }

    private static int? NumberOf(Verdict? verdict) =>
        verdict switch
        {
            Verdict.First => 1,
            Verdict.Second => 2,
            _ => null,
        };

    private static string? NameOf(DrawBreak drawBreak) =>
        drawBreak switch
        {
            DrawBreak.LogOdds => "log_odds",
            DrawBreak.FurtherVotes => "further_votes",
            DrawBreak.Coin => "coin",
            _ => null,
        };

    internal static string NameOf(MatchOutcome outcome) =>
        outcome switch
        {
            MatchOutcome.First => "first",
            MatchOutcome.Second => "second",
            MatchOutcome.Tie => "tie",
            MatchOutcome.Abstained => "abstained",
            _ => "missing",
        };

    private static string NameOf(VotingEnd end) =>
        end switch
        {
            VotingEnd.Certain => "certain",
            VotingEnd.Confident => "confident",
            VotingEnd.Budget => "budget",
            _ => "all_votes",
        };

    private static Verdict? ReadVerdict(JsonElement json, string name) =>
        !json.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null
            ? null
            : value.ToString() switch
            {
                "1" or "first" => Verdict.First,
                "2" or "second" => Verdict.Second,
                "tie" when name == "verdict" => Verdict.Tie,
                "unparsable" => null,
                var other => throw new JsonException($"'{name}' is {other}; it is 1, 2 or null."),
            };

    private static double? Number(JsonElement json, string name) =>
        !json.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number ? value.GetDouble()
        : throw new JsonException($"'{name}' is {value.GetRawText()}; it is a number or null.");

    private static decimal? Money(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDecimal() : null;

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void Require(JsonElement json, JsonValueKind kind, string what)
    {
        if (json.ValueKind != kind)
        {
            throw new JsonException($"This is {json.ValueKind}, not {what}; {what} is an object.");
        }
    }
}

/// <summary>Numbers that are null when missing.</summary>
internal static class OptionalNumbers
{
    public static void WriteOptional(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteOptional(this Utf8JsonWriter json, string name, decimal? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    public static void WriteOptional(this Utf8JsonWriter json, string name, long? value) => json.WriteOptional(name, (decimal?)value);

    public static void WriteOptional(this Utf8JsonWriter json, string name, int? value) => json.WriteOptional(name, (decimal?)value);
}

/// <summary>A judgment for <see cref="JsonSerializer"/>.</summary>
internal sealed class JudgmentConverter : JsonConverter<Judgment>
{
    public override Judgment Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JudgmentJson.Read(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, Judgment value, JsonSerializerOptions options) => JudgmentJson.Write(writer, value);
}

/// <summary>The same for a vote alone.</summary>
internal sealed class VoteConverter : JsonConverter<Vote>
{
    public override Vote Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JudgmentJson.ReadVote(JsonElement.ParseValue(ref reader), place: 0);

    public override void Write(Utf8JsonWriter writer, Vote value, JsonSerializerOptions options) =>
        JudgmentJson.Write(writer, value, withReasoning: true);
}

/// <summary>The same for a usage alone.</summary>
internal sealed class UsageConverter : JsonConverter<Usage>
{
    public override Usage Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        JudgmentJson.ReadUsage(JsonElement.ParseValue(ref reader));

    public override void Write(Utf8JsonWriter writer, Usage value, JsonSerializerOptions options) => JudgmentJson.Write(writer, value);
}
