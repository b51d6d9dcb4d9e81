// Unicode normalization form C (Unicode Standard Annex 15): decompose canonically, order the marks by combining class, compose again.
// string.Normalize will not do: it changes nothing under invariant globalization, and elsewhere its tables are the system's, while
// equal ids need the reference's (Unicode 9).
using System.Collections;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace RewardReasoning.Text.Tokenization;

/// <summary>Normalization form C.</summary>
internal static class CanonicalComposition
{
    // Below U+0300 every character is in form C already and composes with nothing before it.
    private const char FirstOfInterest = '\u0300';

    private const int SyllableBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TrailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TrailCount = 28;
    private const int SyllableCount = LeadCount * VowelCount * TrailCount;

    /// <summary>A quick test that is never wrong when it says yes.</summary>
    public static bool IsSurelyComposed(ReadOnlySpan<char> text)
    {
        int at = text.IndexOfAnyInRange(FirstOfInterest, '\uFFFF');
        if (at < 0)
        {
            return true;
        }

        BitArray suspicious = Tables.Suspicious;
        foreach (char unit in text[at..])
        {
            if (suspicious[unit])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The text in form C; lone surrogates become U+FFFD.</summary>
    public static ReadOnlySpan<char> Compose(ReadOnlySpan<char> text)
    {
        List<int> codePoints = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, codePoints);
        }

        OrderMarks(codePoints);
        ComposePairs(codePoints);
        StringBuilder composed = new(text.Length);
        Span<char> units = stackalloc char[2];
        foreach (int codePoint in codePoints)
        {
            composed.Append(units[..new Rune(codePoint).EncodeToUtf16(units)]);
        }

        return composed.ToString();
    }

    private static void Decompose(int codePoint, List<int> output)
    {
        int syllable = codePoint - SyllableBase;
        if ((uint)syllable < SyllableCount)
        {
            output.Add(LeadBase + (syllable / (VowelCount * TrailCount)));
            output.Add(VowelBase + (syllable % (VowelCount * TrailCount) / TrailCount));
            if (syllable % TrailCount != 0)
            {
                output.Add(TrailBase + (syllable % TrailCount));
            }
        }
        else if (Tables.Decompositions.TryGetValue(codePoint, out (int First, int? Second) parts))
        {
            Decompose(parts.First, output);
            if (parts.Second is { } second)
            {
                Decompose(second, output);
            }
        }
        else
        {
            output.Add(codePoint);
        }
    }

    /// <summary>Sorts each run of marks by combining class; marks of one class keep their order.</summary>
    private static void OrderMarks(List<int> codePoints)
    {
        for (int at = 0; at < codePoints.Count; at++)
        {
            int end = at;
            while (end < codePoints.Count && ClassOf(codePoints[end]) != 0)
            {
                end++;
            }

            if (end - at > 1)
            {
                int[] sorted = [.. codePoints.Skip(at).Take(end - at).OrderBy(ClassOf)];
                for (int i = 0; i < sorted.Length; i++)
                {
                    codePoints[at + i] = sorted[i];
                }
            }

            at = Math.Max(at, end);
        }
    }

    private static void ComposePairs(List<int> codePoints)
    {
        int count = 0;
        int starter = -1;
        int lastClass = 0;
        foreach (int codePoint in CollectionsMarshal.AsSpan(codePoints))
        {
            int markClass = ClassOf(codePoint);

            // Blocked where a mark of the same or a higher class, or another starter, is between.
            bool reaches = starter >= 0 && (starter == count - 1 || (lastClass != 0 && lastClass < markClass));
            if (reaches && TryCompose(codePoints[starter], codePoint, out int whole))
            {
                codePoints[starter] = whole;
                continue;
            }

            if (markClass == 0)
            {
                starter = count;
            }

            lastClass = markClass;
            codePoints[count++] = codePoint;
        }

        codePoints.RemoveRange(count, codePoints.Count - count);
    }

    private static bool TryCompose(int first, int second, out int whole)
    {
        if ((uint)(first - LeadBase) < LeadCount && (uint)(second - VowelBase) < VowelCount)
        {
            whole = SyllableBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TrailCount);
            return true;
        }

        int syllable = first - SyllableBase;
        if ((uint)syllable < SyllableCount && syllable % TrailCount == 0 && second > TrailBase && second < TrailBase + TrailCount)
        {
            whole = first + second - TrailBase;
            return true;
        }

        return Tables.Compositions.TryGetValue((first, second), out whole);
    }

    private static byte ClassOf(int codePoint) => codePoint < FirstOfInterest ? (byte)0 : Tables.Classes.GetValueOrDefault(codePoint);

    /// <summary>Read when the first text comes that needs them.</summary>
    private static class Tables
    {
        public static readonly Dictionary<int, byte> Classes = [];
        public static readonly Dictionary<int, (int First, int? Second)> Decompositions = [];
        public static readonly Dictionary<(int First, int Second), int> Compositions = [];

        /// <summary>UTF-16 units that may begin something that is not in form C, or that may change with what comes before them.</summary>
        public static readonly BitArray Suspicious = new(0x10000);

#pragma warning disable CA1810 // The tables are filled from one another, so initializers would not be simpler.
        static Tables()
        {
            foreach (string entry in Words(CanonicalCompositionData.CombiningClasses))
            {
                string[] parts = entry.Split('=');
                string[] range = parts[0].Split('-');
                for (int codePoint = Hex(range[0]); codePoint <= Hex(range[^1]); codePoint++)
                {
                    Classes[codePoint] = byte.Parse(parts[1], CultureInfo.InvariantCulture);
                    Suspect(codePoint);
                }
            }

            foreach (string entry in Words(CanonicalCompositionData.Decompositions))
            {
                bool composes = entry.Contains('=');
                string[] parts = entry.Split('=', '>');
                int[] pair = [.. parts[1].Split('+').Select(Hex)];
                Decompositions[Hex(parts[0])] = (pair[0], pair.Length > 1 ? pair[1] : null);
                if (composes)
                {
                    Compositions[(pair[0], pair[1])] = Hex(parts[0]);
                    Suspect(pair[1]);
                }
                else
                {
                    Suspect(Hex(parts[0]));
                }
            }

            for (int jamo = VowelBase; jamo < TrailBase + TrailCount; jamo++)
            {
                Suspect(jamo);
            }
        }
#pragma warning restore CA1810

        private static void Suspect(int codePoint) =>
            Suspicious[codePoint < 0x10000 ? codePoint : char.ConvertFromUtf32(codePoint)[0]] = true;

        private static string[] Words(string table) => table.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

        private static int Hex(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
