using System.Text;
using RewardReasoning.Judging;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Generation;

/// <summary>
/// Assembles the text of a completion token by token: separates reasoning from answer at the tags, and holds back incomplete characters
/// and text that may begin a stop string. A closing tag outside reasoning is text.
/// </summary>
internal sealed class CompletionText
{
    private readonly Tokenizer _tokenizer;
    private readonly StreamingDecoder _decoder;
    private readonly ReasoningTags? _tags;
    private readonly IReadOnlyList<string> _stops;
    private readonly Action<CompletionPart, string>? _listener;
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _answer = new();
    private readonly CalculatorCalls.Watch? _calls;
    private string _held = ""; // only ever filled where there are stop strings

    /// <param name="tokenizer">Whose tokens come.</param>
    /// <param name="request">Its tags, its stop strings, and whether its prompt leaves reasoning open.</param>
    /// <param name="listener">Called with every piece as soon as it is certain.</param>
    public CompletionText(Tokenizer tokenizer, GenerationRequest request, Action<CompletionPart, string>? listener)
    {
        _tokenizer = tokenizer;
        _decoder = tokenizer.CreateStreamingDecoder(skipSpecial: true);
        (_tags, _stops, _listener) = (request.Tags, request.StopStrings, listener);
        _calls = request.Calculator ? new() : null;
        Opened = request.ReasoningOpen is not null;
        InReasoning = request.ReasoningOpen == true;
    }

    /// <summary>Whether the next text belongs to the reasoning.</summary>
    public bool InReasoning { get; private set; }

    /// <summary>Whether reasoning was opened at all.</summary>
    public bool Opened { get; private set; }

    /// <summary>Reasoning tokens that the model wrote.</summary>
    public int ReasoningTokens { get; private set; }

    /// <summary>What is to be written behind the last token, since that ended a call of the calculator; empty for nothing.</summary>
    public int[] CalculatorResult { get; private set; } = [];

    public string Reasoning => _reasoning.ToString();

    public string Answer => _answer.ToString();

    private CompletionPart Part => InReasoning ? CompletionPart.Reasoning : CompletionPart.Answer;

    /// <summary>Appends the next token.</summary>
    /// <param name="id">The token.</param>
    /// <param name="written">Whether the model wrote it, so that it counts as reasoning.</param>
    /// <returns>Whether a stop string has come up; nothing may follow then.</returns>
    public bool Append(int id, bool written)
    {
        CalculatorResult = [];
        if (id == _tags?.Open)
        {
            return Turn(toReasoning: true);
        }

        if (id == _tags?.Close && InReasoning)
        {
            return Turn(toReasoning: false);
        }

        ReasoningTokens += InReasoning && written ? 1 : 0;
        string text = _decoder.Append(id);
        if ((InReasoning || _tags is null) && _calls?.Add(text) is { } result)
        {
            CalculatorResult = _tokenizer.EncodePlain(result);
        }

        return Add(text);
    }

    /// <summary>Emits what was held back. Call once, after the last token.</summary>
    /// <returns>Whether that brought up a stop string.</returns>
    public bool Finish()
    {
        bool stopped = Add(_decoder.Flush());
        Emit(_held);
        _held = "";
        return stopped;
    }

    private bool Turn(bool toReasoning)
    {
        if (Finish())
        {
            return true;
        }

        InReasoning = toReasoning;
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
            (InReasoning ? _reasoning : _answer).Append(text);
            _listener?.Invoke(Part, text);
        }
    }
}
