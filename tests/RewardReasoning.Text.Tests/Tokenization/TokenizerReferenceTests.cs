using System.Text.Json;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

/// <summary>Ids and texts against the tokenizers library (0.23.3), over every reference text.</summary>
public sealed class TokenizerReferenceTests(ITestOutputHelper output)
{
    /// <summary>These hang on the Unicode version of a library's tables; they are counted and not required.</summary>
    private static readonly string[] HangOnUnicodeVersion = ["unicode-new", "random-any"];

    public static TheoryData<string> Names => [.. TokenizerFixture.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Encode_ReferenceTexts_GivesReferenceIds(string name) =>
        Compare(name, "ids", (tokenizer, _, text) => tokenizer.Encode(text));

    [Theory]
    [MemberData(nameof(Names))]
    public void EncodePlain_ReferenceTexts_GivesReferenceIds(string name) =>
        Compare(name, "ids_plain", (tokenizer, _, text) => tokenizer.EncodePlain(text));

    [Theory]
    [MemberData(nameof(Names))]
    public void Decode_ReferenceIds_GivesReferenceText(string name)
    {
        TokenizerFixture fixture = TokenizerFixture.Get(name);
        foreach (JsonElement example in fixture.Cases.GetProperty("cases").EnumerateArray())
        {
            int[] ids = TokenizerFixture.Ids(example.GetProperty("ids"));
            string? decoded = (example.TryGetProperty("decoded", out JsonElement other) ? other : example.GetProperty("text")).GetString();
            string? skipped = example.TryGetProperty("decoded_skip_special", out JsonElement without) ? without.GetString() : decoded;
            Assert.Equal(decoded, fixture.Tokenizer.Decode(ids));
            Assert.Equal(skipped, fixture.Tokenizer.Decode(ids, skipSpecial: true));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void StreamingDecoder_ReferenceIds_GivesReferenceDeltas(string name)
    {
        TokenizerFixture fixture = TokenizerFixture.Get(name);
        foreach (JsonElement example in fixture.Cases.GetProperty("stream").EnumerateArray())
        {
            StreamingDecoder decoder = fixture.Tokenizer.CreateStreamingDecoder();
            int[] ids = TokenizerFixture.Ids(example.GetProperty("ids"));
            string[] deltas = [.. ids.Select(decoder.Append)];
            Assert.Equal(example.GetProperty("deltas").EnumerateArray().Select(delta => delta.GetString()), deltas);
            Assert.Equal(example.GetProperty("tail").GetString(), decoder.Flush());
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void PrefixIds_OfPostProcessor_AreTheReferences(string name)
    {
        TokenizerFixture fixture = TokenizerFixture.Get(name);
        Assert.Equal(
            TokenizerFixture.Ids(fixture.Cases.GetProperty("with_special_tokens_prefix")),
            fixture.Tokenizer.PrefixIds.Concat(fixture.Tokenizer.SuffixIds)
        );
    }

    [Fact]
    public void Encode_RenderedPromptsOfSmolLm2_GivesReferenceIds()
    {
        string folder = Fixtures.PathOf("smollm2-135m-instruct");
        Tokenizer tokenizer = Tokenizer.Load(folder);
        JsonElement prompts = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "expected.json"))).RootElement;
        foreach (JsonElement prompt in prompts.EnumerateArray())
        {
            Assert.Equal(TokenizerFixture.Ids(prompt.GetProperty("ids")), tokenizer.Encode(prompt.GetProperty("text").GetString() ?? ""));
            Assert.Equal(
                prompt.GetProperty("greedy_text").GetString(),
                tokenizer.Decode(TokenizerFixture.Ids(prompt.GetProperty("greedy")))
            );
        }
    }

    private void Compare(string name, string expected, Func<Tokenizer, JsonElement, string, int[]> encode)
    {
        TokenizerFixture fixture = TokenizerFixture.Get(name);
        List<string> wrong = [];
        Dictionary<string, int> excused = HangOnUnicodeVersion.ToDictionary(category => category, _ => 0);
        int count = 0;
        foreach (JsonElement example in fixture.Cases.GetProperty("cases").EnumerateArray())
        {
            string text = example.GetProperty("text").GetString() ?? "";
            string category = example.GetProperty("cat").GetString() ?? "";
            count++;
            if (encode(fixture.Tokenizer, example, text).SequenceEqual(TokenizerFixture.Ids(example.GetProperty(expected))))
            {
                continue;
            }

            if (excused.TryGetValue(category, out int soFar))
            {
                excused[category] = soFar + 1;
            }
            else
            {
                wrong.Add($"{category}: {JsonSerializer.Serialize(text)}");
            }
        }

        output.WriteLine(
            $"{name}, {expected}: {count} texts, {wrong.Count} differ; apart: "
                + string.Join(", ", excused.Select(e => $"{e.Key} {e.Value}"))
        );
        Assert.Empty(wrong);
    }
}
