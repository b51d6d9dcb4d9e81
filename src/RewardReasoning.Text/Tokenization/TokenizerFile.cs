using System.Text;
using System.Text.Json;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Reads <c>tokenizer.json</c>. The vocabulary and the merges, nearly all of the file, are read straight from its bytes; the small
/// sections around them go through <see cref="TokenizerSections"/>.
/// </summary>
internal sealed class TokenizerFile
{
    // Far above any real vocabulary; keeps a broken id from asking for gigabytes.
    private const int HighestId = 1 << 24;

    private readonly string _path;
    private readonly string? _tokenizerClass;
    private readonly Dictionary<string, JsonElement> _sections = [];
    private readonly Dictionary<string, JsonElement> _modelOptions = [];
    private TokenTable? _tokens;
    private List<(int Left, int Right, int Result)>? _merges;

    private TokenizerFile(string path, string? tokenizerClass)
    {
        _path = path;
        _tokenizerClass = tokenizerClass;
    }

    /// <summary>The definition that a file holds.</summary>
    /// <param name="path">The <c>tokenizer.json</c>.</param>
    /// <param name="tokenizerClass"><c>tokenizer_class</c> of the configuration beside it.</param>
    /// <exception cref="RewardReasoningException">The file is missing, broken, or no byte-level BPE.</exception>
    public static TokenizerDefinition Read(string path, string? tokenizerClass)
    {
        if (!File.Exists(path))
        {
            throw new TokenizerException(
                $"{path} does not exist; a model folder must hold its tokenizer in Hugging Face's tokenizer.json format."
            );
        }

        try
        {
            return new TokenizerFile(path, tokenizerClass).Read(File.ReadAllBytes(path));
        }
        catch (JsonException error)
        {
            throw new TokenizerException($"{path} is no valid JSON: {error.Message} The file may be cut short; fetch it again.", error);
        }
        catch (InvalidOperationException error)
        {
            throw new TokenizerException($"{path} does not have the structure of a tokenizer.json: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TokenizerException($"{path} cannot be read: {error.Message}", error);
        }
    }

    private TokenizerDefinition Read(ReadOnlySpan<byte> json)
    {
        json = json.StartsWith("\uFEFF"u8) ? json["\uFEFF"u8.Length..] : json;
        Utf8JsonReader reader = new(json);
        reader.Read();
        Require(
            reader.TokenType == JsonTokenType.StartObject,
            "the file holds no JSON object",
            "it must be a tokenizer.json of the tokenizers library"
        );
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString() ?? "";
            reader.Read();
            if (name == "model" && reader.TokenType == JsonTokenType.StartObject)
            {
                ReadModel(ref reader);
            }
            else
            {
                _sections[name] = JsonElement.ParseValue(ref reader);
            }
        }

        while (reader.Read()) { }

        Require(
            _tokens is not null && _merges is not null,
            "there is no \"model\" with \"vocab\" and \"merges\"",
            "the model must be a BPE with both"
        );
        TokenizerSections sections = new(_sections, _tokenizerClass, Fail);
        IReadOnlyList<AddedToken> added = sections.AddedTokens();
        foreach (AddedToken token in added)
        {
            CheckId(token.Id, token.Content);
            AddToken(_tokens, token.Id, Encoding.UTF8.GetBytes(token.Content), findable: false);
        }

        // No text may spell a special token, even where the merges would.
        MergeTable mergeTable = MakeMergeTable(added.Where(t => t.Special).Select(t => t.Id).ToHashSet());
        (int[] prefix, int[] suffix) = sections.Affixes();
        sections.CheckDecoder();
        return new TokenizerDefinition
        {
            Tokens = _tokens,
            Merges = mergeTable,
            WholePieceFirst = Flag("ignore_merges"),
            Composes = sections.Composes(),
            PreTokenizer = sections.PreTokenizer(),
            AddedTokens = added,
            PrefixIds = prefix,
            SuffixIds = suffix,
        };
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        Utf8JsonReader vocabulary = default;
        Utf8JsonReader merges = default;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString() ?? "";
            reader.Read();
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject)
            {
                vocabulary = reader;
                ReadVocabulary(ref reader);
            }
            else if (name == "merges")
            {
                // The merges name tokens, so where they come first they wait for the vocabulary.
                merges = reader;
                reader.Skip();
            }
            else
            {
                _modelOptions[name] = JsonElement.ParseValue(ref reader);
            }
        }

        CheckModel(hasMerges: merges.TokenType == JsonTokenType.StartArray);
        if (_tokens is not null)
        {
            ReadMerges(ref merges);
        }
    }

    private void CheckModel(bool hasMerges)
    {
        string? type = _modelOptions.TryGetValue("type", out JsonElement given) ? given.GetString() : null;
        Require(
            type is "BPE" or null,
            $"the model's type is \"{type}\"",
            "only byte-level \"BPE\" tokenizers are supported (Qwen, Llama 3, GPT-2 and kin)"
        );
        Require(_tokens is not null && hasMerges, "the model has no \"vocab\" object or no \"merges\" list", "a BPE has both");
        Require(
            !Flag("byte_fallback"),
            "\"byte_fallback\" is true, as in SentencePiece models",
            "the model must work on bytes (pre-tokenizer and decoder \"ByteLevel\")"
        );
        foreach (string affix in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            bool set =
                _modelOptions.TryGetValue(affix, out JsonElement text) && text.ValueKind == JsonValueKind.String && text.GetString() != "";
            Require(!set, $"\"{affix}\" is set", "it must be null or empty for byte-level BPE");
        }

        bool random =
            _modelOptions.TryGetValue("dropout", out JsonElement dropout)
            && dropout.ValueKind == JsonValueKind.Number
            && dropout.GetDouble() > 0;
        Require(!random, "\"dropout\" is set, which makes ids a matter of chance", "it must be null or 0");
    }

    private bool Flag(string name) => _modelOptions.TryGetValue(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        _tokens = new TokenTable(expected: 1024);
        Span<byte> spelling = new byte[256];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            ReadOnlySpan<byte> token = Spelling(ref reader, ref spelling);
            reader.Read();
            if (!reader.TryGetInt32(out int id))
            {
                throw Fail(
                    $"the vocabulary's token \"{Encoding.UTF8.GetString(token)}\" has no whole number as its id",
                    "every token has an id"
                );
            }

            CheckId(id, Encoding.UTF8.GetString(token));
            Require(!_tokens.Contains(id), $"two tokens of the vocabulary have the id {id}", "ids are distinct");
            AddToken(_tokens, id, token, findable: true);
        }
    }

    private void ReadMerges(ref Utf8JsonReader reader)
    {
        List<(int Left, int Right, int Result)> merges = [];
        Span<byte> first = new byte[256];
        Span<byte> second = new byte[256];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                ReadOnlySpan<byte> both = Spelling(ref reader, ref first);
                int blank = both.IndexOf((byte)' ');
                Require(
                    blank > 0,
                    $"merge {merges.Count} is \"{Encoding.UTF8.GetString(both)}\"",
                    "a merge is two tokens with a blank between"
                );
                merges.Add(Merge(merges.Count, both[..blank], both[(blank + 1)..]));
            }
            else
            {
                bool pair = reader.TokenType == JsonTokenType.StartArray;
                pair = pair && reader.Read() && reader.TokenType == JsonTokenType.String;
                ReadOnlySpan<byte> left = pair ? Spelling(ref reader, ref first) : default;
                pair = pair && reader.Read() && reader.TokenType == JsonTokenType.String;
                ReadOnlySpan<byte> right = pair ? Spelling(ref reader, ref second) : default;
                pair = pair && reader.Read() && reader.TokenType == JsonTokenType.EndArray;
                Require(pair, $"merge {merges.Count} is no pair of strings", "merges are strings \"a b\" or pairs [\"a\", \"b\"]");
                merges.Add(Merge(merges.Count, left, right));
            }
        }

        _merges = merges;
    }

    private MergeTable MakeMergeTable(HashSet<int> without)
    {
        MergeTable table = new(_merges?.Count ?? 0);
        for (int rank = 0; rank < _merges?.Count; rank++)
        {
            if (!without.Contains(_merges[rank].Result))
            {
                table.Set(_merges[rank].Left, _merges[rank].Right, rank, _merges[rank].Result);
            }
        }

        return table;
    }

    private (int Left, int Right, int Result) Merge(int rank, ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        Span<byte> bytes =
            left.Length + right.Length <= 512 ? stackalloc byte[left.Length + right.Length] : new byte[left.Length + right.Length];
        bool mapped = ByteLevelAlphabet.TryToBytes(left, bytes, out int leftLength);
        mapped &= ByteLevelAlphabet.TryToBytes(right, bytes[leftLength..], out int rightLength);
        int leftId = mapped ? Tokens.Find(bytes[..leftLength]) : -1;
        int rightId = mapped ? Tokens.Find(bytes.Slice(leftLength, rightLength)) : -1;
        int result = mapped ? Tokens.Find(bytes[..(leftLength + rightLength)]) : -1;
        if (leftId < 0 || rightId < 0 || result < 0)
        {
            throw Fail(
                $"merge {rank} is of \"{Encoding.UTF8.GetString(left)}\" and \"{Encoding.UTF8.GetString(right)}\"",
                "both parts and the whole must be tokens of the vocabulary, spelled in the byte-level alphabet"
            );
        }

        return (leftId, rightId, result);
    }

    private TokenTable Tokens => _tokens ?? throw Fail("there is no vocabulary", "a BPE has one");

    private void AddToken(TokenTable tokens, int id, ReadOnlySpan<byte> spelling, bool findable)
    {
        Span<byte> bytes = spelling.Length <= 512 ? stackalloc byte[spelling.Length] : new byte[spelling.Length];
        bool mapped = ByteLevelAlphabet.TryToBytes(spelling, bytes, out int length);
        tokens.Set(id, mapped ? bytes[..length] : spelling, findable && mapped);
    }

    /// <summary>The string at the reader's position, in UTF-8; the buffer grows where escapes have to be undone.</summary>
    private static ReadOnlySpan<byte> Spelling(ref Utf8JsonReader reader, ref Span<byte> buffer)
    {
        if (!reader.ValueIsEscaped)
        {
            return reader.ValueSpan;
        }

        if (buffer.Length < reader.ValueSpan.Length)
        {
            buffer = new byte[reader.ValueSpan.Length];
        }

        return buffer[..reader.CopyString(buffer)];
    }

    private void CheckId(int id, string token) =>
        Require((uint)id <= HighestId, $"the token \"{token}\" has the id {id}", $"ids lie between 0 and {HighestId}");

    private void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool holds, string found, string must)
    {
        if (!holds)
        {
            throw Fail(found, must);
        }
    }

    private TokenizerException Fail(string found, string must) => new($"{_path}: {found}; {must}.");
}
