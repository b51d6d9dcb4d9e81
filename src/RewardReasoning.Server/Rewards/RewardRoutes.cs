using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Rewards;

/// <summary><c>POST /v1/rewards</c>, <c>GET /v1/rewards/{id}</c> and <c>GET /v1/cohorts</c>.</summary>
internal sealed class RewardRoutes(IRewardService service, BodyAdmission bodies)
{
    private readonly RewardRequestReader _reader = new(service.Options);

    public static void Map(IEndpointRouteBuilder routes, IRewardService service, BodyAdmission bodies)
    {
        RewardRoutes rewards = new(service, bodies);
        routes.MapPost("/v1/rewards", http => WithFailureAsync(http, rewards.SubmitAsync));
        routes.MapGet("/v1/rewards/{id}", http => WithFailureAsync(http, rewards.PollAsync));
        routes.MapGet("/v1/cohorts", rewards.ListAsync);
    }

    /// <summary>What fails on our side is answered as a typed failure that a repetition mends.</summary>
    private static async Task WithFailureAsync(HttpContext http, Func<HttpContext, Task> answer)
    {
        try
        {
            await answer(http);
        }
        catch (RewardReasoningException error) when (error.Boundary == FailureBoundary.Store && !http.Response.HasStarted)
        {
            ApiException problem = ApiException.Of(error);
            RewardFailure failure = new(FailureClass.Transport, RewardStage.Store, Retryable: true, problem.Message);
            JsonObject fields = new() { ["failure"] = JsonSerializer.SerializeToNode(failure, RewardJson.Wire.RewardFailure) };
            await WriteProblemAsync(http, problem, fields);
        }
    }

    private async Task SubmitAsync(HttpContext http)
    {
        (IReadOnlyList<RewardRequest> requests, bool isList) = _reader.Read(await bodies.ReadAsync(http));
        using RewardTickets tickets = await RewardTickets.SubmitAsync(service, [.. requests.Select(request => request.Member)]);
        IReadOnlyList<RewardAnswer> answers = await tickets.WaitAsync(requests.Max(request => request.Wait), http.RequestAborted);
        RequireNoneLeftBehind(answers);
        if (!isList && tickets.All[0].IsRefused && answers[0].Failure is { Stage: RewardStage.Submit } refusal)
        {
            await WriteProblemAsync(
                http,
                RefusalOf(refusal),
                JsonSerializer.SerializeToNode(answers[0], RewardJson.Wire.RewardAnswer)?.AsObject() ?? []
            );
            return;
        }

        if (answers[0].Failure is { } overload && answers.All(answer => answer.IsTurnedAway))
        {
            throw RefusalOf(overload);
        }

        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                if (isList)
                {
                    JsonSerializer.Serialize(json, answers, RewardJson.Wire.IReadOnlyListRewardAnswer);
                }
                else
                {
                    JsonSerializer.Serialize(json, answers[0], RewardJson.Wire.RewardAnswer);
                }
            },
            StatusOf(answers)
        );
        tickets.Delivered();
    }

    private async Task PollAsync(HttpContext http)
    {
        using RewardTicket ticket =
            await service.FindAsync(http.Request.RouteValues["id"] as string ?? "")
            ?? throw new ApiException(
                StatusCodes.Status404NotFound,
                "There is no member of this id; it is kept for a while after its cohort was closed. Send the member again.",
                "unknown_member"
            );
        RewardAnswer answer = await ticket.WaitAsync(WaitOf(http.Request), http.RequestAborted);
        RequireNoneLeftBehind([answer]);
        await JsonAnswer.WriteAsync(http, json => JsonSerializer.Serialize(json, answer, RewardJson.Wire.RewardAnswer), StatusOf([answer]));
        ticket.Delivered();
    }

    /// <summary>A server that stops cannot answer these: they are kept, and the next one can.</summary>
    private void RequireNoneLeftBehind(IReadOnlyList<RewardAnswer> answers)
    {
        if (service.IsClosing && answers.Any(answer => !answer.IsFinal))
        {
            throw Drain.Stopping();
        }
    }

    private async Task ListAsync(HttpContext http)
    {
        string? state = http.Request.Query["state"].ToString() is { Length: > 0 } given ? given : null;
        if (state is not (null or RewardAnswer.Collecting or RewardAnswer.Judging or RewardAnswer.Done))
        {
            throw ApiException.BadField(
                "state",
                $"state is {RewardAnswer.Collecting}, {RewardAnswer.Judging} or {RewardAnswer.Done}; leave it out for all."
            );
        }

        IReadOnlyList<CohortView> cohorts = await service.ListAsync(state);
        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                json.WriteStartObject();
                json.WriteBoolean("starving", cohorts.Any(cohort => cohort.Starving));
                json.WritePropertyName("cohorts");
                JsonSerializer.Serialize(json, cohorts, RewardJson.Wire.IReadOnlyListCohortView);
                json.WriteEndObject();
            }
        );
    }

    /// <summary>Problem details, with fields of an answer beside them.</summary>
    private static Task WriteProblemAsync(HttpContext http, ApiException error, JsonObject fields)
    {
        JsonAnswer.SetHeaders(http.Response, error);
        return JsonAnswer.WriteAsync(
            http,
            json =>
            {
                using MemoryStream problem = new();
                using (Utf8JsonWriter writer = new(problem))
                {
                    JsonAnswer.WriteProblem(writer, error, http.Request.Path);
                }

                JsonObject whole = JsonNode.Parse(problem.ToArray())?.AsObject() ?? [];
                foreach ((string name, JsonNode? value) in fields)
                {
                    whole.TryAdd(name, value?.DeepClone());
                }

                whole.WriteTo(json);
            },
            error.Status,
            JsonAnswer.ProblemType
        );
    }

    /// <summary>The error of a member that is not accepted.</summary>
    public static ApiException RefusalOf(RewardFailure refusal) =>
        refusal.Class == FailureClass.Overload
            ? new(StatusCodes.Status429TooManyRequests, refusal.Detail, "overload") { RetryAfter = TimeSpan.FromSeconds(1) }
            : new(StatusCodes.Status409Conflict, refusal.Detail, "conflict");

    private static int StatusOf(IReadOnlyList<RewardAnswer> answers) =>
        answers.All(answer => answer.IsFinal) ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;

    private static TimeSpan WaitOf(HttpRequest request)
    {
        string given = request.Query["wait_s"].ToString();
        return given.Length == 0 ? TimeSpan.Zero
            : double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0 and <= 1e6
                ? TimeSpan.FromSeconds(seconds)
            : throw ApiException.BadField("wait_s", "wait_s is a number of seconds, at least 0.");
    }
}
