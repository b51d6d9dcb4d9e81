using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Judging;

/// <summary>Judges in an application: container, logs, spans and metrics.</summary>
public sealed class ReasoningJudgeServicesTests
{
    private const string Secret = "the user's secret";
    private static readonly Comparison Asked = new($"2+2? {Secret}", $"4 {Secret}", $"5 {Secret}");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddReasoningJudge_RegisteredClient_IsJudgedBy()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(@"\boxed{Assistant 1}");
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<IChatClient>(client)
            .AddReasoningJudge(new JudgeOptions { Votes = 3, Order = VoteOrder.Given })
            .BuildServiceProvider();
        Judgment judgment = await services.GetRequiredService<IJudge>().JudgeAsync(Asked, Cancel);
        Assert.Equal((Verdict.First, 3), (judgment.Preferred, judgment.Votes.Count));
        Assert.Same(services.GetRequiredService<IJudge>(), services.GetRequiredService<IRepeatableJudge>());
        Assert.Same(services.GetRequiredService<IJudge>(), services.GetRequiredService<ReasoningJudge>());
    }

    [Fact]
    public async Task AddKeyedReasoningJudge_TwoModels_AreKeptApart()
    {
        using ScriptedChatClient first = ScriptedChatClient.Of(@"\boxed{Assistant 1}"),
            second = ScriptedChatClient.Of(@"\boxed{Assistant 2}");
        using ServiceProvider services = new ServiceCollection()
            .AddKeyedSingleton<IChatClient>("small", first)
            .AddKeyedSingleton<IChatClient>("large", second)
            .AddKeyedReasoningJudge("small", new JudgeOptions { Order = VoteOrder.Given })
            .AddKeyedReasoningJudge("large", new JudgeOptions { Order = VoteOrder.Given })
            .BuildServiceProvider();
        Assert.Equal(Verdict.First, (await services.GetRequiredKeyedService<IJudge>("small").JudgeAsync(Asked, Cancel)).Preferred);
        Assert.Equal(Verdict.Second, (await services.GetRequiredKeyedService<IJudge>("large").JudgeAsync(Asked, Cancel)).Preferred);
        Assert.Null(services.GetService<IJudge>());
    }

    [Fact]
    public void AddReasoningJudge_WrongOptions_AreReportedAtOnce() =>
        Assert.Contains(
            "Votes is 0",
            Assert.Throws<ArgumentException>(() => new ServiceCollection().AddReasoningJudge(new JudgeOptions { Votes = 0 })).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public async Task JudgeAsync_Logger_HearsOfJudgmentsWithoutTheUsersText()
    {
        RecordingLoggers logs = new();
        using ScriptedChatClient client = ScriptedChatClient.Of($@"{Secret} \boxed{{Assistant 1}}");
        using ServiceProvider services = new ServiceCollection()
            .AddSingleton<ILoggerFactory>(logs)
            .AddSingleton<IChatClient>(client)
            .AddReasoningJudge(new JudgeOptions { Order = VoteOrder.Given })
            .BuildServiceProvider();
        await services.GetRequiredService<IJudge>().JudgeAsync(Asked, Cancel);
        string line = Assert.Single(logs.Lines);
        Assert.StartsWith("Information: ", line, StringComparison.Ordinal);
        Assert.Contains("prefers response 1 with confidence 0.75: 1 votes, 0 missing, 5 tokens written", line, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task JudgeAsync_Listener_SeesSpansAndResultsOfJudgmentAndVotes()
    {
        ConcurrentQueue<Activity> ended = new();
        using Activity root = new Activity("test").Start();
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == JudgeTelemetry.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.RootId == root.RootId)
                {
                    ended.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        using ScriptedChatClient client = new(request => request.Index == 0 ? $"{Secret} none" : @"\boxed{Assistant 2}");
        JudgeOptions options = new()
        {
            Votes = 2,
            Order = VoteOrder.Given,
            Concurrency = 1,
            UnparsableRedraws = 0,
        };
        await new ReasoningJudge(client, options).JudgeAsync(Asked, Cancel);

        Activity judgment = Assert.Single(ended, activity => activity.OperationName.StartsWith("judge ", StringComparison.Ordinal));
        Assert.Equal(2, ended.Count(activity => activity.OperationName == "vote" && activity.ParentSpanId == judgment.SpanId));
        ActivityEvent result = Assert.Single(judgment.Events, one => one.Name == "gen_ai.evaluation.result");
        Dictionary<string, object?> tags = new(result.Tags);
        Assert.Equal(
            ("preference", "2", 0.75),
            (tags["gen_ai.evaluation.name"], tags["gen_ai.evaluation.score.label"], tags["gen_ai.evaluation.score.value"])
        );
        Assert.Equal(20L, judgment.GetTagItem("gen_ai.usage.input_tokens"));
        ActivityEvent[] votes = [.. ended.Where(activity => activity.OperationName == "vote").SelectMany(activity => activity.Events)];
        Assert.Equal(
            ["2", "missing"],
            votes.Select(one => new Dictionary<string, object?>(one.Tags)["gen_ai.evaluation.score.label"]).Order()
        );
        Assert.All(votes, one => Assert.DoesNotContain(one.Tags, tag => tag.Key == "gen_ai.evaluation.score.value"));
        Assert.DoesNotContain(
            ended.SelectMany(activity => activity.TagObjects),
            tag => tag.Value?.ToString()?.Contains(Secret, StringComparison.Ordinal) == true
        );
    }

    [Fact]
    public async Task JudgeAsync_Meter_CountsJudgmentsVotesAndTokens()
    {
        ConcurrentQueue<(string Name, long Value)> counted = new();
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == JudgeTelemetry.SourceName)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>(
            (instrument, value, tags, _) =>
            {
                foreach ((string key, object? tag) in tags)
                {
                    if (key == "gen_ai.request.model" && tag as string == nameof(JudgeAsync_Meter_CountsJudgmentsVotesAndTokens))
                    {
                        counted.Enqueue((instrument.Name, value));
                    }
                }
            }
        );
        listener.Start();
        using NamedClient client = new(
            ScriptedChatClient.Of(@"\boxed{Assistant 1}"),
            nameof(JudgeAsync_Meter_CountsJudgmentsVotesAndTokens)
        );
        await new ReasoningJudge(client, new() { Votes = 2, Order = VoteOrder.Given }).JudgeAsync(Asked, Cancel);
        Assert.Equal(1, counted.Where(one => one.Name == "reward_reasoning.judgments").Sum(one => one.Value));
        Assert.Equal(30, counted.Where(one => one.Name == "reward_reasoning.tokens").Sum(one => one.Value));
    }

    private sealed class NamedClient(IChatClient inner, string model) : DelegatingChatClient(inner)
    {
        public override object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceType == typeof(ChatClientMetadata)
                ? new ChatClientMetadata("test", null, model)
                : base.GetService(serviceType, serviceKey);
    }

    private sealed class RecordingLoggers : ILoggerFactory, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose() { }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        ) => Lines.Enqueue($"{logLevel}: {formatter(state, exception)}");
    }
}
