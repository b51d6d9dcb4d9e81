using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;
using RewardReasoning.Judging;
using Xunit;

namespace RewardReasoning.Tests.Judging;

public sealed class JudgeFactoryTests
{
    private static readonly Comparison Sum = new("12*4+7", "55", "54");

    private static JudgePrompt Prompt(string words) => JudgePrompt.Parse($"[user]\n{words} {{query}} {{response_1}} {{response_2}}");

    [Fact]
    public async Task Open_FilesAndOptions_OptionsGoBeforeFilesAndFilesBeforeDefaults()
    {
        using Client client = new(concurrency: null);
        JudgeFiles files = new() { Prompt = Prompt("from the folder"), Domain = new JudgeDomain("[0-9*+]+", "[0-9]+", "Sums only.") };

        using OpenedJudge byFiles = JudgeFactory.Open(client, new JudgeOptions { Votes = 3 }, files);
        using OpenedJudge byOptions = JudgeFactory.Open(client, new JudgeOptions { Prompt = Prompt("from the caller") }, files);
        using OpenedJudge byDefault = JudgeFactory.Open(client);

        Assert.Contains("from the folder", Read(byFiles), StringComparison.Ordinal);
        Assert.Contains("from the caller", Read(byOptions), StringComparison.Ordinal);
        Assert.Contains("## Query", Read(byDefault), StringComparison.Ordinal);
        Assert.Equal("Sums only.", byOptions.Domain?.Says);
        Assert.Equal(3, byFiles.MaxVotes);
        await Assert.ThrowsAsync<OutOfDomainException>(() =>
            byFiles.JudgeAsync(new Comparison("Why?", "55", "54"), TestContext.Current.CancellationToken)
        );
        Assert.Equal(Verdict.First, (await byFiles.JudgeAsync(Sum, TestContext.Current.CancellationToken)).Preferred);
    }

    [Theory]
    [InlineData(null, null, 16)]
    [InlineData(null, 512, 512)]
    [InlineData(4, 512, 4)]
    public void Open_Concurrency_IsTheOptionsElseTheClientsElseSixteen(int? option, int? ofClient, int expected)
    {
        using OpenedJudge judge = JudgeFactory.Open(new Client(ofClient), new JudgeOptions { Concurrency = option });
        Assert.Equal(expected, judge.Concurrency);
    }

    [Fact]
    public void Open_CalibrationOfOtherSettings_IsNotUsedAndSaysWhy()
    {
        JudgeOptions options = new()
        {
            Votes = 5,
            Calibration = new CalibrationFile { Path = "calibration.json" },
        };
        using OpenedJudge judge = JudgeFactory.Open(new Client(null), options);
        Assert.False(judge.IsCalibrated);
        Assert.Contains("calibration.json", judge.CalibrationFault, StringComparison.Ordinal);
    }

    [Fact]
    public void Dispose_AlsoAfterFaultyOptions_DisposesTheClient()
    {
        Client client = new(null);
        JudgeFactory.Open(client).Dispose();
        Assert.True(client.IsDisposed);

        Client unused = new(null);
        Assert.ThrowsAny<Exception>(() => JudgeFactory.Open(unused, new JudgeOptions { Votes = 0 }));
        Assert.True(unused.IsDisposed);
    }

    private static string Read(OpenedJudge judge) =>
        judge.Reasoning is { } reasoning ? reasoning.Render(Sum, ShownOrder.Given)[^1].Text : "";

    private sealed class Client(int? concurrency) : IChatClient
    {
        public bool IsDisposed { get; private set; }

        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        )
        {
            string text = messages.Last().Text;
            int first = text.IndexOf("55", StringComparison.Ordinal) < text.IndexOf("54", StringComparison.Ordinal) ? 1 : 2;
            return Task.FromResult(new ChatResponse(new ChatMessage(ChatRole.Assistant, $"\\boxed{{Assistant {first}}}")));
        }

        public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages,
            ChatOptions? options = null,
            CancellationToken cancellationToken = default
        ) => throw new NotSupportedException();

        public object? GetService(Type serviceType, object? serviceKey = null) =>
            serviceKey is ChatOptionKeys.Concurrency ? concurrency : null;

        public void Dispose() => IsDisposed = true;
    }
}
