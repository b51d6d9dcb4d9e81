using System.Collections.Frozen;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Endpoints;

/// <summary>How an answer ended.</summary>
internal enum AnswerEnd
{
    /// <summary>For a reason that is not in the table: nobody can say whether it is whole.</summary>
    Unknown,

    /// <summary>The model ended it.</summary>
    Whole,

    /// <summary>A limit on tokens ended it.</summary>
    Cut,

    /// <summary>A content filter, or the model's own refusal, took its place.</summary>
    Withheld,

    /// <summary>The server failed in the middle of it.</summary>
    BrokenOff,
}

/// <summary>
/// What <c>finish_reason</c> means, whatever a server calls it. Only an answer that the model itself ended is whole; only that and one cut
/// at its length become a response. Sources: the API references of OpenAI, Mistral, Anthropic, Google, Cohere, DeepSeek, Zhipu, OpenRouter,
/// Hugging Face TGI, vLLM, SGLang and llama.cpp.
/// </summary>
internal static class FinishReasons
{
    private static readonly FrozenDictionary<string, AnswerEnd> Table = new (AnswerEnd End, string[] Names)[]
    {
        (AnswerEnd.Whole, ["stop", "end_turn", "eos", "eos_token", "stop_sequence", "stop_token", "complete", "completed", "end"]),
        (
            AnswerEnd.Cut,
            [
                "length",
                "max_tokens",
                "max_output_tokens",
                "max_new_tokens",
                "max_completion_tokens",
                "model_length",
                "context_length",
                "context_length_exceeded",
                "model_context_window_exceeded",
                "token_limit",
                "limit",
            ]
        ),
        (
            AnswerEnd.Withheld,
            [
                "content_filter",
                "content_filtered",
                "refusal",
                "safety",
                "sensitive",
                "recitation",
                "blocklist",
                "prohibited_content",
                "spii",
                "language",
                "guardrail_intervened",
                "error_toxic",
                "moderation",
            ]
        ),
        (
            AnswerEnd.BrokenOff,
            [
                "error",
                "abort",
                "aborted",
                "cancel",
                "cancelled",
                "canceled",
                "timeout",
                "network_error",
                "insufficient_system_resource",
                "error_limit",
                "overloaded",
                "failed",
                "incomplete",
                "interrupted",
            ]
        ),
    }
        .SelectMany(row => row.Names.Select(name => KeyValuePair.Create(name, row.End)))
        .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>What a server's reason means.</summary>
    public static AnswerEnd EndOf(string reason) => Table.GetValueOrDefault(reason);

    /// <summary>The reason as a chat client reports it; null for one that makes the answer a failure.</summary>
    public static ChatFinishReason? Of(string reason) =>
        EndOf(reason) switch
        {
            AnswerEnd.Whole => ChatFinishReason.Stop,
            AnswerEnd.Cut => ChatFinishReason.Length,
            AnswerEnd.Withheld => ChatFinishReason.ContentFilter,
            _ => null,
        };
}
