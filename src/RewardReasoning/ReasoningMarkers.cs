namespace RewardReasoning;

/// <summary>How one family of models marks its reasoning. The table is the only place where these markers are written down.</summary>
/// <param name="Open">What opens reasoning.</param>
/// <param name="Close">What closes it; the answer follows.</param>
/// <param name="Start">With what a completion begins that starts with reasoning.</param>
/// <param name="Anywhere">
/// Whether the markers count wherever they occur, since no prose holds them. Tags that a response may well talk about count only at its
/// beginning.
/// </param>
/// <param name="Control">Other markers, which belong to neither reasoning nor answer.</param>
internal sealed record ReasoningMarkers(string Open, string Close, string Start, bool Anywhere, params string[] Control)
{
    /// <summary>DeepSeek-R1, Qwen3, GLM, Phi-4-reasoning, Nemotron, the released RRMs and most others.</summary>
    public static ReasoningMarkers Think { get; } = Tags(ReasoningText.OpenTag, ReasoningText.CloseTag, anywhere: true);

    /// <summary>What harmony writes before a message of the assistant; a prompt may end with it or not.</summary>
    private const string TurnHeader = "<|start|>assistant";

    private static readonly ReasoningMarkers[] Table =
    [
        Think,
        // gpt-oss: analysis and commentary are channels of their own; without a final channel there is no answer.
        new(
            "<|channel|>analysis<|message|>",
            "<|channel|>final<|message|>",
            "<|channel|>",
            true,
            "<|channel|>analysis<|message|>",
            "<|channel|>commentary<|message|>",
            TurnHeader,
            "<|end|>",
            "<|return|>"
        ),
        Tags("[THINK]", "[/THINK]", anywhere: true), // Magistral, Ministral
        Tags("◁think▷", "◁/think▷", anywhere: true), // Kimi-VL-Thinking
        Tags("<|begin_of_thought|>", "<|end_of_thought|>", anywhere: true), // Sky-T1, OpenThinker
        Tags("<|START_THINKING|>", "<|END_THINKING|>", anywhere: true), // Command A Reasoning
        Tags("<seed:think>", "</seed:think>", anywhere: true), // Seed-OSS
        Tags("<thinking>", "</thinking>", anywhere: false),
        Tags("<thought>", "</thought>", anywhere: false), // EXAONE Deep
        Tags("<reasoning>", "</reasoning>", anywhere: false),
    ];

    /// <summary>Those that the text begins with, else those that it holds; null for none.</summary>
    public static ReasoningMarkers? In(string text) =>
        AtStartOf(text)
        ?? Array.Find(
            Table,
            markers =>
                markers.Anywhere
                && (text.Contains(markers.Open, StringComparison.Ordinal) || text.Contains(markers.Close, StringComparison.Ordinal))
        );

    /// <summary>Those that the text begins with, blanks aside; null for none.</summary>
    public static ReasoningMarkers? AtStartOf(string text)
    {
        ReadOnlySpan<char> start = Beginning(text);
        foreach (ReasoningMarkers markers in Table)
        {
            if (start.StartsWith(markers.Start, StringComparison.Ordinal))
            {
                return markers;
            }
        }

        return null;
    }

    /// <summary>Whether more text could still make this the beginning of reasoning.</summary>
    public static bool MayStart(string text)
    {
        ReadOnlySpan<char> start = Beginning(text);
        foreach (ReasoningMarkers markers in Table)
        {
            if (markers.Start.AsSpan().StartsWith(start, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return TurnHeader.AsSpan().StartsWith(start, StringComparison.Ordinal);
    }

    /// <summary>The closing markers that count in an answer for which no reasoning was opened.</summary>
    public static IReadOnlyList<string> LateClosings { get; } =
    [.. Table.Where(markers => markers.Anywhere).Select(markers => markers.Close)];

    /// <summary>The text without control markers.</summary>
    public string Clean(string text) => Control.Aggregate(text, (left, mark) => left.Replace(mark, "", StringComparison.Ordinal));

    private static ReasoningMarkers Tags(string open, string close, bool anywhere) => new(open, close, open, anywhere);

    /// <summary>The text without leading blanks and, in harmony, without the header of the assistant's turn.</summary>
    private static ReadOnlySpan<char> Beginning(string text)
    {
        ReadOnlySpan<char> start = text.AsSpan().TrimStart();
        return start.StartsWith(TurnHeader, StringComparison.Ordinal) ? start[TurnHeader.Length..] : start;
    }
}
