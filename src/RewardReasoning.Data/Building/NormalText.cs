using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RewardReasoning.Data.Building;

/// <summary>
/// Texts as they are compared for being the same: compatibility forms unified (NFKC), case folded, and everything that is neither letter,
/// mark nor digit a blank.
/// </summary>
internal static class NormalText
{
    public static string[] Words(string text)
    {
        string unified = IsWellFormed(text) ? text.Normalize(NormalizationForm.FormKC) : text;
        StringBuilder normal = new(unified.Length);
        foreach (char letter in unified)
        {
            normal.Append(
                char.IsLetterOrDigit(letter)
                || char.IsSurrogate(letter)
                || char.GetUnicodeCategory(letter) == System.Globalization.UnicodeCategory.NonSpacingMark
                    ? char.ToLowerInvariant(letter)
                    : ' '
            );
        }

        return normal.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    public static string Of(string text) => string.Join(' ', Words(text));

    /// <summary>16 bytes of SHA-256, as a number.</summary>
    public static UInt128 Hash(string text) => BinaryPrimitives.ReadUInt128LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static bool IsWellFormed(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return false;
            }
        }

        return true;
    }
}
