using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server.Trainers;

/// <summary>
/// <c>POST /get_reward</c> for OpenRLHF: lists of <c>query</c> (prompt and response in one text), <c>prompts</c> and <c>labels</c>, mostly
/// of one. Only the prompt distinguishes groups in a request. The trainer waits 180 s, tries five times a second apart, and stops if
/// no try brings a number; with <c>on_failure=nan</c>, for runs with dynamic filtering, a failure is NaN, and the trainer drops the group.
/// </summary>
internal sealed class OpenRlhfRoute(IRewardService service, BodyAdmission bodies)
{
    private static readonly TimeSpan Collect = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Judge = TimeSpan.FromSeconds(75);

    public async Task AnswerAsync(HttpContext http)
    {
        TrainerCall call = TrainerCall.Of(http.Request, service.Options, Collect, Judge);
        bool nan = TrainerCall.Word(http.Request.Query, "on_failure", "error", "nan") == "nan";
        Patience patience = bodies.PatienceFor(call.Hold);
        RewardMember[] members = Members(await bodies.ReadAsync(http, patience), call);
        using RewardTickets tickets = await RewardTickets.SubmitAsync(service, members, patience, http.RequestAborted);
        IReadOnlyList<RewardAnswer> answers = await tickets.WaitAsync(patience.Left, http.RequestAborted);
        if (answers.FirstOrDefault(answer => answer.Reward is null) is { } failed && (!nan || !failed.IsFinal))
        {
            if (answers.All(answer => answer.IsFinal))
            {
                tickets.Delivered();
            }

            throw TrainerRoutes.ErrorOf(failed);
        }

        await JsonAnswer.WriteAsync(http, json => Write(json, answers));
        tickets.Delivered();
    }

    private static RewardMember[] Members(JsonElement body, TrainerCall call)
    {
        string[] queries = Texts(body, "query") ?? throw ApiException.BadField("query", "query is missing; it is a list of texts.");
        string[] prompts =
            Texts(body, "prompts")
            ?? throw ApiException.BadField(
                "prompts",
                "prompts is missing: without it the response cannot be told from the prompt in query. OpenRLHF sends it since 0.5."
            );
        return prompts.Length != queries.Length
            ? throw ApiException.BadField(
                "prompts",
                $"prompts has {prompts.Length} texts and query {queries.Length}; they belong together."
            )
            : [.. queries.Zip(prompts, (query, prompt) => Member(query, prompt, call))];
    }

    private static RewardMember Member(string query, string prompt, TrainerCall call)
    {
        string response =
            TemplatedPrompt.ResponseAfter(prompt, query)
            ?? throw new ApiException(
                StatusCodes.Status422UnprocessableEntity,
                "query does not begin with the end of its prompt, so the response in it cannot be found. Use the client file "
                    + "(rrm export reward-client openrlhf), which sends both apart.",
                "no_response",
                "query"
            );
        return call.Member(TemplatedPrompt.ToQuery(prompt), TemplatedPrompt.WithoutEnd(response));
    }

    /// <summary>A list of texts; one text is a list of one.</summary>
    private static string[]? Texts(JsonElement body, string name)
    {
        if (
            body.ValueKind != JsonValueKind.Object
            || !body.TryGetProperty(name, out JsonElement value)
            || value.ValueKind == JsonValueKind.Null
        )
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(text => RewardRequestReader.ResponseOf(text, name))]
            : [RewardRequestReader.ResponseOf(value, name)];
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<RewardAnswer> answers)
    {
        json.WriteStartObject();
        WriteNumbers(json, "rewards", answers.Select(answer => answer.Reward));
        WriteNumbers(json, "scores", answers.Select(answer => answer.Reward));
        json.WriteStartObject("extra_logs"); // numbers only: the trainer makes tensors of them
        WriteNumbers(json, "rank", answers.Select(answer => (double?)answer.Rank));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteNumbers(Utf8JsonWriter json, string name, IEnumerable<double?> numbers)
    {
        json.WriteStartArray(name);
        foreach (double? number in numbers)
        {
            if (number is { } known)
            {
                json.WriteNumberValue(known);
            }
            else
            {
                json.WriteRawValue("NaN", skipInputValidation: true); // not JSON, and what Python reads
            }
        }

        json.WriteEndArray();
    }
}
