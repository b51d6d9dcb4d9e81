using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace RewardReasoning.Judging;

/// <summary>Registers judges with a container. The container's <see cref="IChatClient"/> is the model, and stays its owner.</summary>
public static class ReasoningJudgeServices
{
    /// <summary>
    /// Adds a <see cref="ReasoningJudge"/> over the registered <see cref="IChatClient"/>, as itself, as <see cref="IJudge"/> and as
    /// <see cref="IRepeatableJudge"/>. It logs through the registered <see cref="ILoggerFactory"/>, if there is one.
    /// </summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="options">How to judge; the defaults if null.</param>
    /// <param name="files">What the model's folder holds for the judge (<see cref="JudgeFiles.Read"/>); nothing if null.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IServiceCollection AddReasoningJudge(
        this IServiceCollection services,
        JudgeOptions? options = null,
        JudgeFiles? files = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        JudgeOptions resolved = Resolve(options, files);
        services.TryAddSingleton(provider => Open(provider, provider.GetRequiredService<IChatClient>(), resolved));
        services.TryAddSingleton<IRepeatableJudge>(provider => provider.GetRequiredService<ReasoningJudge>());
        services.TryAddSingleton<IJudge>(provider => provider.GetRequiredService<ReasoningJudge>());
        return services;
    }

    /// <summary>The same under a key, over the <see cref="IChatClient"/> that is registered under that key: for several models.</summary>
    /// <param name="services">Where to add it.</param>
    /// <param name="serviceKey">The key of the chat client and of the judge.</param>
    /// <param name="options">How to judge; the defaults if null.</param>
    /// <param name="files">What the model's folder holds for the judge (<see cref="JudgeFiles.Read"/>); nothing if null.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public static IServiceCollection AddKeyedReasoningJudge(
        this IServiceCollection services,
        object? serviceKey,
        JudgeOptions? options = null,
        JudgeFiles? files = null
    )
    {
        ArgumentNullException.ThrowIfNull(services);
        JudgeOptions resolved = Resolve(options, files);
        services.TryAddKeyedSingleton(
            serviceKey,
            (provider, key) => Open(provider, provider.GetRequiredKeyedService<IChatClient>(key), resolved)
        );
        services.TryAddKeyedSingleton<IRepeatableJudge>(
            serviceKey,
            (provider, key) => provider.GetRequiredKeyedService<ReasoningJudge>(key)
        );
        services.TryAddKeyedSingleton<IJudge>(serviceKey, (provider, key) => provider.GetRequiredKeyedService<ReasoningJudge>(key));
        return services;
    }

    private static JudgeOptions Resolve(JudgeOptions? options, JudgeFiles? files)
    {
        JudgeOptions resolved = (files ?? new JudgeFiles()).ApplyTo(options ?? new JudgeOptions());
        resolved.Validate();
        return resolved;
    }

    private static ReasoningJudge Open(IServiceProvider provider, IChatClient client, JudgeOptions options) =>
        new(client, options, provider.GetService<TimeProvider>(), provider.GetService<ILoggerFactory>()?.CreateLogger<ReasoningJudge>());
}
