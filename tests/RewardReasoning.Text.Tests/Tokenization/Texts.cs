using CsCheck;

namespace RewardReasoning.Text.Tests.Tokenization;

/// <summary>Strings that are hard on tokenizers.</summary>
internal static class Texts
{
    private static readonly Gen<string> Part = Gen.Frequency(
        (
            6,
            Choose(
                " ",
                "  ",
                "\n",
                "\r\n",
                "\t",
                "\u00A0",
                "\u2028",
                "\u3000",
                "a",
                "Word",
                "don't",
                "'S",
                "'ſ",
                "'re",
                "x'll",
                "1",
                "12",
                "3456",
                "½",
                "٣",
                "Ⅷ"
            )
        ),
        (
            3,
            Choose(
                "<|im_end|>",
                "<|im_start|>",
                "<think>",
                "</think>",
                "<|endoftext|>",
                "<｜User｜>",
                "<|begin_of_text|>",
                "<|im_",
                "end|>",
                "<"
            )
        ),
        (
            3,
            Choose(
                "é",
                "e\u0301",
                "\u0323\u0307",
                "q\u0307\u0323",
                "각",
                "\u1100\u1161\u11A8",
                "ﬁ",
                "Å",
                "\u0958",
                "中文",
                "ไทย",
                "👨‍👩‍👧",
                "🇩🇪",
                "𝟘",
                "𠀀",
                "\U0001E900"
            )
        ),
        (2, Choose("!?", "...", "\\frac{1}{2}", "{\"a\": 1}", "—", "\0", "\u001b", "\u007f", "\uFEFF", "\u200B", "\uFFFD")),
        (2, Gen.Int[0, 0x10FFFF].Where(c => c is < 0xD800 or > 0xDFFF).Select(char.ConvertFromUtf32))
    );

    /// <summary>Any string without lone surrogates.</summary>
    public static Gen<string> Any { get; } = Part.Array[0, 24].Select(string.Concat);

    private static Gen<string> Choose(params string[] strings) => Gen.Int[0, strings.Length - 1].Select(i => strings[i]);
}
