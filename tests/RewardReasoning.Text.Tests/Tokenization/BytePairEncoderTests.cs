using System.Text;
using System.Text.Json;
using CsCheck;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class BytePairEncoderTests
{
    /// <summary>Both ways of merging, the scan of short pieces and the heap of long ones, against the definition.</summary>
    [Fact]
    public void EncodePlain_PiecesOfAnyLength_MergeAsDefined() =>
        Gen.Select(Gen.String[Gen.Char["abc "], 2, 10].List[1, 8], Gen.String[Gen.Char["abc é"], 0, 400])
            .Sample(
                (learnt, text) =>
                {
                    using TemporaryFolder folder = new();
                    TokenizerBuilder.Write(folder.Path, new TokenizerRecipe { MergedTexts = learnt });
                    Assert.Equal(MergeByDefinition(folder.Path, text), Tokenizer.Load(folder.Path).EncodePlain(text));
                },
                iter: 100
            );

    [Fact]
    public void EncodePlain_IgnoreMerges_TakesTheWholePiece()
    {
        using TemporaryFolder folder = new();
        TokenizerJson.Write(folder, """ "ignore_merges": true """, vocabulary: ["a", "b", "c", "abc"], merges: []);
        Assert.Equal([3, 0, 1], Tokenizer.Load(folder.Path).EncodePlain("abc1ab"));
    }

    [Fact]
    public void EncodePlain_BytesMissingFromTheVocabulary_AreDropped()
    {
        using TemporaryFolder folder = new();
        TokenizerJson.Write(folder, """ "unk_token": null """, vocabulary: ["a", "b", "ab"], merges: [("a", "b")]);
        Assert.Equal([2, 0], Tokenizer.Load(folder.Path).EncodePlain("abxa"));
    }

    [Fact]
    public void EncodePlain_MergesAsStringsAndBeforeTheVocabulary_AreRead()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "tokenizer.json",
            """
            { "model": { "merges": ["a b", "ab c"], "vocab": {"a":0,"b":1,"c":2,"ab":3,"abc":4} },
              "decoder": {"type":"ByteLevel"}, "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false,"use_regex":false} }
            """
        );
        Assert.Equal([4, 3, 3, 1, 4], Tokenizer.Load(folder.Path).EncodePlain("abcababbabc"));
    }

    private static List<int> MergeByDefinition(string folder, string text)
    {
        using JsonDocument file = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "tokenizer.json")));
        JsonElement model = file.RootElement.GetProperty("model");
        Dictionary<string, int> ids = model.GetProperty("vocab").EnumerateObject().ToDictionary(t => t.Name, t => t.Value.GetInt32());
        (string, string)[] merges =
        [
            .. model.GetProperty("merges").EnumerateArray().Select(m => (m[0].GetString() ?? "", m[1].GetString() ?? "")),
        ];
        List<string> symbols = [.. Encoding.UTF8.GetBytes(text).Select(value => ByteLevelAlphabet.ToChar(value).ToString())];
        while (true)
        {
            var next = Enumerable
                .Range(0, Math.Max(0, symbols.Count - 1))
                .Select(at => (Rank: Array.IndexOf(merges, (symbols[at], symbols[at + 1])), At: at))
                .Where(pair => pair.Rank >= 0)
                .Order()
                .Select(pair => (int?)pair.At)
                .FirstOrDefault();
            if (next is not { } at)
            {
                return [.. symbols.Select(symbol => ids[symbol])];
            }

            symbols[at] += symbols[at + 1];
            symbols.RemoveAt(at + 1);
        }
    }
}
