using System.Collections.Frozen;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// A way of splitting text that llama.cpp has built in. It takes no pattern from a file: <c>tokenizer.ggml.pre</c> names one of a fixed
/// list, and the name decides about whole pieces too.
/// </summary>
/// <param name="Name">As <c>tokenizer.ggml.pre</c> has it.</param>
/// <param name="WholePieceFirst">Whether a piece that is itself a token is taken whole (<c>ignore_merges</c>).</param>
/// <param name="Steps">Patterns in order; <see cref="Digits"/> for every digit by itself.</param>
/// <remarks>After <c>src/llama-vocab.cpp</c> of llama.cpp, those that split as byte-level BPE tokenizers of our families do.</remarks>
internal sealed record LlamaCppPreTokenizer(string Name, bool WholePieceFirst, IReadOnlyList<string> Steps)
{
    /// <summary>Stands in <see cref="Steps"/> for the step <c>Digits</c> with <c>individual_digits</c>.</summary>
    public const string Digits = "digits";

    private const string Qwen2 = "qwen2";
    private const string Llama3 = "llama-bpe";
    private const string Gpt2 = "gpt-2";

    private static readonly LlamaCppPreTokenizer[] All =
    [
        new(Gpt2, WholePieceFirst: false, [WordMatcher.Gpt2Pattern]),
        new("smollm", WholePieceFirst: false, [Digits, WordMatcher.Gpt2Pattern]),
        new(Llama3, WholePieceFirst: true, [WordMatcher.Llama3Pattern]),
        new("dbrx", WholePieceFirst: false, [WordMatcher.Llama3Pattern]),
        new(Qwen2, WholePieceFirst: false, [WordMatcher.QwenPattern]),
    ];

    private static readonly FrozenDictionary<string, string> OtherNames = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["llama3"] = Llama3,
        ["llama-v3"] = Llama3,
        ["deepseek-r1-qwen"] = Qwen2,
        ["olmo"] = Gpt2,
        ["phi-2"] = Gpt2,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The names that <see cref="Find(string)"/> knows.</summary>
    public static IEnumerable<string> Names => All.Select(known => known.Name).Concat(OtherNames.Keys);

    /// <summary>Whether its models bring text into normalization form C first; llama.cpp itself leaves that to its caller.</summary>
    public bool Composes => Name == Qwen2;

    /// <summary>The one of a name; null where it is not known here.</summary>
    public static LlamaCppPreTokenizer? Find(string name) =>
        Array.Find(All, known => known.Name == (OtherNames.TryGetValue(name, out string? real) ? real : name));

    /// <summary>The one that splits in these steps; null where llama.cpp has none.</summary>
    public static LlamaCppPreTokenizer? Find(IReadOnlyList<string> steps, bool wholePieceFirst) =>
        Array.Find(All, known => known.WholePieceFirst == wholePieceFirst && known.Steps.SequenceEqual(steps));

    /// <summary>Splits as llama.cpp does.</summary>
    public PreTokenizer Create() => new([.. Steps.Select(step => new SplitStep(MatcherOf(step), SplitBehavior.Isolated, invert: false))]);

    private static IPieceMatcher MatcherOf(string step) =>
        step == Digits ? new NumberMatcher(1) : WordMatcher.For(step) ?? throw new InvalidOperationException($"No matcher for {step}.");
}
