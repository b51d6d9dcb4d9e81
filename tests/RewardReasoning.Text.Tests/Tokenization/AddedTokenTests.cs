using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using Xunit;

namespace RewardReasoning.Text.Tests.Tokenization;

public sealed class AddedTokenTests
{
    private static readonly string[] Letters = ["a", "b", "Ġ", "<", ">", "<a>"];

    [Fact]
    public void Encode_TwoTokensAtOnePlace_TakesTheLongest() =>
        Assert.Equal("[<a>][<a><b>]", Encode("<a><a><b>", new { id = 10, content = "<a>" }, new { id = 11, content = "<a><b>" }));

    [Fact]
    public void Encode_StripFlags_SwallowWhiteSpaceOnTheirSide() =>
        Assert.Equal(
            "a[<l>] b[<r>]a",
            Encode(
                "a \t<l> b<r> \n a",
                new
                {
                    id = 10,
                    content = "<l>",
                    lstrip = true,
                },
                new
                {
                    id = 11,
                    content = "<r>",
                    rstrip = true,
                }
            )
        );

    [Fact]
    public void Encode_SingleWord_IsTokenOnlyWhereNoWordTouchesIt() =>
        Assert.Equal(
            "[ab] aab",
            Encode(
                "ab aab",
                new
                {
                    id = 10,
                    content = "ab",
                    single_word = true,
                }
            )
        );

    [Fact]
    public void Encode_TokenInTheVocabularyToo_IsOneToken()
    {
        using TemporaryFolder folder = new();
        TokenizerJson.Write(
            folder,
            """ "unk_token": null """,
            Letters,
            [],
            new
            {
                id = 5,
                content = "<a>",
                special = true,
            }
        );
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal([5], tokenizer.Encode("<a>"));
        Assert.Equal([3, 0, 4], tokenizer.EncodePlain("<a>"));
        Assert.Equal(6, tokenizer.VocabularySize);
    }

    [Fact]
    public void EncodePlain_WholePieceFirst_NeverGivesASpecialToken()
    {
        using TemporaryFolder folder = new();
        TokenizerJson.Write(
            folder,
            """ "ignore_merges": true """,
            Letters,
            [],
            new
            {
                id = 5,
                content = "<a>",
                special = true,
            }
        );
        Assert.Equal([3, 0, 4], Tokenizer.Load(folder.Path).EncodePlain("<a>"));
    }

    [Fact]
    public void EncodePlain_MergesThatSpellASpecialToken_AreNotFollowed()
    {
        using TemporaryFolder folder = new();
        TokenizerJson.Write(
            folder,
            """ "unk_token": null """,
            ["a", "b", "Ġ", "<", ">", "<a>", "<a"],
            [("<", "a"), ("<a", ">")],
            new
            {
                id = 5,
                content = "<a>",
                special = true,
            }
        );
        Assert.Equal([6, 4], Tokenizer.Load(folder.Path).EncodePlain("<a>"));
    }

    [Fact]
    public void Decode_SkipSpecial_LeavesOutOnlySpecialTokens()
    {
        using TemporaryFolder folder = new();
        TokenizerJson.Write(
            folder,
            """ "unk_token": null """,
            Letters,
            [],
            new
            {
                id = 10,
                content = "<end>",
                special = true,
            },
            new
            {
                id = 11,
                content = "<｜t｜>",
                special = false,
            }
        );
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        Assert.Equal("a<｜t｜>", tokenizer.Decode([0, 10, 11], skipSpecial: true));
        Assert.Equal("a<end><｜t｜>", tokenizer.Decode([0, 10, 8, 11]));
    }

    /// <summary>The text with the tokens that were recognised in brackets.</summary>
    private static string Encode(string text, params object[] added)
    {
        using TemporaryFolder folder = new();
        TokenizerJson.Write(folder, """ "unk_token": null """, Letters, [], added);
        Tokenizer tokenizer = Tokenizer.Load(folder.Path);
        return string.Concat(tokenizer.Encode(text).Select(id => id >= 10 ? $"[{tokenizer.Decode([id])}]" : tokenizer.Decode([id])));
    }
}
