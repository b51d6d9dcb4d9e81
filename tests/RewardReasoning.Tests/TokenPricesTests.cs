using RewardReasoning.Judging;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests;

public sealed class TokenPricesTests : IDisposable
{
    private static readonly TokenPrices Prices = new()
    {
        Prompt = 2,
        Cached = 0.5m,
        Output = 10,
    };
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Fact]
    public void CostOf_CachedTokens_CostWhatCachedOnesDo()
    {
        // 600 of 1,000 prompt tokens at 2, 400 at 0.5, 50 written at 10, each for a million: 0.0012 + 0.0002 + 0.0005.
        Assert.Equal(
            0.0019m,
            Prices.CostOf(
                new()
                {
                    PromptTokens = 1000,
                    CachedTokens = 400,
                    OutputTokens = 50,
                }
            )
        );
        Assert.Equal(
            0.0025m,
            (Prices with { Cached = null }).CostOf(
                new()
                {
                    PromptTokens = 1000,
                    CachedTokens = 400,
                    OutputTokens = 50,
                }
            )
        );
    }

    [Fact]
    public void Priced_KeptCompletion_CostsNothingNow()
    {
        Usage spent = new Usage { PromptTokens = 1_000_000 }.Priced(Prices);
        Usage kept = new Usage { PromptTokens = 1_000_000 }
            .AsKept()
            .Priced(Prices);
        Usage both = spent + kept + Usage.None;
        Assert.Equal((4m, 2m), (both.Cost, both.KeptCost));
        Assert.Null(
            new Usage { PromptTokens = 5 }
                .Priced(null)
                .Cost
        );
    }

    [Fact]
    public async Task JudgeAsync_WithPrices_KnowsWhatEachVoteAndTheJudgmentCost()
    {
        // 10 tokens read and 5 written each: 0.00007.
        ScriptedChatClient client = new(request => @"\boxed{Assistant 1}");
        ReasoningJudge judge = new(
            client,
            new()
            {
                Votes = 3,
                Order = VoteOrder.Given,
                Prices = Prices,
            }
        );
        Judgment judgment = await judge.JudgeAsync(new Comparison("q", "a", "b"), TestContext.Current.CancellationToken);
        Assert.Equal((0.00021m, 0m), (judgment.Usage.Cost, judgment.Usage.KeptCost));
        Assert.All(judgment.Votes, vote => Assert.Equal(0.00007m, vote.Usage.Cost));
    }

    [Fact]
    public void Load_TheModelInTheTable_HasItsPrices()
    {
        File.WriteAllText(
            _file,
            """
            { "small": { "prompt": 0.1, "output": 0.2 }, /* from the price list */
              "large": { "prompt": 2, "cached": 0.5, "output": 10 }, }
            """
        );
        Assert.Equal(Prices, TokenPrices.Load(_file, "large"));
    }

    [Theory]
    [InlineData("""{ "small": { "prompt": 0.1, "output": 0.2 } }""", "no price for large; it has small")]
    [InlineData("""{ }""", "it has none at all")]
    [InlineData("""null""", "it has none at all")]
    [InlineData("""{ "large": { "prompt": -1, "output": 0.2 } }""", "below 0")]
    [InlineData("{\n \"large\": { \"prompt\": 1, \"output\": 2, \"input\": 3 } }", "line 2: no table of prices")]
    [InlineData("""{ "large": { "prompt": 1 } }""", "output")]
    [InlineData("""[1]""", "It looks like")]
    public void Load_NoSuchTable_SaysWhatIsWrongAndWhere(string json, string message)
    {
        File.WriteAllText(_file, json);
        FormatException error = Assert.Throws<FormatException>(() => TokenPrices.Load(_file, "large"));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith(_file, error.Message, StringComparison.Ordinal);
    }
}
