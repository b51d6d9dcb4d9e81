using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Inspection;

/// <summary>
/// Reads a file once and says what it is. Memory: a few counters a field, and sixteen bytes a pair for finding pairs that come twice (the
/// first <see cref="MaxPairsRemembered"/> of them).
/// </summary>
internal sealed class FileInspector
{
    /// <summary>How many pairs are remembered for finding those that come twice.</summary>
    public const int MaxPairsRemembered = 4_000_000;

    private readonly Dictionary<RowKind, long> _kinds = [];
    private readonly Dictionary<string, FieldCounter> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (long Rows, string FirstPlace)> _oddities = new(StringComparer.Ordinal);
    private readonly HashSet<UInt128> _pairs = [];
    private readonly Dictionary<Verdict, long> _labels = [];
    private bool _anyNumbered;
    private long _rows;

    private FileInspector() { }

    /// <summary>Inspects a file; one that holds no rows is refused in the result, not by an exception.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static async Task<FileInspection> InspectAsync(string path, CancellationToken cancellationToken = default)
    {
        try
        {
            RowFile file = await RowFile.OpenAsync(path, cancellationToken).ConfigureAwait(false);
            await using (file.ConfigureAwait(false))
            {
                return await InspectAsync(file, cancellationToken).ConfigureAwait(false) with { Bytes = LengthOf(path) };
            }
        }
        catch (Exception exception) when (exception is NotSupportedException or InvalidDataException)
        {
            return new FileInspection
            {
                File = path,
                Refused = exception.Message,
                Bytes = LengthOf(path),
            };
        }
    }

    /// <summary><see cref="FileInfo"/> gives the length of a link, not of its target.</summary>
    private static long LengthOf(string path) =>
        ((FileInfo?)File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path)).Length;

    /// <summary>Inspects a file that was opened.</summary>
    /// <exception cref="InvalidDataException">It is damaged from its start.</exception>
    public static async Task<FileInspection> InspectAsync(RowFile file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        FileInspector inspector = new();
        await foreach (DataRow row in RowReader.ReadAsync(file, cancellationToken).ConfigureAwait(false))
        {
            inspector.Add(row);
        }

        return inspector.Result(file);
    }

    private void Add(DataRow row)
    {
        _rows++;
        RowContent content = RowRecognizer.Recognize(row);
        if (row.Fields is not { } fields)
        {
            Notice(row, $"cannot be read: {row.Error}");
            return;
        }

        Count(_kinds, content.Kind);
        foreach (JsonProperty field in fields.EnumerateObject())
        {
            ref FieldCounter? counter = ref CollectionsMarshal.GetValueRefOrAddDefault(_fields, field.Name, out _);
            (counter ??= new FieldCounter()).Add(field.Value);
        }

        switch (content)
        {
            case FaultyContent faulty:
                Notice(row, faulty.Error);
                break;
            case PairContent pair:
                Add(row, pair);
                break;
            case CandidatesContent candidates
                when candidates.Responses.Distinct().Count() is var distinct && distinct < candidates.Responses.Count:
                Notice(row, "some responses are the same");
                break;
        }
    }

    private void Add(DataRow row, PairContent pair)
    {
        Count(_labels, pair.Label);
        _anyNumbered |= !pair.IsNamedByLabel;
        Comparison comparison = pair.Comparison;
        NoticeIf(comparison.Query.Length == 0, row, "the query is empty");
        NoticeIf(comparison.Response1.Length == 0 || comparison.Response2.Length == 0, row, "a response is empty");
        NoticeIf(comparison.Response1 == comparison.Response2, row, "both responses are the same");
        if (_pairs.Count < MaxPairsRemembered)
        {
            NoticeIf(
                !_pairs.Add(BinaryPrimitives.ReadUInt128LittleEndian(ComparisonHash.OfUnorderedPair(comparison))),
                row,
                "the pair came before, in this or the other order"
            );
        }
    }

    private FileInspection Result(RowFile file)
    {
        KindCount[] kinds =
        [
            .. _kinds.OrderByDescending(kind => kind.Value).ThenBy(kind => kind.Key).Select(kind => new KindCount(kind.Key, kind.Value)),
        ];
        LabelCount? labels =
            _labels.Count == 0
                ? null
                : new(
                    _labels.GetValueOrDefault(Verdict.First),
                    _labels.GetValueOrDefault(Verdict.Second),
                    _labels.GetValueOrDefault(Verdict.Unparsable)
                );
        List<Oddity> oddities = [.. _oddities.Select(oddity => new Oddity(oddity.Key, oddity.Value.Rows, oddity.Value.FirstPlace))];
        if (labels is { First: > 1, Second: 0 } && _anyNumbered)
        {
            oddities.Add(
                new Oddity(
                    "every labelled pair has the better response first: a judge that always says 1 would be right",
                    labels.First,
                    file.Name
                )
            );
        }

        if (kinds.Length > 1)
        {
            oddities.Add(new Oddity("rows are of several kinds", _rows, file.Name));
        }

        return new FileInspection
        {
            File = file.Name,
            Format = file.Format switch
            {
                RowFormat.JsonLines => "json_lines",
                RowFormat.JsonList => "json_list",
                RowFormat.JsonObjects => "json_objects",
                RowFormat.CommaSeparated => "csv",
                RowFormat.TabSeparated => "tsv",
                _ => "parquet",
            },
            Compression = file.Compression.ToString().ToLowerInvariant(),
            Rows = _rows,
            TakenFor = kinds.Length > 0 ? kinds[0].Kind : RowKind.Unknown,
            Kinds = kinds,
            Fields = [.. _fields.Select(field => field.Value.ToInspection(field.Key))],
            Labels = labels,
            Oddities = oddities,
        };
    }

    private void NoticeIf(bool holds, DataRow row, string what)
    {
        if (holds)
        {
            Notice(row, what);
        }
    }

    private void Notice(DataRow row, string what)
    {
        (long rows, string place) = _oddities.GetValueOrDefault(what, (0, row.Place));
        if (rows > 0 || _oddities.Count < 100)
        {
            _oddities[what] = (rows + 1, place);
        }
    }

    private static void Count<TKey>(Dictionary<TKey, long> counts, TKey key)
        where TKey : notnull => counts[key] = counts.GetValueOrDefault(key) + 1;

    private sealed class FieldCounter
    {
        private readonly Dictionary<string, long> _types = [];
        private long _lengths;
        private long _sum;
        private long _shortest = long.MaxValue;
        private long _longest;

        public void Add(JsonElement value)
        {
            Count(_types, TypeOf(value));
            long? length = value.ValueKind switch
            {
                JsonValueKind.String => Characters(value),
                JsonValueKind.Array => value.GetArrayLength(),
                _ => null,
            };
            if (length is { } known)
            {
                _lengths++;
                _sum += known;
                _shortest = Math.Min(_shortest, known);
                _longest = Math.Max(_longest, known);
            }
        }

        public FieldInspection ToInspection(string name) =>
            new(
                name,
                [.. _types.OrderByDescending(type => type.Value).ThenBy(type => type.Key, StringComparer.Ordinal).Select(type => type.Key)],
                _types.Values.Sum(),
                _lengths > 0 ? _shortest : null,
                _lengths > 0 ? Math.Round((double)_sum / _lengths, 1) : null,
                _lengths > 0 ? _longest : null
            );

        private static string TypeOf(JsonElement value) =>
            value.ValueKind switch
            {
                JsonValueKind.String => "string",
                JsonValueKind.Number => value.TryGetInt64(out _) ? "integer" : "number",
                JsonValueKind.True or JsonValueKind.False => "boolean",
                JsonValueKind.Array => "list",
                JsonValueKind.Object => "object",
                _ => "null",
            };

        private static long Characters(JsonElement text)
        {
            try
            {
                return text.GetString()?.Length ?? 0;
            }
            catch (InvalidOperationException)
            {
                // Half a surrogate pair: told as an oddity where the text is used; its bytes are near enough to a length.
                return JsonMarshal.GetRawUtf8Value(text).Length - 2;
            }
        }
    }
}
