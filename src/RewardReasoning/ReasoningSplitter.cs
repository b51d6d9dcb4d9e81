namespace RewardReasoning;

/// <summary>
/// Separates reasoning from answer in streamed text, whatever pieces the markers arrive in. A completion that begins with a marker of
/// reasoning (blanks before it aside), or whose prompt did, is reasoning up to the first closing marker. A closing marker that comes later
/// stays in the answer's text: only <see cref="ReasoningText.Split"/>, with the whole text, can tell which one was meant. For one
/// completion.
/// </summary>
/// <param name="promptOpensReasoning">Whether the prompt, or a prefill, ended inside reasoning.</param>
internal sealed class ReasoningSplitter(bool promptOpensReasoning = false)
{
    private enum State
    {
        Undecided,
        Reasoning,
        Answer,
    }

    private State _state = promptOpensReasoning ? State.Reasoning : State.Undecided;
    private ReasoningMarkers? _markers = promptOpensReasoning ? ReasoningMarkers.Think : null;
    private string _held = "";

    /// <summary>Whether reasoning was opened, by the prompt or by any marker so far.</summary>
    public bool Opened { get; private set; } = promptOpensReasoning;

    /// <summary>Whether reasoning was opened and closed.</summary>
    public bool Closed { get; private set; }

    /// <summary>The pieces that are certain by now; what may still become a marker is held back.</summary>
    public IEnumerable<(bool IsReasoning, string Text)> Feed(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
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
            yield return (_state == State.Reasoning, _held);
            _held = "";
        }
    }

    private (bool IsReasoning, string Text)? Next() =>
        _state switch
        {
            State.Undecided => Decide(),
            State.Reasoning => Reason(),
            _ => Answer(),
        };

    private (bool IsReasoning, string Text)? Decide()
    {
        if (ReasoningMarkers.AtStartOf(_held) is { } markers)
        {
            string start = _held.TrimStart();
            _held = start.StartsWith(markers.Open, StringComparison.Ordinal) ? start[markers.Open.Length..] : start;
            (_markers, _state, Opened) = (markers, State.Reasoning, true);
            return (true, "");
        }

        if (ReasoningMarkers.MayStart(_held))
        {
            return null;
        }

        _state = State.Answer;
        return (false, "");
    }

    private (bool IsReasoning, string Text)? Reason()
    {
        ReasoningMarkers markers = _markers ?? ReasoningMarkers.Think;
        string? next = First([markers.Close, .. markers.Control]);
        if (next is null)
        {
            return TakeAllBut(BegunAtEnd([markers.Close, .. markers.Control]), isReasoning: true);
        }

        if (next == markers.Close)
        {
            (_state, Closed) = (State.Answer, true);
        }

        return TakeUpTo(next, isReasoning: true);
    }

    private (bool IsReasoning, string Text)? Answer()
    {
        IReadOnlyList<string> closings = _markers is { } known ? [known.Close] : ReasoningMarkers.LateClosings;
        if (First(closings) is not null)
        {
            Opened = Closed = true;
        }

        string[] control = _markers?.Control ?? [];
        return First(control) is { } mark
            ? TakeUpTo(mark, isReasoning: false)
            : TakeAllBut(BegunAtEnd([.. closings, .. control]), isReasoning: false);
    }

    /// <summary>The one of these markers that comes first in the held text; null for none.</summary>
    private string? First(IReadOnlyList<string> marks) =>
        marks
            .Select(mark => (Mark: mark, At: _held.IndexOf(mark, StringComparison.Ordinal)))
            .Where(found => found.At >= 0)
            .OrderBy(found => found.At)
            .Select(found => found.Mark)
            .FirstOrDefault();

    private (bool IsReasoning, string Text) TakeUpTo(string mark, bool isReasoning)
    {
        int at = _held.IndexOf(mark, StringComparison.Ordinal);
        string text = _held[..at];
        _held = _held[(at + mark.Length)..];
        return (isReasoning, text);
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

    /// <summary>Length of the longest end of the held text that is a beginning, but not the whole, of one of these markers.</summary>
    private int BegunAtEnd(IReadOnlyList<string> marks) => marks.Max(BegunAtEnd);

    private int BegunAtEnd(string mark)
    {
        int length = Math.Min(_held.Length, mark.Length - 1);
        while (length > 0 && !_held.AsSpan().EndsWith(mark.AsSpan(0, length), StringComparison.Ordinal))
        {
            length--;
        }

        return length;
    }
}
