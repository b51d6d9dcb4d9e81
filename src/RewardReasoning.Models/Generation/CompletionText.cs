using System.Text;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Puts the text of a completion together as its tokens come: parts it at the tags of thoughts, keeps back characters that are not whole
/// and
/// text that may be the beginning of a stop string. A closing tag without a thought is text.
/// </summary>
internal sealed class CompletionText
{
    private readonly StreamingDecoder _decoder;
    private readonly ThoughtTokens? _thought;
    private readonly IReadOnlyList<string> _stops;
    private readonly Action<CompletionPart, string>? _listener;
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _answer = new();
    private string _held = ""; // only ever filled where there are stop strings

    /// <param name="tokenizer">Whose tokens come.</param>
    /// <param name="request">Its tags, its stop strings, and whether its prompt leaves a thought open.</param>
    /// <param name="listener">Hears of every piece as soon as it is certain.</param>
    public CompletionText(Tokenizer tokenizer, GenerationRequest request, Action<CompletionPart, string>? listener)
    {
        _decoder = tokenizer.CreateStreamingDecoder(skipSpecial: true);
        (_thought, _stops, _listener) = (request.Thought, request.StopStrings, listener);
        Opened = request.ThoughtOpen is not null;
        InThought = request.ThoughtOpen == true;
    }

    /// <summary>Whether what comes next belongs to a thought.</summary>
    public bool InThought { get; private set; }

    /// <summary>Whether there was a thought at all.</summary>
    public bool Opened { get; private set; }

    /// <summary>Tokens inside thoughts that the model wrote.</summary>
    public int ReasoningTokens { get; private set; }

    public string Reasoning => _reasoning.ToString();

    public string Answer => _answer.ToString();

    private CompletionPart Part => InThought ? CompletionPart.Reasoning : CompletionPart.Answer;

    /// <summary>Takes up the next token.</summary>
    /// <param name="id">The token.</param>
    /// <param name="written">Whether the model wrote it, so that it counts as reasoning.</param>
    /// <returns>Whether a stop string has come up; nothing may follow then.</returns>
    public bool Append(int id, bool written)
    {
        if (id == _thought?.Open)
        {
            return Turn(toThought: true);
        }

        if (id == _thought?.Close && InThought)
        {
            return Turn(toThought: false);
        }

        ReasoningTokens += InThought && written ? 1 : 0;
        return Add(_decoder.Append(id));
    }

    /// <summary>Gives out what was kept back. Call once, when no more tokens come.</summary>
    /// <returns>Whether that brought up a stop string.</returns>
    public bool Finish()
    {
        bool stopped = Add(_decoder.Flush());
        Emit(_held);
        _held = "";
        return stopped;
    }

    private bool Turn(bool toThought)
    {
        if (Finish())
        {
            return true;
        }

        InThought = toThought;
        Opened = true;
        return false;
    }

    private bool Add(string text)
    {
        if (_stops.Count == 0)
        {
            Emit(text);
            return false;
        }

        string all = _held + text;
        int stop = _stops.Select(stop => all.IndexOf(stop, StringComparison.Ordinal)).Where(at => at >= 0).DefaultIfEmpty(-1).Min();
        int certain = stop >= 0 ? stop : all.Length - _stops.Max(stop => BeginningAtEnd(all, stop));
        Emit(all[..certain]);
        _held = stop >= 0 ? "" : all[certain..];
        return stop >= 0;
    }

    /// <summary>How many characters at the end of a text may be the beginning of a stop string.</summary>
    private static int BeginningAtEnd(string text, string stop)
    {
        int length = Math.Min(stop.Length - 1, text.Length);
        while (length > 0 && !text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
        {
            length--;
        }

        return length;
    }

    private void Emit(string text)
    {
        if (text.Length > 0)
        {
            (InThought ? _reasoning : _answer).Append(text);
            _listener?.Invoke(Part, text);
        }
    }
}
