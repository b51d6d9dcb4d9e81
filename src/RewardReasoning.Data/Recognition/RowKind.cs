using System.Text.Json.Serialization;

namespace RewardReasoning.Data.Recognition;

/// <summary>What a row is, told by the names and types of its fields.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RowKind>))]
public enum RowKind
{
    /// <summary>Nothing that is known.</summary>
    [JsonStringEnumMemberName("unknown")]
    Unknown,

    /// <summary>A query and two responses, perhaps with a label.</summary>
    [JsonStringEnumMemberName("pair")]
    Pair,

    /// <summary>A query and any number of responses to it.</summary>
    [JsonStringEnumMemberName("candidates")]
    Candidates,

    /// <summary>A query with several better and several worse responses (RM-Bench, RewardBench 2).</summary>
    [JsonStringEnumMemberName("chosen_lists")]
    ChosenLists,

    /// <summary>A conversation.</summary>
    [JsonStringEnumMemberName("messages")]
    Messages,

    /// <summary>A query with an answer that can be checked.</summary>
    [JsonStringEnumMemberName("question")]
    Question,

    /// <summary>An expected and a given answer.</summary>
    [JsonStringEnumMemberName("answer_check")]
    AnswerCheck,

    /// <summary>A query alone.</summary>
    [JsonStringEnumMemberName("query")]
    Query,

    /// <summary>What a named model answered.</summary>
    [JsonStringEnumMemberName("model_answer")]
    ModelAnswer,

    /// <summary>Who won against whom.</summary>
    [JsonStringEnumMemberName("match")]
    Match,
}

/// <summary>Kinds of rows in words.</summary>
internal static class RowKinds
{
    /// <summary>What a row of the kind holds, such as "a query and candidate responses".</summary>
    public static string Describe(RowKind kind) =>
        kind switch
        {
            RowKind.Pair => "a query and two responses",
            RowKind.Candidates => "a query and candidate responses",
            RowKind.ChosenLists => "a query with several chosen and several rejected responses",
            RowKind.Messages => "a conversation",
            RowKind.Question => "a question and its answer",
            RowKind.AnswerCheck => "an expected and a given answer",
            RowKind.Query => "a query without responses",
            RowKind.ModelAnswer => "a model's answer",
            RowKind.Match => "the result of a match",
            _ => "nothing that is known",
        };
}
