using System.Text.Json.Nodes;
using RewardReasoning.Training.Rollouts;

namespace RewardReasoning.Training.Grpo;

/// <summary>
/// What is sampled and how it is rewarded. <see cref="Draw"/> moves the data on; everything else depends on its arguments alone.
/// </summary>
internal interface IRolloutTask : IDisposable
{
    /// <summary>Position in the data, for checkpoints.</summary>
    DataPosition Position { get; }

    /// <summary>The tokens that end a turn.</summary>
    IReadOnlySet<int> EndTokens { get; }

    /// <summary>Completions of each prompt.</summary>
    int Repeats { get; }

    /// <summary>Prompts of held-out items.</summary>
    IReadOnlyList<RolloutPrompt> HeldOut { get; }

    /// <summary>
    /// Draws the next items of the data; each is a group, numbered from <paramref name="firstGroup"/> on.
    /// </summary>
    DrawnPrompts Draw(int count, int firstGroup, int step);

    /// <summary>Reads a completion, with its reward where that does not depend on its group. Called on many threads.</summary>
    Rollout Read(RolloutPrompt prompt, SampledCompletion completion);

    /// <summary>Rewards the rollouts of whole groups, in the same order.</summary>
    IReadOnlyList<Rollout> Reward(IReadOnlyList<Rollout> rollouts, CancellationToken cancellationToken);

    /// <summary>Checks that the rollouts of a step so far were rewarded at all.</summary>
    /// <exception cref="Exception">None of them was, for a reason that will not go away by itself.</exception>
    void Require(IReadOnlyList<Rollout> rewarded) { }

    /// <summary>Whether a rollout of a held-out prompt is right.</summary>
    bool IsRight(Rollout rollout);

    /// <summary>Metrics of a step's rollouts that only this task has.</summary>
    IEnumerable<(string Metric, double Value)> Describe(IReadOnlyList<Rollout> sampled);

    /// <summary>A readable row for the log.</summary>
    JsonObject Row(Rollout rollout);
}

/// <summary>Items drawn from the data.</summary>
/// <param name="Prompts">Their prompts, those of a group together.</param>
/// <param name="Skipped">Items skipped on the way, by the name of their metric.</param>
internal sealed record DrawnPrompts(IReadOnlyList<RolloutPrompt> Prompts, IReadOnlyList<(string Metric, long Count)> Skipped);

/// <summary>Position in the data.</summary>
/// <param name="Taken">Items drawn or skipped so far.</param>
/// <param name="Mixture">Position in each source, where <paramref name="Taken"/> does not say it all; else null.</param>
internal sealed record DataPosition(long Taken, MixturePosition? Mixture = null);

/// <summary>Position in several sources, or in one that skips pairs; written into checkpoints.</summary>
/// <param name="Taken">Of each source: pairs taken or skipped.</param>
/// <param name="Drawn">Of each source: pairs drawn.</param>
/// <param name="PassedOver">Pairs that are to be skipped: source, index, and how often.</param>
internal sealed record MixturePosition(IReadOnlyList<long> Taken, IReadOnlyList<long> Drawn, IReadOnlyList<int[]> PassedOver);
