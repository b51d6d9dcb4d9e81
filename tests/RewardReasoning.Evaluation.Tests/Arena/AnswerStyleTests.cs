using RewardReasoning.Evaluation.Arena;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Arena;

public sealed class AnswerStyleTests
{
    [Fact]
    public void Of_Markdown_CountsWhatIsOutsideOfCode()
    {
        const string Text =
            "# One\ntext **bold** and __more__\n- a\n  * b\n3. c\n##not one\n```md\n# code\n- code\n**code**\n```\n## Two\n";
        Assert.Equal(new AnswerStyle(Text.Length, Headings: 2, ListItems: 3, Bold: 2), AnswerStyle.Of(Text));
    }

    [Fact]
    public void Of_CodeThatNeverEnds_IsCodeToTheEnd() => Assert.Equal(0, AnswerStyle.Of("```\n# a\n- b").Headings);

    [Fact]
    public void Of_Nothing_IsNothing() => Assert.Equal(new AnswerStyle(0, 0, 0, 0), AnswerStyle.Of(""));

    [Fact]
    public void Of_EndlessMarks_IsQuick() => Assert.Equal(0, AnswerStyle.Of(new string('*', 1 << 20)).Bold);
}
