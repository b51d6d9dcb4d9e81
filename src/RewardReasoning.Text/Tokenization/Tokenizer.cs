using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// A byte-level BPE tokenizer as Hugging Face folders hold it (<c>tokenizer.json</c>): the same ids and texts as the
/// <c>tokenizers</c> library for GPT-2's kin (Qwen, Llama 3, DeepSeek-R1's distillations, SmolLM2). Immutable once loaded and safe
/// to share between threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenTable _tokens;
    private readonly PreTokenizer _preTokenizer;
    private readonly BytePairEncoder _encoder;
    private readonly bool _composes;
    private readonly Dictionary<string, AddedToken> _addedByContent;
    private readonly HashSet<int> _special;
    private readonly AddedTokenMatcher _inRawText;
    private readonly AddedTokenMatcher _inNormalizedText;
    private readonly AddedTokenMatcher _inTrustedText;

    internal Tokenizer(TokenizerDefinition definition)
    {
        Definition = definition;
        _tokens = definition.Tokens;
        _preTokenizer = definition.PreTokenizer;
        _composes = definition.Composes;
        AddedTokens = definition.AddedTokens;
        PrefixIds = definition.PrefixIds;
        SuffixIds = definition.SuffixIds;
        _addedByContent = definition.AddedTokens.ToDictionary(t => t.Content, StringComparer.Ordinal);
        _special = [.. definition.AddedTokens.Where(t => t.Special).Select(t => t.Id)];
        _inRawText = new AddedTokenMatcher(AddedTokens.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        _inTrustedText = new AddedTokenMatcher(AddedTokens.Select(t => (t.Content, t)));
        _inNormalizedText = new AddedTokenMatcher(AddedTokens.Where(t => t.Normalized).Select(t => (Normalize(t.Content), t)));
        _encoder = new BytePairEncoder(_tokens, definition.Merges, definition.WholePieceFirst, _special.Contains);
    }

    /// <summary>What it was made of.</summary>
    internal TokenizerDefinition Definition { get; }

    /// <summary>Highest id + 1. A model's embedding may have more rows than that (padding), never fewer.</summary>
    public int VocabularySize => _tokens.Count;

    /// <summary>The tokens that <see cref="Encode(string)"/> recognises in text before any splitting.</summary>
    internal IReadOnlyList<AddedToken> AddedTokens { get; }

    /// <summary>
    /// What the post-processor puts before a text that no chat template has rendered (Llama 3: its begin-of-text token); often nothing.
    /// </summary>
    public IReadOnlyList<int> PrefixIds { get; }

    /// <summary>What the post-processor puts after such a text; nearly always nothing.</summary>
    public IReadOnlyList<int> SuffixIds { get; }

    /// <summary>Loads <c>tokenizer.json</c> from a model folder, with what its <c>tokenizer_config.json</c>, if any, changes.</summary>
    /// <exception cref="RewardReasoningException">The file is missing, broken, or no byte-level BPE.</exception>
    public static Tokenizer Load(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return new(TokenizerFile.Read(Path.Combine(folder, "tokenizer.json"), TokenizerConfig.Load(folder).TokenizerClass));
    }

    /// <summary>
    /// Ids of trusted text, added tokens recognised in it, without <see cref="PrefixIds"/>. A lone surrogate counts as U+FFFD.
    /// </summary>
    public int[] Encode(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = new((text.Length / 3) + 1);
        ReadOnlySpan<char> rest = text;
        int at = 0;
        while (_inRawText.TryFind(rest, at, out Piece match, out AddedToken? token) && token is not null)
        {
            EncodeStretch(rest[at..match.Start], ids, withAddedTokens: true);
            ids.Add(token.Id);
            at = match.End;
        }

        EncodeStretch(rest[at..], ids, withAddedTokens: true);
        return [.. ids];
    }

    /// <summary>Ids of untrusted text: no added token is recognised, so nothing in the text can act as a control token.</summary>
    public int[] EncodePlain(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<int> ids = new((text.Length / 3) + 1);
        EncodeStretch(text, ids, withAddedTokens: false);
        return [.. ids];
    }

    /// <summary>
    /// The text of some ids. Bytes that form no character become U+FFFD; ids without a token (padding of the model's embedding) add
    /// nothing.
    /// </summary>
    /// <param name="ids">The ids, none negative.</param>
    /// <param name="skipSpecial">Leaves out the added tokens marked <see cref="AddedToken.Special"/>.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = false)
    {
        ArrayBufferWriter<byte> bytes = new(Math.Max(16, ids.Length * 4));
        foreach (int id in ids)
        {
            if (!skipSpecial || !IsSpecial(id))
            {
                bytes.Write(TokenBytes(id).Span);
            }
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <inheritdoc cref="Decode(ReadOnlySpan{int}, bool)"/>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecial = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return ids switch
        {
            int[] array => Decode(array.AsSpan(), skipSpecial),
            List<int> list => Decode(CollectionsMarshal.AsSpan(list), skipSpecial),
            _ => Decode([.. ids], skipSpecial),
        };
    }

    /// <summary>A decoder for tokens that come one at a time.</summary>
    /// <param name="skipSpecial">Leaves out the added tokens marked <see cref="AddedToken.Special"/>.</param>
    internal StreamingDecoder CreateStreamingDecoder(bool skipSpecial = false) => new(this, skipSpecial);

    /// <summary>The token, added or of the vocabulary, that stands for exactly this text; null if there is none.</summary>
    public int? FindToken(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (_addedByContent.TryGetValue(text, out AddedToken? added))
        {
            return added.Id;
        }

        int id = _tokens.Find(Encoding.UTF8.GetBytes(text));
        return id < 0 ? null : id;
    }

    /// <summary>The bytes that a token stands for; empty for an id without a token.</summary>
    public ReadOnlyMemory<byte> TokenBytes(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        return _tokens[id];
    }

    /// <summary>Whether the id is of an added token marked <see cref="AddedToken.Special"/>.</summary>
    public bool IsSpecial(int id) => _special.Contains(id);

    /// <summary>
    /// Ids of a text of which some stretches are untrusted: added tokens are recognised only outside of those, and what
    /// is between two of them is encoded in one go.
    /// </summary>
    internal int[] Encode(string text, IReadOnlyList<(int Start, int End)> untrusted)
    {
        List<int> ids = new((text.Length / 3) + 1);
        int encoded = 0;
        int trusted = 0;
        foreach ((int start, int end) in untrusted.Append((text.Length, text.Length)))
        {
            ReadOnlySpan<char> stretch = text.AsSpan(trusted, start - trusted);
            int at = 0;
            while (_inTrustedText.TryFind(stretch, at, out Piece match, out AddedToken? token) && token is not null)
            {
                EncodeStretch(text.AsSpan()[encoded..(trusted + match.Start)], ids, withAddedTokens: false);
                ids.Add(token.Id);
                at = match.End;
                encoded = trusted + at;
            }

            trusted = end;
        }

        EncodeStretch(text.AsSpan(encoded), ids, withAddedTokens: false);
        return [.. ids];
    }

    private void EncodeStretch(ReadOnlySpan<char> text, List<int> ids, bool withAddedTokens)
    {
        if (text.IsEmpty)
        {
            return;
        }

        text = _composes && !CanonicalComposition.IsSurelyComposed(text) ? CanonicalComposition.Compose(text) : text;
        int at = 0;
        while (withAddedTokens && _inNormalizedText.TryFind(text, at, out Piece match, out AddedToken? token) && token is not null)
        {
            EncodePieces(text[at..match.Start], ids);
            ids.Add(token.Id);
            at = match.End;
        }

        EncodePieces(text[at..], ids);
    }

    private void EncodePieces(ReadOnlySpan<char> text, List<int> ids)
    {
        foreach (Piece piece in CollectionsMarshal.AsSpan(_preTokenizer.Split(text)))
        {
            _encoder.Encode(text.Slice(piece.Start, piece.Length), ids);
        }
    }

    private string Normalize(string text) => _composes ? CanonicalComposition.Compose(text).ToString() : text;
}
