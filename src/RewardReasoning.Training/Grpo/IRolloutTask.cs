using System.Text.Json.Nodes;
using RewardReasoning.Training.Rollouts;

namespace RewardReasoning.Training.Grpo;

/// <summary>What is sampled and what it earns; the same prompts and readings serve training and evaluation.</summary>
internal interface IRolloutTask : IDisposable
{
    /// <summary>Items of the data taken or passed over so far.</summary>
    long Position { get; }

    /// <summary>Where the data stands where <see cref="Position"/> does not say it all; else null.</summary>
    PairStreamPosition? Mixture => null;

    /// <summary>The tokens that end a turn.</summary>
    IReadOnlySet<int> EndTokens { get; }

    /// <summary>The token that closes a thought; null for a model without thoughts.</summary>
    int? ThoughtEnd { get; }

    /// <summary>Completions of each prompt.</summary>
    int Repeats { get; }

    /// <summary>Prompts of held-out items.</summary>
    IReadOnlyList<RolloutPrompt> HeldOut { get; }

    /// <summary>
    /// The prompts of the next items, each of which is a group; groups are numbered on from <paramref name="firstGroup"/>.
    /// </summary>
    IReadOnlyList<RolloutPrompt> Draw(int count, int firstGroup, int step);

    /// <summary>A completion as a rollout, with its reward where that does not depend on its group. Called on many threads.</summary>
    Rollout Read(RolloutPrompt prompt, SampledCompletion completion);

    /// <summary>Rollouts of whole groups with their rewards, in the same order.</summary>
    IReadOnlyList<Rollout> Reward(IReadOnlyList<Rollout> rollouts, CancellationToken cancellationToken);

    /// <summary>Whether a rollout of a held-out prompt is right.</summary>
    bool IsRight(Rollout rollout);

    /// <summary>Metrics of a step's rollouts that only this task has.</summary>
    IEnumerable<(string Metric, double Value)> Describe(IReadOnlyList<Rollout> sampled);

    /// <summary>A rollout for people to read.</summary>
    JsonObject Row(Rollout rollout);
}
