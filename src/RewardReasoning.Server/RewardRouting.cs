using Microsoft.AspNetCore.Routing;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;
using RewardReasoning.Server.Trainers;

namespace RewardReasoning.Server;

/// <summary>The addresses that reinforcement learning asks for rewards.</summary>
internal static class RewardRouting
{
    /// <summary>Adds <c>/v1/rewards</c>, <c>/v1/cohorts</c> and the addresses under which trainers expect rewards.</summary>
    public static IEndpointRouteBuilder MapRewards(this IEndpointRouteBuilder routes, IRewardService service, BodyAdmission bodies)
    {
        RewardRoutes.Map(routes, service, bodies);
        TrainerRoutes.Map(routes, service, bodies);
        return routes;
    }
}
