using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace RewardReasoning.Data.Rows;

/// <summary>One element of a JSON list, or what is wrong there.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Bytes">Its JSON; good until the next one is asked for.</param>
/// <param name="Error">Why it cannot be had, with the line; null when it can.</param>
internal readonly record struct ListItem(long Number, ReadOnlyMemory<byte> Bytes, string? Error = null);

/// <summary>
/// The elements of one JSON list as a stream: memory holds one element, however many there are. A fault ends it, for where the next
/// element would begin cannot be told; nothing before it is lost.
/// </summary>
internal static class JsonList
{
    private const int BufferBytes = 1 << 18;
    private static readonly SearchValues<byte> Blanks = SearchValues.Create(" \t\r\n"u8);

    private enum Step
    {
        Open,
        FirstElement,
        Element,
        Separator,
        End,
    }

    public static async IAsyncEnumerable<ListItem> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[BufferBytes];
        int start = 0;
        int end = 0;
        long number = 0;
        long line = 1;
        bool ended = false;
        string? damage = null;
        Step step = Step.Open;
        while (true)
        {
            (int taken, Step next, string? fault, bool isElement) = Take(buffer.AsSpan(start, end - start), step, ended);
            if (fault is not null)
            {
                line += buffer.AsSpan(start, taken).Count((byte)'\n');
                yield return new ListItem(
                    number + 1,
                    default,
                    damage is null ? $"{fault} (line {line}); what follows cannot be read." : $"{damage} (line {line})"
                );
                yield break;
            }

            if (taken > 0)
            {
                if (isElement)
                {
                    yield return new ListItem(++number, buffer.AsMemory(start, taken));
                }

                line += buffer.AsSpan(start, taken).Count((byte)'\n');
                (start, step) = (start + taken, next);
                continue;
            }

            if (ended)
            {
                yield break;
            }

            if (start > 0)
            {
                buffer.AsSpan(start, end - start).CopyTo(buffer);
                (start, end) = (0, end - start);
            }

            if (end == buffer.Length)
            {
                if (end >= JsonLines.MaxLineBytes)
                {
                    yield return new ListItem(
                        number + 1,
                        default,
                        $"The row is longer than {JsonLines.MaxLineBytes >> 20} MiB (line {line}); what follows cannot be read."
                    );
                    yield break;
                }

                Array.Resize(ref buffer, end * 2);
            }

            (int read, damage) = await RowCompressions.ReadAsync(stream, buffer.AsMemory(end), cancellationToken).ConfigureAwait(false);
            end += read;
            ended = read == 0;
        }
    }

    /// <summary>
    /// Takes blanks, a mark or an element from the front of the text: how many bytes, and what comes next. Nothing is taken where more
    /// text is needed; at the end of all text that is a fault, with the bytes before it.
    /// </summary>
    private static (int Taken, Step Next, string? Fault, bool IsElement) Take(ReadOnlySpan<byte> text, Step step, bool ended)
    {
        if (step == Step.Open && text.StartsWith("\uFEFF"u8))
        {
            return (3, step, null, false);
        }

        int blanks = text.IndexOfAnyExcept(Blanks);
        if (blanks != 0 && text.Length > 0)
        {
            return (blanks < 0 ? text.Length : blanks, step, null, false);
        }

        if (text.IsEmpty)
        {
            return (0, step, ended && step != Step.End ? "The list is cut short" : null, false);
        }

        return (step, text[0]) switch
        {
            (Step.Open, (byte)'[') => (1, Step.FirstElement, null, false),
            (Step.FirstElement or Step.Separator, (byte)']') => (1, Step.End, null, false),
            (Step.Separator, (byte)',') => (1, Step.Element, null, false),
            (Step.FirstElement or Step.Element, _) => TakeElement(text, step, ended),
            (Step.End, _) => (0, step, "Something follows the list", false),
            _ => (0, step, "A comma or the end of the list is missing", false),
        };
    }

    private static (int Taken, Step Next, string? Fault, bool IsElement) TakeElement(ReadOnlySpan<byte> text, Step step, bool ended)
    {
        Utf8JsonReader reader = new(text, isFinalBlock: ended, default);
        try
        {
            return reader.Read() && reader.TrySkip() ? ((int)reader.BytesConsumed, Step.Separator, null, true) : (0, step, null, false);
        }
        catch (JsonException exception)
        {
            return ((int)reader.BytesConsumed, step, JsonRow.NotJson(exception), false);
        }
    }
}
