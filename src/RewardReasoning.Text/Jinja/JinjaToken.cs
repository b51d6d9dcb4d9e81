namespace RewardReasoning.Text.Jinja;

/// <summary>What a piece of a template's source is.</summary>
internal enum JinjaTokenKind
{
    /// <summary>Text between the tags, white space control applied.</summary>
    Data,

    /// <summary><c>{%</c>.</summary>
    BlockBegin,

    /// <summary><c>%}</c>.</summary>
    BlockEnd,

    /// <summary><c>{{</c>.</summary>
    OutputBegin,

    /// <summary><c>}}</c>.</summary>
    OutputEnd,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A string literal, its escapes undone.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a fraction or an exponent.</summary>
    Float,

    /// <summary>An operator, bracket, comma, colon, dot or pipe.</summary>
    Operator,

    /// <summary>The end of the source.</summary>
    End,
}

/// <summary>A piece of a template's source.</summary>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line)
{
    /// <summary>How an error message names the token.</summary>
    public string Shown =>
        Kind switch
        {
            JinjaTokenKind.End => "the end of the template",
            JinjaTokenKind.Data => "text",
            JinjaTokenKind.String => $"the string '{Text}'",
            _ => $"'{Text}'",
        };
}
