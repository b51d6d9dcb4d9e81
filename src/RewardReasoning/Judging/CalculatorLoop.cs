using System.Text;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>
/// One completion that may call the calculator, over a client that has none but can continue a text: each request stops at the end of a
/// call, and the next one continues after its value.
/// </summary>
/// <param name="ask">Asks the client.</param>
/// <param name="write">Receives the text that is added to what the model wrote, for those who watch.</param>
internal sealed class CalculatorLoop(Func<ChatOptions, Task<Completion>> ask, Action<bool, string> write)
{
    /// <summary>Calls of a completion, beyond which it counts as cut: a judge that only computes does not get to a verdict.</summary>
    internal const int MostCalls = 64;

    /// <summary>Completes what the options ask for.</summary>
    /// <param name="options">Of the first request; a prefill in them is kept.</param>
    public async Task<Completion> CompleteAsync(ChatOptions options)
    {
        string prefill = options.AdditionalProperties?.GetValueOrDefault(ChatOptionKeys.Prefill) as string ?? "";
        int? left = options.MaxOutputTokens;
        StringBuilder written = new();
        Usage usage = Usage.None;
        bool? opened = null;
        for (int calls = 0; ; calls++)
        {
            Completion piece = await ask(Request(options, prefill + written, left)).ConfigureAwait(false);
            usage += piece.Usage;
            left -= (int)piece.Usage.OutputTokens;
            opened ??= prefill.Length == 0 && piece.ReasoningClosed is not null;
            string? expression = piece.Cut ? null : OpenCall(piece);
            if (expression is null || left <= 0 || calls == MostCalls)
            {
                return calls == 0 && expression is null
                    ? piece
                    : Whole(
                        written.Append(TextOf(piece)).ToString(),
                        opened == true,
                        piece,
                        usage,
                        cut: piece.Cut || expression is not null
                    );
            }

            string added = CalculatorCalls.Close + CalculatorCalls.ResultOf(expression);
            write(piece.Reasoning.Length > 0, added);
            _ = written
                .Append(opened == true && calls == 0 ? ReasoningText.OpenTag : "")
                .Append(piece.Reasoning)
                .Append(piece.Answer)
                .Append(added);
        }
    }

    /// <summary>The expression of the call with which a piece ends; null where it does not end in one.</summary>
    private static string? OpenCall(Completion piece) =>
        piece.Answer.Length == 0 ? CalculatorCalls.Opened(piece.Reasoning)
        : piece.ReasoningClosed is null ? CalculatorCalls.Opened(piece.Answer)
        : null;

    private static string TextOf(Completion piece) =>
        piece.ReasoningClosed == true ? piece.Reasoning + ReasoningText.CloseTag + piece.Answer : piece.Reasoning + piece.Answer;

    private static ChatOptions Request(ChatOptions options, string prefill, int? left)
    {
        ChatOptions request = options.Clone();
        request.MaxOutputTokens = left;
        request.StopSequences = [.. options.StopSequences ?? [], CalculatorCalls.Close];
        if (prefill.Length > 0)
        {
            request.AdditionalProperties = new(options.AdditionalProperties ?? []) { [ChatOptionKeys.Prefill] = prefill };
        }

        return request;
    }

    private static Completion Whole(string text, bool opened, Completion last, Usage usage, bool cut)
    {
        ReasoningText parts = opened ? ReasoningText.Split(text, promptOpensReasoning: true) : new("", text, null);
        return last with { Reasoning = parts.Reasoning, Answer = parts.Answer, ReasoningClosed = parts.Closed, Cut = cut, Usage = usage };
    }
}
