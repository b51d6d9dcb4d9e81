using RewardReasoning.Judging;

namespace RewardReasoning.Endpoints;

/// <summary>
/// Tells thought from answer in streamed content, whatever pieces the tags arrive in. A completion that begins with
/// <c>&lt;think&gt;</c> (blanks before it aside), or whose prompt did, is thought up to the first closing tag. A closing tag that comes
/// later stays in the answer's text, where <see cref="Completion.From"/> deals with it.
/// </summary>
internal sealed class ThoughtSplitter(bool promptOpensThought)
{
    private enum State
    {
        Undecided,
        Thinking,
        Answering,
    }

    private State _state = promptOpensThought ? State.Thinking : State.Undecided;
    private string _held = "";

    /// <summary>Whether a tag was seen anywhere, or the prompt opened the thought.</summary>
    public bool SawThought { get; private set; } = promptOpensThought;

    /// <summary>Whether a thought was opened and closed.</summary>
    public bool ClosedThought { get; private set; }

    /// <summary>The pieces that can be told apart by now; what may still become a tag is held back.</summary>
    public IEnumerable<(bool IsReasoning, string Text)> Feed(string text)
    {
        _held += text;
        while (Next() is { } piece)
        {
            if (piece.Text.Length > 0)
            {
                yield return piece;
            }
        }
    }

    /// <summary>What was held back, once nothing more can come.</summary>
    public IEnumerable<(bool IsReasoning, string Text)> Finish()
    {
        if (_held.Length > 0)
        {
            yield return (_state == State.Thinking, _held);
            _held = "";
        }
    }

    private (bool IsReasoning, string Text)? Next() =>
        _state switch
        {
            State.Undecided => Decide(),
            State.Thinking => Think(),
            _ => Answer(),
        };

    private (bool IsReasoning, string Text)? Decide()
    {
        string start = _held.TrimStart();
        if (start.StartsWith(ThinkingText.OpenTag, StringComparison.Ordinal))
        {
            SawThought = true;
            _held = start[ThinkingText.OpenTag.Length..];
            _state = State.Thinking;
            return (true, "");
        }

        if (ThinkingText.OpenTag.StartsWith(start, StringComparison.Ordinal))
        {
            return null;
        }

        _state = State.Answering;
        return (false, "");
    }

    private (bool IsReasoning, string Text)? Think()
    {
        int close = _held.IndexOf(ThinkingText.CloseTag, StringComparison.Ordinal);
        if (close < 0)
        {
            return TakeAllBut(TagBegunAtEnd(_held, ThinkingText.CloseTag), isReasoning: true);
        }

        string thought = _held[..close];
        _held = _held[(close + ThinkingText.CloseTag.Length)..];
        _state = State.Answering;
        ClosedThought = true;
        return (true, thought);
    }

    private (bool IsReasoning, string Text)? Answer()
    {
        if (_held.Contains(ThinkingText.CloseTag, StringComparison.Ordinal))
        {
            SawThought = ClosedThought = true;
        }

        return TakeAllBut(TagBegunAtEnd(_held, ThinkingText.CloseTag), isReasoning: false);
    }

    private (bool IsReasoning, string Text)? TakeAllBut(int heldBack, bool isReasoning)
    {
        if (_held.Length == heldBack)
        {
            return null;
        }

        string text = _held[..^heldBack];
        _held = _held[^heldBack..];
        return (isReasoning, text);
    }

    /// <summary>Length of the longest end of the text that is a beginning, but not the whole, of the tag.</summary>
    private static int TagBegunAtEnd(string text, string tag)
    {
        int length = Math.Min(text.Length, tag.Length - 1);
        while (length > 0 && !text.EndsWith(tag[..length], StringComparison.Ordinal))
        {
            length--;
        }

        return length;
    }
}
