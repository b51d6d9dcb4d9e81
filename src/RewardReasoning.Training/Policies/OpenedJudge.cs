using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Training.RewardModels;

namespace RewardReasoning.Training.Policies;

/// <summary>A judge with what it holds open.</summary>
internal sealed class OpenedJudge : IDisposable
{
    private readonly IDisposable? _held;

    /// <summary>A judge that somebody else disposes.</summary>
    public OpenedJudge(IJudge judge) => Judge = judge;

    private OpenedJudge(IJudge judge, IDisposable held) => (Judge, _held) = (judge, held);

    public IJudge Judge { get; }

    /// <summary>The judge that a recipe names.</summary>
    /// <param name="options">Valid ones.</param>
    /// <param name="device">Where a model folder computes.</param>
    public static OpenedJudge Open(PolicyJudgeOptions options, string device)
    {
        if (options.Endpoints.Count > 0)
        {
            return Reasoning(new EndpointChatClient(options.ToEndpointOptions()), options, new JudgeFiles());
        }

        LocalModelOptions local = new() { Device = device };
        if (ScalarJudge.Handles(options.Model))
        {
            ScalarJudge scalar = ScalarJudge.Load(options.Model, local);
            return new OpenedJudge(scalar, scalar);
        }

        JudgeFiles files = JudgeFiles.Read(options.Model);
        return Reasoning(LocalChatClient.Load(options.Model, local), options, files);
    }

    public void Dispose() => _held?.Dispose();

    private static OpenedJudge Reasoning(IChatClient client, PolicyJudgeOptions options, JudgeFiles files) =>
        new(new ReasoningJudge(client, options.ToJudgeOptions(files)), client);
}
