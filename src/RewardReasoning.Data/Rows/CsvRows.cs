using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// The rows of a table of text: a header with the names of the fields, then a row a record (RFC 4180; tabs in place of commas in a .tsv,
/// and semicolons if the header has no comma, as spreadsheets write them where the comma is the decimal point). Records end with a line
/// feed, a carriage return or both. Cells are texts; an empty cell without quotes is no value. Memory holds one record.
/// </summary>
internal static class CsvRows
{
    private const int BufferCharacters = 1 << 16;

    public static async IAsyncEnumerable<DataRow> ReadAsync(RowFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using StreamReader text = new(
            file.Content,
            new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true),
            detectEncodingFromByteOrderMarks: true,
            BufferCharacters,
            leaveOpen: true
        );
        Records records = new(text, file.Format == RowFormat.TabSeparated ? '\t' : ',');
        string[]? header = null;
        long number = 0;
        while (true)
        {
            (List<string?>? record, string? fault) = await NextAsync(records, cancellationToken).ConfigureAwait(false);
            DataRow place = new()
            {
                File = file.Name,
                Number = number + 1,
                IsLine = false,
                Error = fault,
            };
            if (fault is not null)
            {
                yield return place;
                yield break;
            }

            if (record is null)
            {
                yield break;
            }

            if (record is [null])
            {
                continue; // a blank line
            }

            if (header is null)
            {
                header = NamesOf(record);
                if (header.GroupBy(name => name).FirstOrDefault(group => group.Count() > 1) is { } twice)
                {
                    yield return place with
                    {
                        Error = $"The first line names the column '{twice.Key}' twice.",
                    };
                    yield break;
                }

                continue;
            }

            number++;
            yield return record.Count == header.Length
                ? JsonRow.Parse(ToJson(header, record), place)
                : place with
                {
                    Error =
                        $"The record has {record.Count} cells, and the header has {header.Length}; quote cells that hold a separator or "
                        + "a line break.",
                };
        }
    }

    private static async Task<(List<string?>? Record, string? Fault)> NextAsync(Records records, CancellationToken cancellationToken)
    {
        try
        {
            return (await records.NextAsync(cancellationToken).ConfigureAwait(false), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, "The text is not UTF-8 from here on; convert the file first.");
        }
        catch (Exception exception) when (RowCompressions.IsDamage(exception))
        {
            return (null, exception.Message);
        }
    }

    /// <summary>The names of the columns; one without a name, as data frames write their index, is known by its place.</summary>
    private static string[] NamesOf(List<string?> header) =>
        [.. header.Select((name, i) => string.IsNullOrEmpty(name) ? FormattableString.Invariant($"column_{i + 1}") : name)];

    private static byte[] ToJson(string[] header, List<string?> record)
    {
        using MemoryStream json = new();
        using (Utf8JsonWriter writer = new(json, new JsonWriterOptions { SkipValidation = true }))
        {
            writer.WriteStartObject();
            for (int i = 0; i < header.Length; i++)
            {
                writer.WriteString(header[i], record[i]);
            }

            writer.WriteEndObject();
        }

        return json.ToArray();
    }

    /// <summary>Parts text into records of cells.</summary>
    private sealed class Records(StreamReader text, char separator)
    {
        private const int MaxCharacters = JsonLines.MaxLineBytes;

        private readonly char[] _buffer = new char[BufferCharacters];
        private readonly StringBuilder _cell = new();
        private char? _separator;
        private bool _returned;
        private int _at;
        private int _end;

        /// <summary>The cells of the next record, null for those that are empty without quotes; null at the end of the text.</summary>
        /// <exception cref="InvalidDataException">A quoted cell does not end, or a record is too long.</exception>
        public async Task<List<string?>?> NextAsync(CancellationToken cancellationToken)
        {
            _separator ??= await SeparatorAsync(cancellationToken).ConfigureAwait(false);
            List<string?> cells = [];
            long length = 0;
            bool quoted = false,
                wasQuoted = false;
            while (true)
            {
                int next = await TakeAsync(cancellationToken).ConfigureAwait(false);
                if (++length > MaxCharacters)
                {
                    throw new InvalidDataException(
                        $"The record is longer than {MaxCharacters >> 20} million characters; is a quote missing? What follows cannot be "
                            + "read."
                    );
                }

                if (next < 0)
                {
                    if (quoted)
                    {
                        throw new InvalidDataException("The last cell begins with a quote that does not end; the file is cut short.");
                    }

                    return cells.Count == 0 && _cell.Length == 0 && !wasQuoted ? null : Ended();
                }

                char letter = (char)next;
                bool isSecond = letter == '\n' && _returned;
                _returned = false;
                if (isSecond)
                {
                    continue; // the line feed of a line end that began with a carriage return
                }

                if (quoted)
                {
                    if (letter != '"')
                    {
                        _cell.Append(letter);
                    }
                    else if (await PeekAsync(cancellationToken).ConfigureAwait(false) == '"')
                    {
                        _at++;
                        _cell.Append('"');
                    }
                    else
                    {
                        quoted = false;
                    }
                }
                else if (letter == '"' && _cell.Length == 0 && !wasQuoted)
                {
                    quoted = wasQuoted = true;
                }
                else if (letter == _separator)
                {
                    EndCell();
                }
                else if (letter is '\n' or '\r')
                {
                    _returned = letter == '\r';
                    return Ended();
                }
                else
                {
                    _cell.Append(letter);
                }
            }

            void EndCell()
            {
                cells.Add(_cell.Length > 0 || wasQuoted ? _cell.ToString() : null);
                _cell.Clear();
                wasQuoted = false;
            }

            List<string?> Ended()
            {
                EndCell();
                return cells;
            }
        }

        /// <summary>The separator by the first line: semicolons where it has them and no comma.</summary>
        private async Task<char> SeparatorAsync(CancellationToken cancellationToken)
        {
            int read = 1;
            while (read > 0 && _end < _buffer.Length && _buffer.AsSpan(0, _end).IndexOfAny('\n', '\r') < 0)
            {
                read = await text.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
                _end += read;
            }

            ReadOnlySpan<char> line = _buffer.AsSpan(0, _end);
            line = line.IndexOfAny('\n', '\r') is >= 0 and var end ? line[..end] : line;
            return separator == ',' && !line.Contains(',') && line.Contains(';') ? ';' : separator;
        }

        private async ValueTask<int> PeekAsync(CancellationToken cancellationToken)
        {
            if (_at == _end)
            {
                (_at, _end) = (0, await text.ReadAsync(_buffer, cancellationToken).ConfigureAwait(false));
            }

            return _at < _end ? _buffer[_at] : -1;
        }

        private async ValueTask<int> TakeAsync(CancellationToken cancellationToken)
        {
            int next = _at < _end ? _buffer[_at] : await PeekAsync(cancellationToken).ConfigureAwait(false);
            _at += next < 0 ? 0 : 1;
            return next;
        }
    }
}
