using Microsoft.Extensions.AI;
using Xunit;

namespace RewardReasoning.Tests;

public sealed class ConversationTests
{
    [Fact]
    public void Render_OneUserTurn_IsItsBareText() => Assert.Equal("Hello", Conversation.Render([new(ChatRole.User, "Hello")]));

    [Fact]
    public void Render_ManyTurns_LabelsEach() =>
        Assert.Equal(
            "System: Be brief.\n\nUser: Hi\n\nAssistant: Hello!\n\nUser: Bye",
            Comparison
                .FromConversation(
                    [
                        new(ChatRole.System, "Be brief."),
                        new(ChatRole.User, "Hi"),
                        new(ChatRole.Assistant, "Hello!"),
                        new(ChatRole.User, "Bye"),
                    ],
                    "a",
                    "b"
                )
                .Query
        );

    [Fact]
    public void Render_NoTurn_IsRefused() => Assert.Throws<ArgumentException>(() => Conversation.Render([]));

    [Theory]
    [InlineData(true, "good", "bad")]
    [InlineData(false, "bad", "good")]
    public void ToComparison_ChosenFirstOrNot_NumbersAccordingly(bool chosenFirst, string first, string second) =>
        Assert.Equal(new Comparison("q", first, second), new PreferencePair("q", "good", "bad").ToComparison(chosenFirst));
}
