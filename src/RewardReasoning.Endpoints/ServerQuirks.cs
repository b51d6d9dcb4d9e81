using System.Collections.Frozen;

namespace RewardReasoning.Endpoints;

/// <summary>How to make a server continue a given beginning of its answer.</summary>
internal enum PrefillStyle
{
    /// <summary>It cannot be told.</summary>
    None,

    /// <summary>By ending the messages with one of the assistant.</summary>
    LastMessage,

    /// <summary>By that and the fields <c>continue_final_message</c>: true, <c>add_generation_prompt</c>: false.</summary>
    ContinueFinalMessage,
}

/// <summary>How to restrict a server to given texts.</summary>
internal enum ChoiceStyle
{
    /// <summary>It cannot be told.</summary>
    None,

    /// <summary><c>structured_outputs</c>: {<c>choice</c>: [...]}.</summary>
    StructuredOutputs,

    /// <summary><c>grammar</c>: a grammar in GBNF.</summary>
    Grammar,

    /// <summary><c>regex</c>.</summary>
    Regex,
}

/// <summary>How to make a server answer without reasoning first.</summary>
internal enum ThinkingSwitch
{
    /// <summary>No field of which all its models and versions know; nothing is sent.</summary>
    None,

    /// <summary><c>chat_template_kwargs</c>: {<c>enable_thinking</c>: false}.</summary>
    TemplateOption,

    /// <summary><c>reasoning_effort</c>: none.</summary>
    ReasoningEffort,
}

/// <summary>How a server caps a thought by a field of the request.</summary>
/// <param name="Field">The field with the most tokens of a thought.</param>
internal sealed record ThinkingCap(string Field)
{
    /// <summary>The field with what is written into a thought before it is closed; null for none.</summary>
    public string? MessageField { get; init; }

    /// <summary>
    /// Whether it closes the thought with our words and restricts what follows: <c>thinking_stub</c>, <c>thinking_stub_choices</c>.
    /// </summary>
    public bool WritesStub { get; init; }

    /// <summary>The option with which the server has to be started for it; null for none.</summary>
    public string? Needs { get; init; }
}

/// <summary>Where a server tells the length of a model's context, beside <c>/v1</c>.</summary>
/// <param name="Path">The address.</param>
internal sealed record ContextPlace(string Path)
{
    /// <summary>Whether the model's name is posted; else the address is read.</summary>
    public bool IsAskedByName { get; init; }
}

/// <summary>
/// What servers with <c>/v1/chat/completions</c> differ in, a row for each: all that the client knows of a server is here. Thoughts are
/// read from every field in which a server returns them, whatever the row says.
/// </summary>
internal sealed record ServerQuirks
{
    private static readonly FrozenDictionary<ServerFlavour, ServerQuirks> Table = new ServerQuirks[]
    {
        new() { Flavour = ServerFlavour.Generic, Name = "any other" },
        new()
        {
            Flavour = ServerFlavour.OpenAI,
            Name = "OpenAI",
            ModelOwner = "openai",
            TokenLimitField = "max_completion_tokens",
            Choices = true,
            LogProbs = true,
            CacheReport = "always",
        },
        new()
        {
            Flavour = ServerFlavour.Vllm,
            Name = "vLLM",
            ModelOwner = "vllm",
            Prefill = PrefillStyle.ContinueFinalMessage,
            Choice = ChoiceStyle.StructuredOutputs,
            ThinkingSwitch = ThinkingSwitch.TemplateOption,
            TopKOff = -1,
            MinP = true,
            ThoughtField = "reasoning",
            ThinkingCap = new("thinking_token_budget") { Needs = "--reasoning-config" },
            Choices = true,
            Seeds = true,
            LogProbs = true,
            CacheReport = "with --enable-prompt-tokens-details",
        },
        new()
        {
            Flavour = ServerFlavour.SGLang,
            Name = "SGLang",
            ModelOwner = "sglang",
            Prefill = PrefillStyle.ContinueFinalMessage,
            Choice = ChoiceStyle.Regex,
            ThinkingSwitch = ThinkingSwitch.TemplateOption,
            TopKOff = -1,
            MinP = true,
            ThoughtField = "reasoning_content",
            Context = new("/get_model_info"),
            Choices = true,
            LogProbs = true,
            CacheReport = "with --enable-cache-report",
        },
        new()
        {
            Flavour = ServerFlavour.LlamaCpp,
            Name = "llama.cpp",
            ModelOwner = "llamacpp",
            Prefill = PrefillStyle.LastMessage,
            Choice = ChoiceStyle.Grammar,
            PrefillTurnsThinkingOff = true,
            ThinkingSwitch = ThinkingSwitch.TemplateOption,
            TopKOff = 0,
            MinP = true,
            ThoughtField = "reasoning_content",
            ThinkingCap = new("thinking_budget_tokens") { MessageField = "reasoning_budget_message" },
            Context = new("/props"),
            Choices = true,
            Seeds = true,
            LogProbs = true,
            CacheReport = "always (timings.cache_n)",
        },
        new()
        {
            Flavour = ServerFlavour.Ollama,
            Name = "Ollama",
            ModelOwner = "library",
            ThinkingSwitch = ThinkingSwitch.ReasoningEffort,
            ThoughtField = "reasoning",
            Context = new("/api/show") { IsAskedByName = true },
            Seeds = true,
        },
        new()
        {
            Flavour = ServerFlavour.Rrm,
            Name = "rrm serve",
            ModelOwner = "rrm",
            Prefill = PrefillStyle.ContinueFinalMessage,
            Choice = ChoiceStyle.StructuredOutputs,
            TopKOff = 0,
            MinP = true,
            ThoughtField = "reasoning",
            ThinkingCap = new("thinking_token_budget") { WritesStub = true },
            Choices = true,
            Seeds = true,
            LogProbs = true,
            CacheReport = "always",
        },
    }.ToFrozenDictionary(row => row.Flavour);

    private ServerQuirks() { }

    /// <summary>Whose row it is.</summary>
    public required ServerFlavour Flavour { get; init; }

    /// <summary>The server's name for people.</summary>
    public required string Name { get; init; }

    /// <summary>
    /// What <c>owned_by</c> says of its models in <c>/v1/models</c>, by which a probe knows it; null where that says nothing.
    /// </summary>
    public string? ModelOwner { get; init; }

    /// <summary>The field that caps the generated tokens.</summary>
    public string TokenLimitField { get; init; } = "max_tokens";

    /// <summary>How it goes on from a beginning of its answer.</summary>
    public PrefillStyle Prefill { get; init; }

    /// <summary>How a forced verdict is limited to 1 or 2.</summary>
    public ChoiceStyle Choice { get; init; }

    /// <summary>Whether a prefill is refused while thinking is on, so that it is switched off for that request.</summary>
    public bool PrefillTurnsThinkingOff { get; init; }

    /// <summary>How thinking is switched off.</summary>
    public ThinkingSwitch ThinkingSwitch { get; init; }

    /// <summary>
    /// The value of <c>top_k</c> that means all tokens. It is sent wherever a request asks for no other, because the server fills in its
    /// own
    /// or the model's default; null for a server that does not know the field.
    /// </summary>
    public int? TopKOff { get; init; }

    /// <summary>Whether it knows <c>min_p</c>; then 0 is sent where none is asked for, for the same reason.</summary>
    public bool MinP { get; init; }

    /// <summary>The field in which it returns thoughts; null where that depends on the model.</summary>
    public string? ThoughtField { get; init; }

    /// <summary>Where it tells the length of a model's context, if its list of models does not; null for nowhere.</summary>
    public ContextPlace? Context { get; init; }

    /// <summary>How it caps a thought itself; null where it cannot. Not every version or start of it does: a probe shows whether.</summary>
    public ThinkingCap? ThinkingCap { get; init; }

    /// <summary>Whether it honours <c>n</c> (the client never sends it: votes have seeds of their own).</summary>
    public bool Choices { get; init; }

    /// <summary>Whether the same seed gives the same completion on every installation.</summary>
    public bool Seeds { get; init; }

    /// <summary>Whether it returns log-probs.</summary>
    public bool LogProbs { get; init; }

    /// <summary>When it reports how much of a prompt came from its cache; null for never.</summary>
    public string? CacheReport { get; init; }

    /// <summary>All rows, in the order of <see cref="ServerFlavour"/>.</summary>
    public static IReadOnlyList<ServerQuirks> All { get; } = [.. Table.Values.OrderBy(row => row.Flavour)];

    /// <summary>The row of the server that names itself as the owner of its models; that of any other where none does.</summary>
    public static ServerQuirks OfOwner(string? owner) =>
        All.FirstOrDefault(row => row.ModelOwner is { } known && known == owner) ?? Of(ServerFlavour.Generic);

    /// <summary>The row of a server.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such flavour.</exception>
    public static ServerQuirks Of(ServerFlavour flavour) =>
        Table.TryGetValue(flavour, out ServerQuirks? row)
            ? row
            : throw new ArgumentOutOfRangeException(
                nameof(flavour),
                flavour,
                $"It is one of {string.Join(", ", Enum.GetNames<ServerFlavour>())}."
            );
}
