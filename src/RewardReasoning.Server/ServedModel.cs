using Microsoft.Extensions.AI;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Storage;

namespace RewardReasoning.Server;

/// <summary>What a <see cref="JudgeServer"/> serves: a judge, a chat model, or one model as both. All of it stays the caller's.</summary>
public sealed record ServedModel
{
    /// <summary>The name under which it is served, and which requests to the chat model must give.</summary>
    public required string Name { get; init; }

    /// <summary>Answers <c>/v1/judge</c> and the other addresses that judge.</summary>
    /// <value>null (nothing is judged).</value>
    public OpenedJudge? Judge { get; init; }

    /// <summary>How the judge ranks; its concurrency is the judge's.</summary>
    public RankingOptions Ranking { get; init; } = new();

    /// <summary>Answers <c>/v1/chat/completions</c>; safe to use from many threads.</summary>
    /// <value>null (no chat model is served).</value>
    public IChatClient? Chat { get; init; }

    /// <summary>Tokens of prompt and completion together, reported under <c>/v1/models</c>.</summary>
    /// <value>null (not reported).</value>
    public int? ContextLength { get; init; }

    /// <summary>The store around the judge's model.</summary>
    /// <value>null (nothing is stored).</value>
    public ICompletionStore? Store { get; init; }
}
