using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace RewardReasoning.Endpoints;

/// <summary>
/// A request refused because it, or what it asks for, has too many tokens: the numbers that the refusal names. Servers word it in their own
/// way, and proxies put their words around it, so it is looked for anywhere in the body.
/// </summary>
/// <param name="ContextTokens">The most tokens of prompt and completion together.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="PromptIsLowerBound">Whether the server stopped counting the prompt there, as vLLM does.</param>
/// <param name="MostOutputTokens">The most tokens that a completion may ask for.</param>
internal sealed partial record TokenRefusal(int? ContextTokens, int? PromptTokens, bool PromptIsLowerBound, int? MostOutputTokens)
{
    /// <summary>Whether the prompt alone fills the context.</summary>
    public bool PromptIsTooLong => PromptTokens is { } prompt && ContextTokens is { } context && prompt >= context;

    /// <summary>Reads a refusal; null for one that is about something else.</summary>
    public static TokenRefusal? Read(HttpStatusCode status, string body)
    {
        if ((int)status is < 400 or 401 or 403 or 404 or 429 or > 500 || !About().IsMatch(body))
        {
            return null;
        }

        string text = body.Replace("\\\"", "\"", StringComparison.Ordinal);
        int? context = Number(Context().Match(text)),
            prompt = Number(Prompt().Match(text)),
            output = Number(Output().Match(text));
        return context is null && prompt is null && output is null && !Wordless().IsMatch(text)
            ? null
            : new(context, prompt, LowerBound().IsMatch(text), output);
    }

    private static int? Number(Match match) =>
        match.Success
        && int.TryParse(
            match.Groups.Values.Skip(1).First(group => group.Success).ValueSpan,
            NumberStyles.AllowThousands,
            CultureInfo.InvariantCulture,
            out int number
        )
            ? number
            : null;

    [GeneratedRegex("token|context|too long|max_new|input length", RegexOptions.IgnoreCase)]
    private static partial Regex About();

    /// <summary>
    /// In turn: OpenAI, vLLM, SGLang, OpenRouter, Mistral, Fireworks; vLLM's cap on max_tokens; llama.cpp; llama-cpp-python; Anthropic;
    /// Google; Hugging Face TGI and Together.
    /// </summary>
    [GeneratedRegex(
        """
            maximum\ context\ length(?:\ is|\ of|:)?\ ([\d,]+)
            | ([\d,]+)\ maximum\ context\ length
            | max_model_len\s*(?:=|of|\()\s*([\d,]+)
            | context\ length(?:\ is|\ of)?\ (?:only\ )?\(?([\d,]+)
            | "n_ctx":\s*(\d+)
            | context\ (?:size|window)(?:\ of)?\ \(?([\d,]+)
            | tokens\ >\ ([\d,]+)\ maximum
            | maximum\ number\ of\ tokens\ allowed\ \(?([\d,]+)
            | `?max_new_tokens`?\ must\ be\ <=\ ([\d,]+)
            | input\ length\ should\ be\ \[\d+,\ ([\d,]+)\]
            | context\ limit:\ [\d,]+\ \+\ [\d,]+\ >\ ([\d,]+)
            """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Context();

    [GeneratedRegex(
        """
            ([\d,]+)\ in\ (?:the\ messages|your\ prompt)
            | ([\d,]+)\ of\ text\ input
            | (?:has|contains)\ (?:at\ least\ )?([\d,]+)\ (?:input\ )?tokens
            | ([\d,]+)\ tokens\ from\ the\ input
            | "n_prompt_tokens":\s*(\d+)
            | request\ \(([\d,]+)\ tokens\)
            | input\ \(([\d,]+)\ tokens\)
            | requested\ tokens\ \(([\d,]+)\)
            | prompt\ is\ too\ long:\ ([\d,]+)
            | input\ token\ count\ \(([\d,]+)\)
            | given:\ ([\d,]+)\ `?inputs
            | resulted\ in\ ([\d,]+)\ tokens
            | context\ limit:\ ([\d,]+)\ \+
            """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Prompt();

    /// <summary>OpenAI; DeepSeek and DashScope; Groq.</summary>
    [GeneratedRegex(
        """
            at\ most\ ([\d,]+)\ (?:completion|output)\ tokens
            | (?:range\ of\ )?max_tokens(?:\ is|\ should\ be)?\ \[\d+,\ ([\d,]+)\]
            | exceeds\ the\ model\ limit\ of\ ([\d,]+)
            | max_(?:completion_)?tokens[`'"]?\ must\ be\ less\ than\ or\ equal\ to\ [`'"]?([\d,]+)
            """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace
    )]
    private static partial Regex Output();

    [GeneratedRegex(@"at least [\d,]+ (?:input )?tokens", RegexOptions.IgnoreCase)]
    private static partial Regex LowerBound();

    /// <summary>Refusals that name no number.</summary>
    [GeneratedRegex(
        "exceeds? the (?:model's |available )?context|context_length_exceeded|exceed_context_size"
            + "|max_(?:completion_)?tokens[`'\"]? (?:is )?too large"
            + "|string_above_max_length|input is too long|prompt is too long",
        RegexOptions.IgnoreCase
    )]
    private static partial Regex Wordless();
}
