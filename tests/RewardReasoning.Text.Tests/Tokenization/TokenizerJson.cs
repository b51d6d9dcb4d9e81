using System.Text.Json;
using RewardReasoning.Testing;

namespace RewardReasoning.Text.Tests.Tokenization;

/// <summary>Small tokenizer files written by hand; digits are split, and nothing else.</summary>
internal static class TokenizerJson
{
    public static void Write(
        TemporaryFolder folder,
        string modelOption,
        string[] vocabulary,
        (string, string)[] merges,
        params object[] addedTokens
    )
    {
        string vocab = JsonSerializer.Serialize(vocabulary.Select((token, id) => (token, id)).ToDictionary(t => t.token, t => t.id));
        string merge = JsonSerializer.Serialize(merges.Select(m => new[] { m.Item1, m.Item2 }));
        folder.Write(
            "tokenizer.json",
            $$"""
            {
              "added_tokens": {{JsonSerializer.Serialize(addedTokens)}},
              "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
                {"type": "Digits", "individual_digits": true},
                {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]},
              "decoder": {"type": "ByteLevel"},
              "model": { "type": "BPE", {{modelOption}}, "vocab": {{vocab}}, "merges": {{merge}} }
            }
            """
        );
    }
}
