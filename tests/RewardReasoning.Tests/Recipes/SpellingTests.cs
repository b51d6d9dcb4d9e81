using RewardReasoning.Recipes;
using Xunit;

namespace RewardReasoning.Tests.Recipes;

public sealed class SpellingTests
{
    private static readonly string[] Known = ["votes", "max_tokens", "temperature", "seed"];

    [Theory]
    [InlineData("vote", "votes")]
    [InlineData("maxTokens", "max_tokens")]
    [InlineData("max-tokens", "max_tokens")]
    [InlineData("temprature", "temperature")]
    [InlineData("sede", "seed")]
    [InlineData("concurrency", null)]
    [InlineData("x", null)]
    public void Nearest_IsTheNameThatWasMeant(string written, string? meant) => Assert.Equal(meant, Spelling.Nearest(written, Known));

    [Fact]
    public void Suggest_IsAQuestionOrNothing()
    {
        Assert.Equal(" Did you mean votes?", Spelling.Suggest("vots", Known));
        Assert.Equal("", Spelling.Suggest("concurrency", Known));
    }
}
