namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// The printable stand-ins that byte-level tokenizers (GPT-2 and all its kin) write for the 256 bytes: printable Latin-1
/// characters stand for themselves, the other 68 bytes for U+0100 and up in order.
/// </summary>
internal static class ByteLevelAlphabet
{
    /// <summary>One more than the largest stand-in.</summary>
    private const int Limit = 0x100 + 68;

    private static readonly char[] Characters = MakeCharacters();
    private static readonly short[] Bytes = MakeBytes();

    /// <summary>The character that stands for a byte.</summary>
    public static char ToChar(byte value) => Characters[value];

    /// <summary>A token's bytes as the stand-ins that a vocabulary file spells it with.</summary>
    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        char[] text = new char[bytes.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            text[i] = Characters[bytes[i]];
        }

        return new string(text);
    }

    /// <summary>
    /// Reads a token's spelling, given in UTF-8, back into bytes. False where a character stands for no byte: such a token stands
    /// for its own UTF-8 and can never come out of the merges.
    /// </summary>
    /// <param name="spelling">The token as the vocabulary spells it.</param>
    /// <param name="bytes">Receives the bytes; at least as long as <paramref name="spelling"/>.</param>
    /// <param name="length">How many bytes were written.</param>
    public static bool TryToBytes(ReadOnlySpan<byte> spelling, Span<byte> bytes, out int length)
    {
        length = 0;
        for (int i = 0; i < spelling.Length; )
        {
            int character = spelling[i++];
            if (character >= 0x80)
            {
                if (character >= 0xE0 || i == spelling.Length)
                {
                    return false;
                }

                character = ((character & 0x1F) << 6) | (spelling[i++] & 0x3F);
            }

            if (character >= Limit || Bytes[character] < 0)
            {
                return false;
            }

            bytes[length++] = (byte)Bytes[character];
        }

        return true;
    }

    private static char[] MakeCharacters()
    {
        char[] characters = new char[256];
        char next = '\u0100';
        for (int i = 0; i < 256; i++)
        {
            bool printable = i is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[i] = printable ? (char)i : next++;
        }

        return characters;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[Limit];
        Array.Fill(bytes, (short)-1);
        for (int i = 0; i < 256; i++)
        {
            bytes[Characters[i]] = (short)i;
        }

        return bytes;
    }
}
