using System.Text.Json;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// The sections of <c>tokenizer.json</c> round the model: normalizer, pre-tokenizer, post-processor, decoder and added tokens. What
/// is not known here would change ids silently, so it is an error.
/// </summary>
/// <param name="sections">The top-level properties of the file, but for the model.</param>
/// <param name="tokenizerClass"><c>tokenizer_class</c> of <c>tokenizer_config.json</c>.</param>
/// <param name="fail">Makes the error from what was found and what must hold.</param>
internal sealed class TokenizerSections(
    IReadOnlyDictionary<string, JsonElement> sections,
    string? tokenizerClass,
    Func<string, string, TokenizerException> fail
)
{
    /// <summary>The class that splits as GPT-2 does, without the step <c>Digits</c>, whatever its file says.</summary>
    public const string Gpt2Class = "GPT2Tokenizer";

    /// <summary>The added tokens in the order of the file.</summary>
    public IReadOnlyList<AddedToken> AddedTokens()
    {
        List<AddedToken> tokens = [];
        HashSet<string> contents = new(StringComparer.Ordinal);
        foreach (
            JsonElement entry in Section("added_tokens") is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().ToArray() : []
        )
        {
            if (
                entry.ValueKind != JsonValueKind.Object
                || !entry.TryGetProperty("id", out JsonElement id)
                || !id.TryGetInt32(out int number)
                || !entry.TryGetProperty("content", out JsonElement content)
                || content.GetString() is not { Length: > 0 } text
            )
            {
                throw fail($"entry {tokens.Count} of \"added_tokens\" has no id or no content", "every added token has both");
            }

            if (!contents.Add(text))
            {
                throw fail($"the added token \"{text}\" is given twice", "added tokens are distinct");
            }

            tokens.Add(
                new AddedToken
                {
                    Id = number,
                    Content = text,
                    Special = Flag(entry, "special"),
                    SingleWord = Flag(entry, "single_word"),
                    StripLeft = Flag(entry, "lstrip"),
                    StripRight = Flag(entry, "rstrip"),
                    Normalized = Flag(entry, "normalized"),
                }
            );
        }

        return tokens;
    }

    /// <summary>Whether the normalizer is NFC; none is the only other one supported.</summary>
    public bool Composes()
    {
        bool composes = false;
        foreach (JsonElement normalizer in Flatten("normalizer", "normalizers"))
        {
            composes =
                Type(normalizer) == "NFC" ? true : throw fail($"the normalizer is \"{Type(normalizer)}\"", "it must be null or \"NFC\"");
        }

        return composes;
    }

    /// <summary>The steps that cut text into pieces; the last one must be ByteLevel.</summary>
    public PreTokenizer PreTokenizer()
    {
        List<SplitStep> steps = [];
        bool byteLevel = false;
        foreach (JsonElement step in Flatten("pre_tokenizer", "pretokenizers"))
        {
            if (byteLevel)
            {
                throw fail($"the pre-tokenizer \"{Type(step)}\" follows \"ByteLevel\"", "\"ByteLevel\" must be the last");
            }

            switch (Type(step))
            {
                case "Split":
                    steps.Add(SplitBy(step));
                    break;
                case "Digits" when tokenizerClass == Gpt2Class:
                    // transformers 5 gives this class GPT-2's own splitting, whatever the file says (SmolLM2). Digits do not merge in
                    // such vocabularies, so only other numerals ("½") feel it; equal ids need it.
                    break;
                case "Digits":
                    steps.Add(
                        new SplitStep(
                            new NumberMatcher(Flag(step, "individual_digits") ? 1 : int.MaxValue),
                            SplitBehavior.Isolated,
                            invert: false
                        )
                    );
                    break;
                case "ByteLevel":
                    byteLevel = true;
                    if (Flag(step, "add_prefix_space"))
                    {
                        throw fail("the pre-tokenizer \"ByteLevel\" has \"add_prefix_space\": true", "it must be false");
                    }

                    // Absent means true, as in the files of the first version.
                    if (!step.TryGetProperty("use_regex", out JsonElement regex) || regex.ValueKind != JsonValueKind.False)
                    {
                        steps.Add(new SplitStep(Matcher(WordMatcher.Gpt2Pattern), SplitBehavior.Isolated, invert: false));
                    }

                    break;
                default:
                    throw fail(
                        $"the pre-tokenizer has a step \"{Type(step)}\"",
                        "the steps must be \"Split\", \"Digits\" and, last, \"ByteLevel\""
                    );
            }
        }

        return byteLevel
            ? new PreTokenizer(steps)
            : throw fail("the pre-tokenizer has no step \"ByteLevel\"", "the last step must be \"ByteLevel\"");
    }

    /// <summary>The ids that the post-processor puts before and after a single text.</summary>
    public (int[] Prefix, int[] Suffix) Affixes()
    {
        List<int> prefix = [];
        List<int> suffix = [];
        foreach (JsonElement processor in Flatten("post_processor", "processors"))
        {
            switch (Type(processor))
            {
                case "ByteLevel":
                    break;
                case "TemplateProcessing":
                    ReadTemplate(processor, prefix, suffix);
                    break;
                default:
                    throw fail($"the post-processor is \"{Type(processor)}\"", "it must be null, \"ByteLevel\" or \"TemplateProcessing\"");
            }
        }

        return ([.. prefix], [.. suffix]);
    }

    /// <summary>The decoder must be ByteLevel, for that is how tokens are put together here.</summary>
    public void CheckDecoder()
    {
        string[] decoders = [.. Flatten("decoder", "decoders").Select(Type)];
        if (decoders is not ["ByteLevel"])
        {
            throw fail(
                $"the decoder is {(decoders.Length == 0 ? "missing" : $"\"{string.Join("\", \"", decoders)}\"")}",
                "it must be \"ByteLevel\""
            );
        }
    }

    private void ReadTemplate(JsonElement processor, List<int> prefix, List<int> suffix)
    {
        bool afterText = false;
        foreach (JsonElement part in processor.GetProperty("single").EnumerateArray())
        {
            if (part.TryGetProperty("Sequence", out _))
            {
                afterText = true;
            }
            else if (
                part.TryGetProperty("SpecialToken", out JsonElement token)
                && token.GetProperty("id").GetString() is { } name
                && processor.GetProperty("special_tokens").TryGetProperty(name, out JsonElement known)
            )
            {
                (afterText ? suffix : prefix).AddRange(known.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32()));
            }
            else
            {
                throw fail(
                    "the post-processor's template names a token that its \"special_tokens\" lack",
                    "each must be given there with its ids"
                );
            }
        }
    }

    private SplitStep SplitBy(JsonElement step)
    {
        string name = step.TryGetProperty("behavior", out JsonElement given) ? given.GetString() ?? "" : "";
        if (!Enum.TryParse(name, out SplitBehavior behavior) || !Enum.IsDefined(behavior))
        {
            throw fail(
                $"a \"Split\" has the behavior \"{name}\"",
                $"it must be one of {string.Join(", ", Enum.GetNames<SplitBehavior>())}"
            );
        }

        if (step.TryGetProperty("pattern", out JsonElement pattern) && pattern.ValueKind == JsonValueKind.Object)
        {
            if (pattern.TryGetProperty("Regex", out JsonElement regex))
            {
                return new SplitStep(Matcher(regex.GetString() ?? ""), behavior, Flag(step, "invert"));
            }

            if (pattern.TryGetProperty("String", out JsonElement literal))
            {
                string escaped = System.Text.RegularExpressions.Regex.Escape(literal.GetString() ?? "");
                return new SplitStep(Matcher(escaped), behavior, Flag(step, "invert"));
            }
        }

        throw fail("a \"Split\" has no pattern", "it must have a \"Regex\" or a \"String\"");
    }

    private IPieceMatcher Matcher(string pattern)
    {
        if (WordMatcher.For(pattern) is { } words)
        {
            return words;
        }

        if (NumberMatcher.For(pattern) is { } numbers)
        {
            return numbers;
        }

        try
        {
            return new RegexMatcher(pattern);
        }
        catch (ArgumentException error)
        {
            throw fail(
                $"the split pattern {pattern} cannot be used ({error.Message})",
                "it must be a regular expression that .NET knows too"
            );
        }
    }

    /// <summary>A section as a flat list of its steps: none for null, several for (nested) sequences.</summary>
    private IEnumerable<JsonElement> Flatten(string section, string listName) =>
        Section(section) is { ValueKind: JsonValueKind.Object } one ? Flatten(one, listName) : [];

    private static IEnumerable<JsonElement> Flatten(JsonElement one, string listName) =>
        Type(one) == "Sequence" && one.TryGetProperty(listName, out JsonElement list)
            ? list.EnumerateArray().SelectMany(step => Flatten(step, listName))
            : [one];

    private JsonElement? Section(string name) => sections.TryGetValue(name, out JsonElement section) ? section : null;

    private static string Type(JsonElement element) => element.TryGetProperty("type", out JsonElement type) ? type.GetString() ?? "" : "";

    private static bool Flag(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;
}
