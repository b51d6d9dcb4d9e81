namespace RewardReasoning.Text.Jinja;

/// <summary>The tokens of a template with a place among them.</summary>
internal sealed class JinjaTokenStream(List<JinjaToken> tokens)
{
    private int _at;

    /// <summary>The token at this place; the end of the template stays at the end.</summary>
    public JinjaToken Current => tokens[_at];

    /// <summary>Takes the current token.</summary>
    public JinjaToken Take()
    {
        JinjaToken token = tokens[_at];
        _at += token.Kind == JinjaTokenKind.End ? 0 : 1;
        return token;
    }

    /// <summary>Whether the current token is this operator.</summary>
    public bool Is(string symbol) => Current.Kind == JinjaTokenKind.Operator && Current.Text == symbol;

    /// <summary>Whether the current token is this name.</summary>
    public bool IsName(string name) => Current.Kind == JinjaTokenKind.Name && Current.Text == name;

    /// <summary>Takes the current token if it is this operator.</summary>
    public bool TryTake(string symbol)
    {
        bool taken = Is(symbol);
        _at += taken ? 1 : 0;
        return taken;
    }

    /// <summary>Takes the current token if it is this name.</summary>
    public bool TryTakeName(string name)
    {
        bool taken = IsName(name);
        _at += taken ? 1 : 0;
        return taken;
    }

    /// <summary>Takes this operator, or fails.</summary>
    public void Expect(string symbol)
    {
        if (!TryTake(symbol))
        {
            throw Fail($"'{symbol}' is expected, found {Current.Shown}");
        }
    }

    /// <summary>Takes this name, or fails.</summary>
    public void ExpectName(string name)
    {
        if (!TryTakeName(name))
        {
            throw Fail($"'{name}' is expected, found {Current.Shown}");
        }
    }

    /// <summary>Takes a token of a kind, or fails saying what was expected.</summary>
    public JinjaToken Expect(JinjaTokenKind kind, string expected) =>
        Current.Kind == kind
            ? Take()
            : throw Fail($"{(kind is JinjaTokenKind.Name ? expected : $"'{expected}'")} is expected, found {Current.Shown}");

    /// <summary>An error at this place.</summary>
    public ChatTemplateException Fail(string message) => new(Current.Line, message);
}
