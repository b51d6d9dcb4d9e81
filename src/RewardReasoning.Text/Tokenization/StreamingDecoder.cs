using System.Buffers;
using System.Text;

namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// Text of tokens as they come, one at a time. Bytes that do not yet complete a character are held back until they do, or until
/// it is clear that they never will and U+FFFD takes their place; so the parts put together are the text of
/// <see cref="Tokenizer.Decode(ReadOnlySpan{int}, bool)"/>. For one stream and one thread.
/// </summary>
internal sealed class StreamingDecoder
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecial;
    private readonly ArrayBufferWriter<byte> _pending = new(64);

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecial)
    {
        _tokenizer = tokenizer;
        _skipSpecial = skipSpecial;
    }

    /// <summary>What the next token adds to the text; empty where a character is still incomplete.</summary>
    public string Append(int id)
    {
        if (_skipSpecial && _tokenizer.IsSpecial(id))
        {
            return "";
        }

        _pending.Write(_tokenizer.TokenBytes(id).Span);
        return Take(_pending.WrittenCount - IncompleteLength(_pending.WrittenSpan));
    }

    /// <summary>
    /// What the end brings: U+FFFD for a character that was never completed, else nothing. The decoder can be used again.
    /// </summary>
    public string Flush() => Take(_pending.WrittenCount);

    private string Take(int length)
    {
        string text = Encoding.UTF8.GetString(_pending.WrittenSpan[..length]);
        byte[] rest = _pending.WrittenSpan[length..].ToArray();
        _pending.ResetWrittenCount();
        _pending.Write(rest);
        return text;
    }

    /// <summary>How many bytes at the end may still become one character.</summary>
    private static int IncompleteLength(ReadOnlySpan<byte> bytes)
    {
        for (int length = 1; length <= Math.Min(3, bytes.Length); length++)
        {
            byte value = bytes[^length];
            if (value >= 0xC0)
            {
                ReadOnlySpan<byte> end = bytes[^length..];
                bool incomplete = Rune.DecodeFromUtf8(end, out _, out _) == OperationStatus.NeedMoreData;

                // Two bytes of a surrogate are wrong already; the reference's decoder waits for the third all the same.
                return incomplete || end is [0xED, >= 0xA0] ? length : 0;
            }

            if (value < 0x80)
            {
                return 0;
            }
        }

        return 0;
    }
}
