using RewardReasoning.Data.Building;
using Xunit;

namespace RewardReasoning.Data.Tests.Building;

public sealed class ThoughtsTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("<think>a</think>\n\nanswer ", "answer")]
    [InlineData("a</think>answer", "answer")]
    [InlineData("<think>a</think>x<think>b</think>answer", "answer")]
    [InlineData("<think>cut", null)]
    [InlineData("<think>a</think>x<think>cut", null)]
    [InlineData("<think>a</think>  ", null)]
    [InlineData("", null)]
    public void Strip_Thoughts_LeavesTheAnswer(string response, string? answer) => Assert.Equal(answer, Thoughts.Strip(response));
}
