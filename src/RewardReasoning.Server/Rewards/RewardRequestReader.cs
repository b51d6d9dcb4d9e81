using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Rewards;

/// <summary>One member of a request, and how long its client wants to wait.</summary>
internal sealed record RewardRequest(RewardMember Member, TimeSpan Wait);

/// <summary>Reads the bodies of <c>POST /v1/rewards</c>. A fault names the field, and the member where there are several.</summary>
internal sealed class RewardRequestReader(RewardOptions options)
{
    private const double MostSeconds = 30 * 24 * 3_600.0;

    /// <summary>The members of a body: one object, or a list of them.</summary>
    /// <exception cref="ApiException">A field is missing or has a wrong value.</exception>
    public (IReadOnlyList<RewardRequest> Members, bool IsList) Read(JsonElement body) =>
        body.ValueKind switch
        {
            JsonValueKind.Object => ([ReadMember(body, "")], false),
            JsonValueKind.Array when body.GetArrayLength() > 0 => (
                [.. body.EnumerateArray().Select((member, at) => ReadMember(member, FormattableString.Invariant($"[{at}].")))],
                true
            ),
            JsonValueKind.Array => throw new ApiException(
                StatusCodes.Status400BadRequest,
                "The list is empty; send at least one member.",
                "invalid_json"
            ),
            _ => throw new ApiException(
                StatusCodes.Status400BadRequest,
                "The body is neither a member (an object) nor a list of members.",
                "invalid_json"
            ),
        };

    /// <summary>A text or messages under a name, as the judge reads them.</summary>
    public static string QueryOf(JsonElement value, string name) => Faults(name, () => FieldReader.Query(value, name).Text);

    /// <summary>A response under a name: a text or a message.</summary>
    public static string ResponseOf(JsonElement value, string name) => Faults(name, () => FieldReader.Response(value, name));

    private RewardRequest ReadMember(JsonElement body, string at)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.BadField(at.TrimEnd('.'), $"The member {at.TrimEnd('.')} is not an object.");
        }

        string? group = NameOf(body, at, "group") ?? NameOf(body, at, "_ng_group_id") ?? NameOf(body, at, "_ng_task_index");
        RewardMode mode = ChoiceOf(body, at, "mode", RewardMode.Group, ("group", RewardMode.Group), ("scalar", RewardMode.Scalar));
        int? size = IntegerOf(body, at, "size") ?? options.GroupSize;
        int? index = IntegerOf(body, at, "index") ?? IntegerOf(body, at, "_ng_rollout_index");
        if (mode == RewardMode.Group && size is null)
        {
            throw ApiException.BadField(at + "size", $"{at}size is missing; it is the number of the group's members.");
        }

        if (mode == RewardMode.Group && group is not null && index is null)
        {
            throw ApiException.BadField(at + "index", $"{at}index is missing; a member of a named group has a number from 0.");
        }

        JsonElement deadline = Optional(body, "deadline") ?? default;
        if (deadline.ValueKind is not JsonValueKind.Undefined and not JsonValueKind.Object)
        {
            throw ApiException.BadField(at + "deadline", $"{at}deadline is an object of collect_s and judge_s.");
        }

        return new(
            new RewardMember
            {
                Group = group,
                Attempt =
                    IntegerOf(body, at, "attempt")
                    ?? IntegerOf(body, at, "_ng_group_attempt")
                    ?? (Optional(body, "_ng_group_id") is null ? IntegerOf(body, at, "_ng_attempt_index") : null)
                    ?? 0,
                Index = index,
                Size = size ?? 1,
                Query = QueryOf(Required(body, at, "query"), at + "query"),
                Response = ResponseOf(Required(body, at, "response"), at + "response"),
                References = ReferencesOf(body, at),
                CollectTime = SecondsOf(deadline, at + "deadline.", "collect_s"),
                JudgeTime = SecondsOf(deadline, at + "deadline.", "judge_s"),
                Mode = mode,
                Policy = ChoiceOf(
                    body,
                    at,
                    "policy",
                    PartialPolicy.JudgePresent,
                    ("judge_present", PartialPolicy.JudgePresent),
                    ("fail_group", PartialPolicy.FailGroup)
                ),
            },
            SecondsOf(body, at, "wait_s", zero: true) ?? TimeSpan.Zero
        );
    }

    private static IReadOnlyList<string> ReferencesOf(JsonElement body, string at) =>
        Optional(body, "reference") switch
        {
            null => [],
            { ValueKind: JsonValueKind.Array } list => [.. list.EnumerateArray().Select(one => ResponseOf(one, at + "reference"))],
            { } one => [ResponseOf(one, at + "reference")],
        };

    private static JsonElement? Optional(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    private static JsonElement Required(JsonElement body, string at, string name) =>
        Optional(body, name) ?? throw ApiException.BadField(at + name, $"{at}{name} is missing.");

    /// <summary>A name: a text, or a number as it is written.</summary>
    private static string? NameOf(JsonElement body, string at, string name) =>
        Optional(body, name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
            { ValueKind: JsonValueKind.String } text when text.GetString() is { Length: > 0 and <= 1_024 } known => known,
            _ => throw ApiException.BadField(at + name, $"{at}{name} is a text of 1 to 1,024 characters, or a number."),
        };

    private static int? IntegerOf(JsonElement body, string at, string name) =>
        Optional(body, name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt32(out int value) && value >= 0 => value,
            _ => throw ApiException.BadField(at + name, $"{at}{name} is a whole number, at least 0."),
        };

    private static TimeSpan? SecondsOf(JsonElement body, string at, string name, bool zero = false) =>
        Optional(body, name) switch
        {
            null => null,
            { ValueKind: JsonValueKind.Number } number
                when number.TryGetDouble(out double seconds) && seconds <= MostSeconds && (seconds > 0 || (zero && seconds == 0)) =>
                TimeSpan.FromSeconds(seconds),
            _ => throw ApiException.BadField(
                at + name,
                FormattableString.Invariant(
                    $"{at}{name} is a number of seconds, {(zero ? "at least 0" : "above 0")} and at most {MostSeconds}."
                )
            ),
        };

    private static T ChoiceOf<T>(JsonElement body, string at, string name, T otherwise, params (string Word, T Value)[] choices)
        where T : struct
    {
        if (Optional(body, name) is not { } value)
        {
            return otherwise;
        }

        string? word = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return choices.Where(choice => choice.Word == word).Select(choice => (T?)choice.Value).FirstOrDefault()
            ?? throw ApiException.BadField(at + name, $"{at}{name} is {string.Join(" or ", choices.Select(choice => choice.Word))}.");
    }

    private static string Faults(string name, Func<string> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (fault is JsonException or ArgumentException)
        {
            throw ApiException.BadField(name, fault.Message);
        }
    }
}
