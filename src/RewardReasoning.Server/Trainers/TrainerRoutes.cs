using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server.Trainers;

/// <summary>The addresses under which trainers expect rewards, each with the answers that its trainer takes well.</summary>
internal static class TrainerRoutes
{
    public static void Map(IEndpointRouteBuilder routes, IRewardService service, BodyAdmission bodies)
    {
        routes.MapPost("/get_reward", new OpenRlhfRoute(service, bodies).AnswerAsync);
        routes.MapPost("/remote_rm", new RemoteRewardRoute(service, bodies).AnswerAsync);
        NemoGymRoutes.Map(routes, service, bodies);
    }

    /// <summary>
    /// The error for a trainer that can only be failed: one that it tries again where a later try may help. The failed member counts as
    /// answered then, so that the next try begins a group anew, with the siblings that are tried again too.
    /// </summary>
    public static ApiException ErrorOf(RewardAnswer answer) =>
        answer.Failure is not { } failure
            ? new(
                StatusCodes.Status503ServiceUnavailable,
                $"The group is still {answer.State}; the same request again waits on.",
                "not_ready"
            )
            {
                RetryAfter = TimeSpan.FromSeconds(1),
            }
        : failure.Stage == RewardStage.Submit ? RewardRoutes.RefusalOf(failure)
        : failure.Retryable
            ? new(StatusCodes.Status503ServiceUnavailable, TextOf(failure), CodeOf(failure)) { RetryAfter = TimeSpan.FromSeconds(1) }
        : new(StatusCodes.Status422UnprocessableEntity, TextOf(failure), CodeOf(failure));

    /// <summary>The failure's class as clients know it.</summary>
    public static string CodeOf(RewardFailure failure) => FailureClasses.NameOf(failure.Class);

    private static string TextOf(RewardFailure failure) => $"No reward ({CodeOf(failure)}): {failure.Detail}";
}
