using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server.Trainers;

/// <summary>
/// A resources server of NeMo Gym: <c>/seed_session</c>, <c>/verify</c> (the row, its indices and the policy's response),
/// <c>/close_session</c> and <c>/reverify_mode</c>, each also under <c>/ng-rollout/ID</c>. Its client waits for ever, tries no status again
/// and must have a number, so a failure is the mean of the group with <c>instance_config.mask_sample</c>, by which NeMo RL leaves out the
/// sample.
/// </summary>
internal sealed class NemoGymRoutes(IRewardService service, BodyAdmission bodies)
{
    private const string GroupId = "_ng_group_id";
    private const string GroupAttempt = "_ng_group_attempt";
    private const string TaskIndex = "_ng_task_index";
    private const string RolloutIndex = "_ng_rollout_index";
    private const string AttemptIndex = "_ng_attempt_index";
    private const string InstanceConfig = "instance_config";
    private static readonly TimeSpan Collect = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Judge = TimeSpan.FromMinutes(20);

    public static void Map(IEndpointRouteBuilder routes, IRewardService service, BodyAdmission bodies)
    {
        NemoGymRoutes gym = new(service, bodies);
        foreach (string prefix in new[] { "", "/ng-rollout/{rollout}" })
        {
            routes.MapPost(prefix + "/seed_session", Empty);
            routes.MapPost(prefix + "/close_session", Empty);
            routes.MapGet(prefix + "/reverify_mode", ReverifyMode);
            routes.MapPost(prefix + "/verify", gym.VerifyAsync);
        }
    }

    private static Task Empty(HttpContext http) =>
        JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                json.WriteEndObject();
            }
        );

    /// <summary>A row cannot be verified again alone: its reward is its place among the others of its group.</summary>
    private static Task ReverifyMode(HttpContext http) => JsonAnswer.WriteAsync(http, json => json.WriteStringValue("unsupported"));

    private async Task VerifyAsync(HttpContext http)
    {
        TrainerCall call = TrainerCall.Of(http.Request, service.Options, Collect, Judge);
        Patience patience = bodies.PatienceFor(TimeSpan.MaxValue);
        JsonElement body = await bodies.ReadAsync(http, patience);
        RewardMember member = Member(body, call);
        using RewardTickets tickets = await RewardTickets.SubmitAsync(service, [member], patience, http.RequestAborted);
        if (service.IsClosing && tickets.All[0].IsTurnedAway)
        {
            throw Drain.Stopping();
        }

        IReadOnlyList<RewardAnswer> answers;
        do
        {
            answers = await tickets.WaitAsync(call.Hold, http.RequestAborted);
        } while (!answers[0].IsFinal && !service.IsClosing && !service.IsStopping);

        if (!answers[0].IsFinal)
        {
            throw Drain.Stopping();
        }

        double mean = tickets.All[0].MeanOfCohort ?? CohortTable.RewardOfEquals;
        await JsonAnswer.WriteAsync(http, json => Write(json, body, answers[0], mean));
        tickets.Delivered();
    }

    private static RewardMember Member(JsonElement body, TrainerCall call)
    {
        if (
            body.ValueKind != JsonValueKind.Object
            || !body.TryGetProperty("responses_create_params", out JsonElement asked)
            || !asked.TryGetProperty("input", out JsonElement input)
        )
        {
            throw ApiException.BadField(
                "responses_create_params",
                "responses_create_params.input is missing; the judge reads it as the query."
            );
        }

        RewardMember member = call.Member(QueryOf(asked, input), ResponseOf(body));
        int? index = Integer(body, RolloutIndex);
        if (index is null)
        {
            return member;
        }

        return Name(body, GroupId) is { } group
            ? member with
            {
                Group = group,
                Attempt = Integer(body, GroupAttempt) ?? 0,
                Index = index,
            }
            // Task numbers come again with every step and epoch, so a closed group never answers for them.
            : member with
            {
                Task = Name(body, TaskIndex) ?? "",
                Attempt = Integer(body, AttemptIndex) ?? 0,
                Index = index,
            };
    }

    private static string QueryOf(JsonElement asked, JsonElement input)
    {
        StringBuilder query = new();
        if (asked.TryGetProperty("instructions", out JsonElement instructions) && instructions.ValueKind == JsonValueKind.String)
        {
            query.Append("System: ").Append(instructions.GetString()).Append("\n\n");
        }

        if (input.ValueKind == JsonValueKind.Array)
        {
            // Items other than messages (calls of tools and what they returned) stay as they are written.
            JsonElement[] items = [.. input.EnumerateArray()];
            bool isPlain = query.Length == 0 && items is [{ } only] && RoleOf(only) == "user";
            foreach (JsonElement item in items)
            {
                string label = RoleOf(item) is { } role ? CultureInfo.InvariantCulture.TextInfo.ToTitleCase(role) : "Item";
                query.Append(isPlain ? "" : $"{label}: ").Append(TextOf(item)).Append("\n\n");
            }

            return query.ToString().TrimEnd();
        }

        string text = RewardRequestReader.QueryOf(input, "responses_create_params.input");
        return query.Length == 0 ? text : query.Append("User: ").Append(text).ToString();
    }

    /// <summary>The texts of the messages in the policy's output; its reasoning is an item of its own and stays out.</summary>
    private static string ResponseOf(JsonElement body) =>
        body.TryGetProperty("response", out JsonElement response)
        && response.ValueKind == JsonValueKind.Object
        && response.TryGetProperty("output", out JsonElement output)
        && output.ValueKind == JsonValueKind.Array
            ? string.Join(
                "\n",
                output
                    .EnumerateArray()
                    .Where(item => item.ValueKind == JsonValueKind.Object && TypeOf(item) is null or "message" or "function_call")
                    .Select(TextOf)
            )
            : throw ApiException.BadField("response", "response.output is missing; the judge reads its messages.");

    private static string TextOf(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("content", out JsonElement content))
        {
            return item.ValueKind == JsonValueKind.String ? item.GetString() ?? "" : item.GetRawText();
        }

        return content.ValueKind switch
        {
            JsonValueKind.String => content.GetString() ?? "",
            JsonValueKind.Array => string.Concat(
                content
                    .EnumerateArray()
                    .Select(part =>
                        part.ValueKind == JsonValueKind.Object && part.TryGetProperty("text", out JsonElement text)
                            ? text.GetString() ?? ""
                            : ""
                    )
            ),
            _ => "",
        };
    }

    private static string? TypeOf(JsonElement item) =>
        item.TryGetProperty("type", out JsonElement type) && type.ValueKind == JsonValueKind.String ? type.GetString() : null;

    private static string? RoleOf(JsonElement item) =>
        item.ValueKind == JsonValueKind.Object
        && item.TryGetProperty("role", out JsonElement role)
        && role.ValueKind == JsonValueKind.String
            ? role.GetString()
            : null;

    private static int? Integer(JsonElement body, string name) =>
        !body.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number >= 0 ? number
        : throw ApiException.BadField(name, $"{name} is a whole number, at least 0.");

    private static string? Name(JsonElement body, string name) =>
        !body.TryGetProperty(name, out JsonElement value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : value.GetRawText();

    /// <summary>The body again, with the reward and what belongs to it.</summary>
    private static void Write(Utf8JsonWriter json, JsonElement body, RewardAnswer answer, double mean)
    {
        string[] own = ["reward", "rank", "mask_sample", "_ng_failure_class", "_ng_failure_judge_error", "rrm"];
        json.WriteStartObject();
        foreach (JsonProperty field in body.EnumerateObject())
        {
            if (!own.Contains(field.Name, StringComparer.Ordinal) && (answer.Failure is null || field.Name != InstanceConfig))
            {
                field.WriteTo(json);
            }
        }

        json.WriteNumber("reward", answer.Reward ?? mean);
        if (answer.Rank is { } rank)
        {
            json.WriteNumber("rank", rank);
        }

        if (answer.Failure is { } failure)
        {
            WriteMask(json, body);
            json.WriteBoolean("mask_sample", true);
            json.WriteString("_ng_failure_class", "judge_failed");
            json.WriteString("_ng_failure_judge_error", TrainerRoutes.CodeOf(failure));
        }

        json.WritePropertyName("rrm");
        JsonSerializer.Serialize(json, answer, RewardJson.Wire.RewardAnswer);
        json.WriteEndObject();
    }

    private static void WriteMask(Utf8JsonWriter json, JsonElement body)
    {
        json.WriteStartObject(InstanceConfig);
        if (body.TryGetProperty(InstanceConfig, out JsonElement config) && config.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty field in config.EnumerateObject().Where(field => field.Name != "mask_sample"))
            {
                field.WriteTo(json);
            }
        }

        json.WriteBoolean("mask_sample", true);
        json.WriteEndObject();
    }
}
