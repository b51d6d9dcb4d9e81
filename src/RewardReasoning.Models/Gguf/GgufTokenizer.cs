using System.Text;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models.Gguf;

/// <summary>
/// A tokenizer as GGUF files hold it: the tokens in the byte-level alphabet, their kinds, the merges, and the name of a pre-tokenizer that
/// llama.cpp has built in.
/// </summary>
internal static class GgufTokenizer
{
    public const string PreKey = "tokenizer.ggml.pre";
    public const string TemplateKey = "tokenizer.chat_template";
    public const string BosKey = "tokenizer.ggml.bos_token_id";
    public const string EosKey = "tokenizer.ggml.eos_token_id";
    public const string TurnEndKey = "tokenizer.ggml.eot_token_id";
    public const string MessageEndKey = "tokenizer.ggml.eom_token_id";
    public const string UnknownKey = "tokenizer.ggml.unknown_token_id";
    public const string PadKey = "tokenizer.ggml.padding_token_id";

    private const string ModelKey = "tokenizer.ggml.model";
    public const string TokensKey = "tokenizer.ggml.tokens";
    private const string KindsKey = "tokenizer.ggml.token_type";
    private const string MergesKey = "tokenizer.ggml.merges";
    private const string AddBosKey = "tokenizer.ggml.add_bos_token";
    private const string AddEosKey = "tokenizer.ggml.add_eos_token";

    /// <summary>A setting of our own: whether text is brought into normalization form C first.</summary>
    private const string ComposesKey = "reward_reasoning.tokenizer.nfc";

    /// <summary>Byte-level BPE; the name is historical.</summary>
    private const string BytePairs = "gpt2";

    /// <summary>The settings of a tokenizer.</summary>
    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="preTokenizer">How it splits.</param>
    /// <param name="vocabulary">Rows of the model's embedding; ids without a token are filled up.</param>
    /// <exception cref="ArgumentException">A GGUF cannot hold this tokenizer; the message says why.</exception>
    public static IReadOnlyList<(string Key, object Value)> Settings(Tokenizer tokenizer, LlamaCppPreTokenizer preTokenizer, int vocabulary)
    {
        if (tokenizer.VocabularySize > vocabulary)
        {
            throw new ArgumentException(
                $"the tokenizer has {tokenizer.VocabularySize} tokens and the model {vocabulary} rows for them; each token needs one."
            );
        }

        TokenizerDefinition definition = tokenizer.Definition;
        string[] tokens = new string[vocabulary];
        int[] kinds = new int[vocabulary];
        for (int id = 0; id < vocabulary; id++)
        {
            bool known = definition.Tokens.Contains(id);
            tokens[id] = known ? Spelling(definition.Tokens, id) : $"[PAD{id}]";
            kinds[id] = (int)(known ? TokenKind.Normal : TokenKind.Unused);
        }

        foreach (AddedToken added in definition.AddedTokens)
        {
            tokens[added.Id] = added.Content;
            kinds[added.Id] = (int)(added.Special ? TokenKind.Control : TokenKind.UserDefined);
        }

        RequireDistinct(tokens);
        return
        [
            (ModelKey, BytePairs),
            (PreKey, preTokenizer.Name),
            (TokensKey, tokens),
            (KindsKey, kinds),
            (MergesKey, definition.Merges.InOrder().Select(pair => $"{tokens[pair.Left]} {tokens[pair.Right]}").ToArray()),
            (ComposesKey, definition.Composes),
        ];
    }

    /// <summary>The settings of what the post-processor puts around a text.</summary>
    /// <exception cref="ArgumentException">A GGUF cannot say it.</exception>
    public static IReadOnlyList<(string Key, object Value)> Affixes(Tokenizer tokenizer, int? bos, int? eos)
    {
        bool before = tokenizer.PrefixIds.Count > 0,
            after = tokenizer.SuffixIds.Count > 0;
        if ((before && !IsOnly(tokenizer.PrefixIds, bos)) || (after && !IsOnly(tokenizer.SuffixIds, eos)))
        {
            throw new ArgumentException(
                "the post-processor of tokenizer.json puts other tokens around a text than bos_token before and eos_token behind it; a "
                    + "GGUF can say no more."
            );
        }

        return [(AddBosKey, before), (AddEosKey, after)];

        static bool IsOnly(IReadOnlyList<int> ids, int? id) => ids.Count == 1 && ids[0] == id;
    }

    /// <summary>Reads a file's tokenizer.</summary>
    /// <exception cref="RewardReasoningException">It is of a kind that is not known here, or damaged.</exception>
    public static Tokenizer Read(GgufFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        if (file.Text(ModelKey) is not BytePairs and var model)
        {
            throw file.Fail(
                $"its tokenizer is of the kind \"{model}\"; byte-level BPE (\"{BytePairs}\") can be read, as Qwen, Llama 3 and SmolLM have "
                    + "it. A server of llama.cpp runs this file: name it with --endpoint."
            );
        }

        string name = file.Text(PreKey) ?? "default";
        LlamaCppPreTokenizer preTokenizer =
            LlamaCppPreTokenizer.Find(name)
            ?? throw file.Fail(
                $"its pre-tokenizer is \"{name}\"; these are known here: {string.Join(", ", LlamaCppPreTokenizer.Names)}. A server of "
                    + "llama.cpp runs this file: name it with --endpoint."
            );
        IReadOnlyList<string> spellings = file.Texts(TokensKey) ?? throw file.Fail($"there is no {TokensKey}.");
        IReadOnlyList<long> kinds = file.Wholes(KindsKey) ?? throw file.Fail($"there is no {KindsKey}.");
        IReadOnlyList<string> merges = file.Texts(MergesKey) ?? throw file.Fail($"there is no {MergesKey}.");
        if (kinds.Count != spellings.Count)
        {
            throw file.Fail($"{KindsKey} has {kinds.Count} entries and {TokensKey} {spellings.Count}; both have one for each token.");
        }

        (TokenTable tokens, List<AddedToken> added) = ReadTokens(spellings, kinds);
        return new Tokenizer(
            new TokenizerDefinition
            {
                Tokens = tokens,
                Merges = ReadMerges(file, merges, tokens, added),
                WholePieceFirst = preTokenizer.WholePieceFirst,
                Composes = file.Flag(ComposesKey) ?? preTokenizer.Composes,
                PreTokenizer = preTokenizer.Create(),
                AddedTokens = added,
                PrefixIds = file.Flag(AddBosKey) == true && file.Whole(BosKey) is { } bos ? [(int)bos] : [],
                SuffixIds = file.Flag(AddEosKey) == true && file.Whole(EosKey) is { } eos ? [(int)eos] : [],
            }
        );
    }

    /// <summary>Tokenizer and chat template of a file.</summary>
    /// <exception cref="RewardReasoningException">One of them is missing, damaged or of a kind that is not known here.</exception>
    public static ChatTokenizer ReadChat(GgufFile file)
    {
        Tokenizer tokenizer = Read(file);
        string source = file.Text(TemplateKey) ?? throw file.Fail($"holds no chat template ({TemplateKey}); a judge needs a chat model.");
        return new ChatTokenizer(
            tokenizer,
            ChatTemplate.Parse(
                source,
                new TokenizerConfig
                {
                    BosToken = TextOf(BosKey),
                    EosToken = TextOf(EosKey),
                    PadToken = TextOf(PadKey),
                    UnknownToken = TextOf(UnknownKey),
                }
            )
        );

        string? TextOf(string key) => file.Whole(key) is { } id and >= 0 ? tokenizer.Decode([(int)id]) : null;
    }

    private static (TokenTable Tokens, List<AddedToken> Added) ReadTokens(IReadOnlyList<string> spellings, IReadOnlyList<long> kinds)
    {
        TokenTable tokens = new(spellings.Count);
        List<AddedToken> added = [];
        for (int id = 0; id < spellings.Count; id++)
        {
            byte[] spelling = Encoding.UTF8.GetBytes(spellings[id]);
            byte[] bytes = new byte[spelling.Length];
            switch ((TokenKind)kinds[id])
            {
                case TokenKind.Normal when ByteLevelAlphabet.TryToBytes(spelling, bytes, out int length):
                    tokens.Set(id, bytes.AsSpan(0, length), findable: true);
                    break;
                case TokenKind.Unused:
                    break;
                case TokenKind.Control or TokenKind.UserDefined when spellings[id].Length > 0:
                    tokens.Set(id, spelling, findable: false);
                    added.Add(
                        new AddedToken
                        {
                            Id = id,
                            Content = spellings[id],
                            Special = kinds[id] == (long)TokenKind.Control,
                        }
                    );
                    break;
                default:
                    tokens.Set(id, spelling, findable: false);
                    break;
            }
        }

        return (tokens, added);
    }

    private static MergeTable ReadMerges(GgufFile file, IReadOnlyList<string> merges, TokenTable tokens, List<AddedToken> added)
    {
        HashSet<string> controls = [.. added.Select(token => token.Content)];
        MergeTable table = new(merges.Count);
        for (int rank = 0; rank < merges.Count; rank++)
        {
            int blank = merges[rank].IndexOf(' ', 1);
            byte[] left = blank > 0 ? BytesOf(merges[rank][..blank]) : [],
                right = blank > 0 ? BytesOf(merges[rank][(blank + 1)..]) : [];
            byte[] whole = [.. left, .. right];
            if (controls.Contains(Encoding.UTF8.GetString(whole)))
            {
                continue; // no text may spell a control token, even where the merges would
            }

            (int first, int second, int both) = (tokens.Find(left), tokens.Find(right), tokens.Find(whole));
            if (first < 0 || second < 0 || both < 0)
            {
                throw file.Fail($"merge {rank} is \"{merges[rank]}\"; its parts and the whole must be tokens.");
            }

            table.Set(first, second, rank, both);
        }

        return table;
    }

    private static byte[] BytesOf(string spelling)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(spelling),
            bytes = new byte[utf8.Length];
        return ByteLevelAlphabet.TryToBytes(utf8, bytes, out int length) ? bytes[..length] : [];
    }

    /// <summary>A token in the byte-level alphabet; one that no text spells stands for itself.</summary>
    private static string Spelling(TokenTable tokens, int id)
    {
        ReadOnlySpan<byte> bytes = tokens[id].Span;
        return tokens.Find(bytes) == id ? ByteLevelAlphabet.ToText(bytes) : Encoding.UTF8.GetString(bytes);
    }

    private static void RequireDistinct(string[] tokens)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        if (Array.Find(tokens, token => !seen.Add(token)) is { } twice)
        {
            throw new ArgumentException($"two of its tokens are spelled \"{twice}\"; llama.cpp tells tokens apart by their spelling.");
        }
    }

    /// <summary>Kinds of tokens, as the file numbers them.</summary>
    private enum TokenKind
    {
        Normal = 1,
        Unknown = 2,
        Control = 3,
        UserDefined = 4,
        Unused = 5,
        Byte = 6,
    }
}
