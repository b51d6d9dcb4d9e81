using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server.Trainers;

/// <summary>
/// <c>POST /remote_rm</c> for slime and miles: <c>prompt</c>, <c>response</c> and <c>label</c> of one sample, and a bare number as the
/// answer. The trainers wait 120 and 300 s; they raise where no number comes, and have no other way to leave a sample out.
/// </summary>
internal sealed class RemoteRewardRoute(IRewardService service, BodyAdmission bodies)
{
    private static readonly TimeSpan Collect = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Judge = TimeSpan.FromSeconds(50);

    public async Task AnswerAsync(HttpContext http)
    {
        TrainerCall call = TrainerCall.Of(http.Request, service.Options, Collect, Judge);
        Patience patience = bodies.PatienceFor(call.Hold);
        JsonElement body = await bodies.ReadAsync(http, patience);
        bool isList = body.ValueKind == JsonValueKind.Array;
        RewardMember[] members = isList ? [.. body.EnumerateArray().Select(one => Member(one, call))] : [Member(body, call)];
        using RewardTickets tickets = await RewardTickets.SubmitAsync(service, members, patience, http.RequestAborted);
        IReadOnlyList<RewardAnswer> answers = await tickets.WaitAsync(patience.Left, http.RequestAborted);
        if (answers.FirstOrDefault(answer => answer.Reward is null) is { } failed)
        {
            if (answers.All(answer => answer.IsFinal))
            {
                tickets.Delivered();
            }

            throw TrainerRoutes.ErrorOf(failed);
        }

        await JsonAnswer.WriteAsync(
            http,
            json =>
            {
                if (isList)
                {
                    json.WriteStartArray();
                }

                foreach (RewardAnswer answer in answers)
                {
                    json.WriteNumberValue(answer.Reward ?? double.NaN);
                }

                if (isList)
                {
                    json.WriteEndArray();
                }
            }
        );
        tickets.Delivered();
    }

    private static RewardMember Member(JsonElement body, TrainerCall call)
    {
        JsonElement prompt = Required(body, "prompt");
        string query = RewardRequestReader.QueryOf(prompt, "prompt");
        string response = RewardRequestReader.ResponseOf(Required(body, "response"), "response");
        return call.Member(
            prompt.ValueKind == JsonValueKind.String ? TemplatedPrompt.ToQuery(query) : query,
            TemplatedPrompt.WithoutEnd(response)
        );
    }

    private static JsonElement Required(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value)
            ? value
            : throw ApiException.BadField(name, $"{name} is missing; a body has prompt, response and label.");
}
