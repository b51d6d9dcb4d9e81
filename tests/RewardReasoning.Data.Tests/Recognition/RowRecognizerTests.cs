using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Ratings;
using Xunit;

namespace RewardReasoning.Data.Tests.Recognition;

public sealed class RowRecognizerTests
{
    [Theory]
    [InlineData("query", "response_1", "response_2")]
    [InlineData("prompt", "response_1", "response_2")]
    [InlineData("question", "response_A", "response_B")]
    [InlineData("input", "output_1", "output_2")]
    [InlineData("instruction", "response1", "response2")]
    [InlineData("prompt", "response 1", "response 2")]
    public void Recognize_TwoResponses_IsAPairWithoutLabel(string query, string first, string second)
    {
        PairContent pair = Pair($$"""{"{{query}}": "1+1", "{{first}}": "2", "{{second}}": "3"}""");
        Assert.Equal(new Comparison("1+1", "2", "3"), pair.Comparison);
        Assert.Equal(Verdict.Unparsable, pair.Label);
        Assert.Null(pair.Preference);
    }

    [Theory]
    [InlineData("1", Verdict.First)]
    [InlineData("2", Verdict.Second)]
    [InlineData("\"2\"", Verdict.Second)]
    [InlineData("null", Verdict.Unparsable)]
    public void Recognize_Label_IsTheBetterResponse(string label, Verdict expected) =>
        Assert.Equal(expected, Pair($$"""{"query": "q", "response_1": "a", "response_2": "b", "label": {{label}}}""").Label);

    [Theory]
    [InlineData("""{"question": "q", "response_A": "a", "response_B": "b", "label": "A>B"}""", Verdict.First)]
    [InlineData("""{"question": "q", "response_A": "a", "response_B": "b", "label": "B>A"}""", Verdict.Second)]
    [InlineData("""{"prompt": "q", "response 1": "a", "response 2": "b", "label": 0}""", Verdict.First)]
    [InlineData("""{"prompt": "q", "response 1": "a", "response 2": "b", "label": 1}""", Verdict.Second)]
    [InlineData("""{"prompt": "q", "response 1": "a", "response 2": "b", "label": 2}""", Verdict.Unparsable)]
    [InlineData(
        """{"instruction": "q", "response1": "a", "response2": "b", "annotator1": 2, "annotator2": 0, "annotator3": 2}""",
        Verdict.Second
    )]
    [InlineData(
        """{"instruction": "q", "response1": "a", "response2": "b", "annotator1": 2, "annotator2": 0, "annotator3": 1}""",
        Verdict.Unparsable
    )]
    [InlineData("""{"prompt": "q", "response_1": "a", "response_2": "b", "winner": "model_b"}""", Verdict.Second)]
    [InlineData("""{"input": "q", "targets": {"choices": ["a", "b"], "labels": [0, 1]}}""", Verdict.Second)]
    [InlineData("""{"query": "q", "chosen": "a", "rejected": "b"}""", Verdict.First)]
    public void Recognize_LabelsOfDataSets_AreTheirs(string json, Verdict expected) => Assert.Equal(expected, Pair(json).Label);

    [Theory]
    [InlineData("0")]
    [InlineData("\"tie\"")]
    [InlineData("true")]
    public void Recognize_LabelThatIsNoResponse_IsAnError(string label) =>
        Assert.Contains(
            "must be 1 or 2",
            Fault($$"""{"query": "q", "response_1": "a", "response_2": "b", "label": {{label}}}"""),
            StringComparison.Ordinal
        );

    [Fact]
    public void Recognize_InstructionWithInput_AsksBoth() =>
        Assert.Equal(
            "Translate.\n\nguten Tag",
            Pair("""{"instruction": "Translate.", "input": "guten Tag", "response1": "a", "response2": "b"}""").Comparison.Query
        );

    [Fact]
    public void Recognize_MessageLists_AreRendered()
    {
        PairContent pair = Pair(
            """
            {"prompt": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yes?"}, {"role": "user", "content": [{"type": "text", "text": "1+1"}]}], "chosen": [{"role": "assistant", "content": "2"}], "rejected": [{"role": "assistant", "content": "3"}]}
            """
        );
        Assert.Equal(new Comparison("User: Hi\n\nAssistant: Yes?\n\nUser: 1+1", "2", "3"), pair.Comparison);
        Assert.Equal(new PreferencePair(pair.Comparison.Query, "2", "3"), pair.Preference);
    }

    [Fact]
    public void Recognize_ShareGptMessages_AreMessagesToo()
    {
        PairContent pair = Pair(
            """{"conversations": [{"from": "human", "value": "1+1"}], "chosen": {"from": "gpt", "value": "2"}, "rejected": {"from": "gpt", "value": "3"}}"""
        );
        Assert.Equal(new Comparison("1+1", "2", "3"), pair.Comparison);
        Assert.Equal(ChatRole.User, Assert.Single(pair.Query.Messages).Role);
    }

    [Fact]
    public void Recognize_ConversationsWithoutAQuery_ShareAllTurnsButTheLast() =>
        Assert.Equal(
            new Comparison("1+1", "2", "3"),
            Pair(
                """{"chosen": [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "2"}], "rejected": [{"role": "user", "content": "1+1"}, {"role": "assistant", "content": "3"}]}"""
            ).Comparison
        );

    [Fact]
    public void Recognize_DialoguesWithMarks_AreTurns()
    {
        PairContent pair = Pair(
            """{"chosen": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: 1+1\n\nAssistant: 2", "rejected": "\n\nHuman: Hi\n\nAssistant: Yes?\n\nHuman: 1+1\n\nAssistant: 3"}"""
        );
        Assert.Equal(new Comparison("User: Hi\n\nAssistant: Yes?\n\nUser: 1+1", "2", "3"), pair.Comparison);
    }

    [Fact]
    public void Recognize_TextsWithoutAQuery_SplitAtTheLineInWhichTheyDiffer() =>
        Assert.Equal(
            new Comparison("Question: 6×7?", "Answer: it is 42.", "Answer: it is 44."),
            Pair("""{"chosen": "Question: 6×7?\nAnswer: it is 42.", "rejected": "Question: 6×7?\nAnswer: it is 44."}""").Comparison
        );

    [Theory]
    [InlineData("""{"query": "q", "responses": ["a", "b", "c"]}""", RowKind.Candidates)]
    [InlineData("""{"prompt": "q", "response_1": "a", "response_2": "b", "response_3": "c"}""", RowKind.Candidates)]
    [InlineData("""{"prompt": "q", "chosen": ["a", "b"], "rejected": ["c"]}""", RowKind.ChosenLists)]
    [InlineData("""{"messages": [{"role": "user", "content": "Hi"}]}""", RowKind.Messages)]
    [InlineData("""{"problem": "1+1", "answer": 2}""", RowKind.Question)]
    [InlineData(
        """{"prompt": [{"role": "user", "content": "1+1"}], "reward_model": {"style": "rule", "ground_truth": "2"}}""",
        RowKind.Question
    )]
    [InlineData("""{"gold": "2", "prediction": "it is 2"}""", RowKind.AnswerCheck)]
    [InlineData("""{"prompt": "Write a poem."}""", RowKind.Query)]
    [InlineData("""{"turns": ["Write a poem.", "Make it rhyme."]}""", RowKind.Query)]
    [InlineData("""{"model": "m", "prompt": "q", "answer": "a"}""", RowKind.ModelAnswer)]
    [InlineData("""{"player_1": "a", "player_2": "b", "winner": 1}""", RowKind.Match)]
    [InlineData("""{"question_id": 3, "model_a": "x", "model_b": "y", "winner": "tie"}""", RowKind.Match)]
    public void Recognize_OtherRows_AreNamed(string json, RowKind kind)
    {
        RowContent content = RowRecognizer.Recognize(RowText.Parse(json));
        Assert.IsNotType<FaultyContent>(content);
        Assert.Equal(kind, content.Kind);
    }

    [Theory]
    [InlineData("2", MatchOutcome.Second)]
    [InlineData("\"1\"", MatchOutcome.First)]
    [InlineData("\"model_b\"", MatchOutcome.Second)]
    [InlineData("\"tie\"", MatchOutcome.Tie)]
    [InlineData("\"tie (bothbad)\"", MatchOutcome.Tie)]
    [InlineData("null", MatchOutcome.Missing)]
    public void Recognize_Match_HasItsOutcome(string winner, MatchOutcome outcome) =>
        Assert.Equal(
            new MatchContent("a", "b", outcome),
            RowRecognizer.Recognize(RowText.Parse($$"""{"player_1": "a", "player_2": "b", "winner": {{winner}}}"""))
        );

    [Theory]
    [InlineData("""{"score": 3, "id": "x"}""", "its fields are score, id")]
    [InlineData("{}", "no fields")]
    [InlineData("""{"query": "q", "response_1": "a"}""", "no 'response_2'")]
    [InlineData("""{"query": 7, "response_1": "a", "response_2": "b"}""", "'query' is 7")]
    [InlineData("""{"response_1": "a", "response_2": "b"}""", "no 'query'")]
    [InlineData("""{"query": [], "response_1": "a", "response_2": "b"}""", "empty list")]
    [InlineData("""{"query": "q", "chosen": "a", "rejected": ["b"]}""", "'rejected' holds a string")]
    [InlineData("""{"chosen": "a", "rejected": "b"}""", "no 'query'")]
    [InlineData("""{"query": "\ud800", "response_1": "a", "response_2": "b"}""", "surrogate")]
    [InlineData("""{"query": "q", "responses": ["a"]}""", "at least 2")]
    [InlineData("""{"player_1": "a", "player_2": "b", "winner": "a"}""", "'winner' is a string")]
    [InlineData("""{"player_1": "a", "player_2": "a", "winner": 1}""", "'a' plays against itself")]
    public void Recognize_FaultyRow_SaysWhatIsWrong(string json, string fault) =>
        Assert.Contains(fault, Fault(json), StringComparison.Ordinal);

    private static PairContent Pair(string json) => Assert.IsType<PairContent>(RowRecognizer.Recognize(RowText.Parse(json)));

    private static string Fault(string json) => Assert.IsType<FaultyContent>(RowRecognizer.Recognize(RowText.Parse(json))).Error;
}
