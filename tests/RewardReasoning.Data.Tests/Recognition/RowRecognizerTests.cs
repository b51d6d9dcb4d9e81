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
    [InlineData(
        """{"prompt": "q", "response_a": "a", "response_b": "b", "winner_model_a": 0, "winner_model_b": 1, "winner_tie": 0}""",
        Verdict.Second
    )]
    [InlineData("""{"prompt": "q", "response_a": "a", "response_b": "b", "winner_model_a": "1", "winner_model_b": "0"}""", Verdict.First)]
    [InlineData(
        """{"prompt": "q", "response_a": "a", "response_b": "b", "winner_model_a": 0, "winner_model_b": 0, "winner_tie": 1}""",
        Verdict.Unparsable
    )]
    [InlineData("""{"prompt": "q", "response_1": "a", "response_2": "b", "winner": "A"}""", Verdict.First)]
    [InlineData("""{"prompt": "q", "response_1": "a", "response_2": "b", "winner": 2}""", Verdict.Second)]
    [InlineData("""{"prompt": "q", "response_1": "a", "response_2": "b", "winner": "both_bad"}""", Verdict.Unparsable)]
    [InlineData("""{"query": "q", "response_1": "a", "response_2": "b", "label": "tie"}""", Verdict.Unparsable)]
    public void Recognize_LabelsOfDataSets_AreTheirs(string json, Verdict expected) => Assert.Equal(expected, Pair(json).Label);

    [Theory]
    [InlineData("0")]
    [InlineData("\"neither\"")]
    [InlineData("true")]
    public void Recognize_LabelThatIsNoResponse_IsAnError(string label) =>
        Assert.Contains(
            "must be 1 or 2",
            Fault($$"""{"query": "q", "response_1": "a", "response_2": "b", "label": {{label}}}"""),
            StringComparison.Ordinal
        );

    [Fact]
    public void Recognize_PromptBesideWholeConversations_AsksWhatTheyShare()
    {
        PairContent pair = Pair(
            """
            {"prompt": "And an even one?", "chosen": [{"role": "user", "content": "Name a prime."}, {"role": "assistant", "content": "7"}, {"role": "user", "content": "And an even one?"}, {"role": "assistant", "content": "2"}], "rejected": [{"role": "user", "content": "Name a prime."}, {"role": "assistant", "content": "7"}, {"role": "user", "content": "And an even one?"}, {"role": "assistant", "content": "4"}]}
            """
        );
        Assert.Equal(
            (new Comparison("User: Name a prime.\n\nAssistant: 7\n\nUser: And an even one?", "2", "4"), Verdict.First),
            (pair.Comparison, pair.Label)
        );
    }

    [Theory]
    [InlineData(
        """{"instruction": "And an even one?", "input": "", "chosen": "2", "rejected": "4", "history": [["Name a prime.", "7"]], "system": "Be brief."}"""
    )]
    [InlineData(
        """{"system": "Be brief.", "history": [{"from": "human", "value": "Name a prime."}, {"from": "gpt", "value": "7"}], "conversations": [{"from": "human", "value": "And an even one?"}], "chosen": {"from": "gpt", "value": "2"}, "rejected": {"from": "gpt", "value": "4"}}"""
    )]
    public void Recognize_SystemAndHistory_StandBeforeTheQuery(string json)
    {
        PairContent pair = Pair(json);
        Assert.Equal(
            [("system", "Be brief."), ("user", "Name a prime."), ("assistant", "7"), ("user", "And an even one?")],
            pair.Query.Messages.Select(message => (message.Role.Value, message.Text))
        );
        Assert.Equal(("2", "4"), (pair.Comparison.Response1, pair.Comparison.Response2));
    }

    [Fact]
    public void Recognize_RowsOfRmb_ArePairsAndCandidates()
    {
        PairContent pair = Pair(
            """{"pair_uid": "1", "conversation_input": [{"role": "user", "content": "q", "language": "English"}], "chosen": {"llm_name": "m", "answer": "a"}, "reject": {"llm_name": "n", "answer": "b"}}"""
        );
        Assert.Equal((new Comparison("q", "a", "b"), Verdict.First), (pair.Comparison, pair.Label));
        CandidatesContent list = Assert.IsType<CandidatesContent>(
            RowRecognizer.Recognize(
                RowText.Parse(
                    """{"bon_uid": "1", "conversation_input": [{"role": "user", "content": "q"}], "bon_best": {"answer": "a"}, "loser_list": [{"answer": "b"}, {"answer": "c"}]}"""
                )
            )
        );
        Assert.Equal(["a", "b", "c"], list.Responses);
    }

    [Theory]
    [InlineData("""{"dataset": "helpful_base", "instruction": "q", "output": "a", "generator": "m"}""", "q")]
    [InlineData(
        """{"uid": "1", "model": "m", "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": {"answer": "a"}}]}""",
        "q"
    )]
    [InlineData("""{"question_id": "1", "model_id": "m", "choices": [{"index": 0, "turns": [{"content": "a", "token_len": 1}]}]}""", null)]
    public void Recognize_PublishedAnswers_AreAnswersOfTheirModels(string json, string? query)
    {
        ModelAnswerContent answer = Assert.IsType<ModelAnswerContent>(RowRecognizer.Recognize(RowText.Parse(json)));
        Assert.Equal(("m", "a", query), (answer.Model, answer.Answer, answer.Query?.Text));
    }

    [Fact]
    public void Recognize_TruthValueAsAResponse_IsItsText() =>
        Assert.Equal("true", Pair("""{"instruction": "q", "response1": true, "response2": "b"}""").Comparison.Response1);

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
    [InlineData("""{"player_1": "a", "player_2": "b", "winner": "a"}""", "'winner' is \"a\"")]
    [InlineData("""{"player_1": "a", "player_2": "a", "winner": 1}""", "'a' plays against itself")]
    public void Recognize_FaultyRow_SaysWhatIsWrong(string json, string fault) =>
        Assert.Contains(fault, Fault(json), StringComparison.Ordinal);

    private static PairContent Pair(string json) => Assert.IsType<PairContent>(RowRecognizer.Recognize(RowText.Parse(json)));

    private static string Fault(string json) => Assert.IsType<FaultyContent>(RowRecognizer.Recognize(RowText.Parse(json))).Error;
}
