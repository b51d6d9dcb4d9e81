using Polly;
using Polly.Retry;

namespace RewardReasoning.Data.Hub;

/// <summary>How a failed request to the hub is repeated: after waits that double up to a minute, or when the hub says.</summary>
internal static class HubResilience
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    /// <summary>The policy; without it where <see cref="HubOptions.Tries"/> is 1.</summary>
    public static ResiliencePipeline Pipeline(HubOptions options, TimeProvider time)
    {
        ResiliencePipelineBuilder builder = new() { TimeProvider = time };
        return options.Tries == 1
            ? builder.Build()
            : builder
                .AddRetry(
                    new RetryStrategyOptions
                    {
                        ShouldHandle = new PredicateBuilder().Handle<HubException>(failure => failure.IsTransient),
                        MaxRetryAttempts = options.Tries - 1,
                        BackoffType = DelayBackoffType.Exponential,
                        Delay = options.FirstDelay,
                        MaxDelay = LongestWait,
                        DelayGenerator = static retry =>
                            new(retry.Outcome.Exception is HubException { RetryAfter: { } wait } ? Shorter(wait, LongestWait) : null),
                    }
                )
                .Build();
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
