using System.Globalization;
using System.Text.Json;
using CsCheck;
using DuckDB.NET.Data;
using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Rows;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

/// <summary>
/// Tables of random schemas and values, written as Parquet by DuckDB in its page versions, encodings and codecs, are read here with the
/// same values; and what is written here of them is read by DuckDB as the same table.
/// </summary>
public sealed class DuckDbCrossCheckTests : IDisposable
{
    private static readonly string[] Codecs = ["uncompressed", "snappy", "gzip", "zstd", "brotli", "lz4_raw"];

    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-duckdb-").FullName;
    private readonly DuckDBConnection _duckDb = new("DataSource=:memory:");

    public DuckDbCrossCheckTests() => _duckDb.Open();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _duckDb.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Read_TablesOfRandomSchemasByDuckDb_HaveTheirValues() =>
        await GenTable.SampleAsync(
            async table =>
            {
                string path = Write(table);

                DataRow[] read = await RowReader.ReadAsync(path, Token).ToArrayAsync(Token);

                Assert.All(read, row => Assert.True(row.Error is null, $"{table}\n{row.Place}: {row.Error}"));
                Assert.Equal(table.Rows.Length, read.Length);
                foreach ((Cell[] expected, DataRow row) in table.Rows.Zip(read))
                {
                    string json = $"{{{string.Join(',', expected.Select((cell, i) => $"\"c{i}\":{cell.Json}"))}}}";
                    using JsonDocument document = JsonDocument.Parse(json);
                    Assert.True(
                        row.Fields is { } fields && JsonElement.DeepEquals(document.RootElement, fields),
                        $"{table}\nexpected {json}\nread     {row.Fields?.GetRawText() ?? row.Error}"
                    );
                }
            },
            iter: 80,
            threads: 1
        );

    [Fact]
    public async Task Write_TablesThatDuckDbWrote_AreReadByItAsTheSameTables() =>
        await GenTable
            .Where(table =>
                !table.Types.Any(type =>
                    type.Contains("MAP", StringComparison.Ordinal) || type.Contains("INTERVAL", StringComparison.Ordinal)
                )
            )
            .SampleAsync(
                async table =>
                {
                    string path = Write(table),
                        again = Path.Combine(_folder, "again.parquet");
                    RowSurvey survey = await RowSurvey.OfAsync([path], null, Token);
                    await using (RowFileWriter writer = await RowFileWriter.CreateAsync(again, survey.Columns, TimeProvider.System, Token))
                    {
                        await foreach (DataRow row in RowReader.ReadAsync(path, Token))
                        {
                            await writer.WriteAsync(
                                json =>
                                {
                                    row.WriteFields(json, _ => false);
                                    json.WriteEndObject();
                                },
                                Token
                            );
                        }

                        writer.Complete();
                    }

                    Assert.Equal(Describe(path), Describe(again));
                    Assert.Equal(0L, Scalar($"SELECT count(*) FROM (SELECT * FROM '{path}' EXCEPT ALL SELECT * FROM '{again}')"));
                    Assert.Equal(table.Rows.LongLength, Scalar($"SELECT count(*) FROM '{again}'"));
                },
                iter: 40,
                threads: 1
            );

    private string Write(Table table)
    {
        string path = Path.Combine(_folder, "table.parquet");
        Execute($"CREATE OR REPLACE TABLE t ({string.Join(", ", table.Types.Select((type, i) => $"c{i} {type}"))})");
        Execute(
            $"INSERT INTO t VALUES {string.Join(", ", table.Rows.Select(row => $"({string.Join(", ", row.Select(cell => cell.Sql))})"))}"
        );
        Execute($"COPY t TO '{path}' (FORMAT parquet, CODEC '{table.Codec}', PARQUET_VERSION {table.Version}, ROW_GROUP_SIZE 2048)");
        return path;
    }

    private void Execute(string sql)
    {
        using DuckDBCommand command = _duckDb.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private long Scalar(string sql)
    {
        using DuckDBCommand command = _duckDb.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }

    private List<string> Describe(string path)
    {
        using DuckDBCommand command = _duckDb.CreateCommand();
        command.CommandText = $"SELECT column_name || ' ' || column_type FROM (DESCRIBE SELECT * FROM '{path}')";
        using DuckDBDataReader reader = command.ExecuteReader();
        List<string> columns = [];
        while (reader.Read())
        {
            columns.Add(reader.GetString(0));
        }

        return columns;
    }

    /// <summary>A value as DuckDB's SQL and as the JSON that it must become.</summary>
    private sealed record Cell(string Sql, string Json);

    /// <param name="Type">DuckDB's name.</param>
    /// <param name="Cells">Its values.</param>
    /// <param name="IsWide">
    /// Whether 32-bit numbers lie so far apart that DuckDB 1.5 writes differences of more than 32 bits into a DELTA_BINARY_PACKED page,
    /// which the format and Arrow's reader do not allow.
    /// </param>
    private sealed record Kind(string Type, Gen<Cell> Cells, bool IsWide = false);

    private sealed record Table(string[] Types, Cell[][] Rows, string Codec, string Version)
    {
        public override string ToString() => $"{string.Join(", ", Types)} ({Codec}, {Version}, {Rows.Length} rows)";
    }

    private static readonly Cell Null = new("NULL", "null");

    private static Kind Of<T>(string type, Gen<T> values, Func<T, string> sql, Func<T, string> json) =>
        new(type, values.Select(value => new Cell($"{sql(value)}::{type}", json(value))));

    private static Kind Integer(string type, long least, long most) =>
        Of(type, Gen.OneOf(Gen.Long[least, most], OneOf(least, most)), value => $"'{value}'", value => $"{value}");

    private static Kind Instant(string type, int decimals, string suffix) =>
        Of(
            type,
            Gen.DateTime[new DateTime(1700, 1, 1), new DateTime(2200, 1, 1)],
            value => $"'{Stamp(value, decimals).Replace('T', ' ')}{(suffix == "Z" ? "+00" : "")}'",
            value => $"\"{Trim(Stamp(value, decimals))}{suffix}\""
        );

    private static string Stamp(DateTime value, int decimals) =>
        value.ToString("yyyy-MM-dd'T'HH:mm:ss", CultureInfo.InvariantCulture)
        + (decimals == 0 ? "" : "." + $"{value.Ticks % 10_000_000:0000000}00"[..decimals]);

    private static string Trim(string clock) => clock.Contains('.', StringComparison.Ordinal) ? clock.TrimEnd('0').TrimEnd('.') : clock;

    private static Kind Decimal(int precision, int scale) =>
        Of(
            $"DECIMAL({precision},{scale})",
            Gen.Select(Gen.Bool, Gen.Char['0', '9'].Array[1, precision]),
            value => $"'{Number(value.Item1, value.Item2, scale)}'",
            value => Number(value.Item1, value.Item2, scale)
        );

    private static string Number(bool negative, char[] digits, int scale)
    {
        string all = new string(digits).PadLeft(scale + 1, '0');
        string whole = all[..^scale].TrimStart('0') is { Length: > 0 } some ? some : "0";
        string text = scale == 0 ? whole : $"{whole}.{all[^scale..]}";
        return negative && text.AsSpan().ContainsAnyInRange('1', '9') ? "-" + text : text;
    }

    private static readonly string[] Texts = ["", "a", "it's \"quoted\" \\ \n", "é 漢 😀", new('x', 300)];

    private static readonly Kind[] Scalars =
    [
        Of("BOOLEAN", Gen.Bool, value => $"{value}", value => value ? "true" : "false"),
        Integer("TINYINT", sbyte.MinValue, sbyte.MaxValue),
        Integer("UTINYINT", 0, byte.MaxValue),
        Integer("SMALLINT", short.MinValue, short.MaxValue),
        Integer("USMALLINT", 0, ushort.MaxValue),
        Integer("INTEGER", int.MinValue, int.MaxValue) with
        {
            IsWide = true,
        },
        Integer("INTEGER", -500_000_000, 500_000_000),
        Integer("UINTEGER", 0, uint.MaxValue) with
        {
            IsWide = true,
        },
        Integer("BIGINT", long.MinValue, long.MaxValue),
        Of("UBIGINT", Gen.ULong, value => $"'{value}'", value => $"{value}"),
        Of("FLOAT", Gen.Int[-1000, 1000].Select(value => value / 8f), Plain, Plain),
        Of("DOUBLE", Gen.Int.Select(value => value / 1024d), Plain, Plain),
        Of("DOUBLE", OneOf("NaN", "Infinity", "-Infinity"), value => $"'{value}'", value => $"\"{value}\""),
        Decimal(4, 1),
        Decimal(9, 2),
        Decimal(18, 6),
        Decimal(38, 10),
        Decimal(30, 0),
        Of("VARCHAR", OneOf(Texts), value => $"'{value.Replace("'", "''")}'", value => JsonSerializer.Serialize(value)),
        Of("ENUM('sad', 'ok')", OneOf("sad", "ok"), value => $"'{value}'", value => $"\"{value}\""),
        Of("JSON", OneOf("{\"a\":[1,null]}", "\"text\"", "7.5", "[]", "true"), value => $"'{value}'", value => value),
        Of(
            "BLOB",
            Gen.Byte.Array[0, 20],
            value => $"'{string.Concat(value.Select(one => $"\\x{one:X2}"))}'",
            value => $"\"{Convert.ToBase64String(value)}\""
        ),
        Of("UUID", Gen.Guid, value => $"'{value}'", value => $"\"{value}\""),
        Of(
            "DATE",
            Gen.Int[1, 3_652_058].Select(DateOnly.FromDayNumber),
            value => $"'{value:yyyy-MM-dd}'",
            value => $"\"{value:yyyy-MM-dd}\""
        ),
        Of("DATE", OneOf("infinity", "-infinity"), value => $"'{value}'", value => $"\"{value}\"") with
        {
            IsWide = true,
        },
        Of("DATE", OneOf("12345-06-07", "0001-01-01"), value => $"'{value}'", value => $"\"{value}\""),
        Of(
            "TIME",
            Gen.Long[0, 86_399_999_999].Select(micros => new TimeOnly(micros * 10)),
            value => $"'{value:HH:mm:ss.ffffff}'",
            value => $"\"{Trim(value.ToString("HH:mm:ss.ffffff", CultureInfo.InvariantCulture))}\""
        ),
        Instant("TIMESTAMP", 6, ""),
        Instant("TIMESTAMP_MS", 3, ""),
        Instant("TIMESTAMP_S", 0, ""),
        Instant("TIMESTAMP_NS", 9, ""),
        Instant("TIMESTAMPTZ", 6, "Z"),
        Of("TIMESTAMP", OneOf("infinity", "-infinity"), value => $"'{value}'", value => $"\"{value}\""),
        new(
            "INTERVAL",
            Gen.Select(Gen.Int[0, 20], Gen.Int[0, 40], Gen.Int[1, 100_000])
                .Select(
                    (months, days, millis) =>
                        new Cell(
                            $"to_months({months}) + to_days({days}) + to_milliseconds({millis})",
                            $"\"P{(months > 0 ? $"{months}M" : "")}{(days > 0 ? $"{days}D" : "")}T{Plain(millis / 1000m)}S\""
                        )
                )
        ),
    ];

    private static readonly Gen<Table> GenTable = Gen.Select(GenKind(2).Array[1, 5], Gen.Int[1, 40], OneOf(Codecs), OneOf("v1", "v2"))
        .SelectMany(
            (kinds, rows, codec, version) =>
                Rows(kinds, rows)
                    .Select(cells => new Table(
                        [.. kinds.Select(kind => kind.Type)],
                        cells,
                        codec,
                        kinds.Any(kind => kind.IsWide) ? "v1" : version
                    ))
        );

    private static Gen<Cell[][]> Rows(Kind[] kinds, int count)
    {
        Gen<Cell[]> columns = Gen.Const(Array.Empty<Cell>());
        foreach (Kind kind in kinds)
        {
            columns = Gen.Select(columns, Optional(kind.Cells), (before, cell) => before.Append(cell).ToArray());
        }

        return columns.Array[count];
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<Cell> Optional(Gen<Cell> cells) => Gen.Frequency((4, cells), (1, Gen.Const(Null)));

    private static Gen<Kind> GenKind(int depth)
    {
        Gen<Kind> scalars = OneOf(Scalars);
        return depth == 0
            ? scalars
            : Gen.Frequency(
                (4, scalars),
                (1, GenKind(depth - 1).Select(ListOf)),
                (1, GenKind(depth - 1).Array[1, 3].Select(StructOf)),
                (1, GenKind(depth - 1).Select(MapOf))
            );
    }

    private static Kind ListOf(Kind item) =>
        new(
            $"{item.Type}[]",
            Optional(item.Cells)
                .Array[0, 4]
                .Select(cells => new Cell(
                    $"[{string.Join(", ", cells.Select(cell => cell.Sql))}]::{item.Type}[]",
                    $"[{string.Join(',', cells.Select(cell => cell.Json))}]"
                )),
            item.IsWide
        );

    private static Kind StructOf(Kind[] fields)
    {
        string type = $"STRUCT({string.Join(", ", fields.Select((field, i) => $"f{i} {field.Type}"))})";
        return new Kind(
            type,
            Rows(fields, 1)
                .Select(rows => new Cell(
                    $"{{{string.Join(", ", rows[0].Select((cell, i) => $"'f{i}': {cell.Sql}"))}}}::{type}",
                    $"{{{string.Join(',', rows[0].Select((cell, i) => $"\"f{i}\":{cell.Json}"))}}}"
                )),
            fields.Any(field => field.IsWide)
        );
    }

    private static Kind MapOf(Kind value)
    {
        string type = $"MAP(VARCHAR, {value.Type})";
        return new Kind(
            type,
            Optional(value.Cells)
                .Array[1, 3]
                .Select(cells => new Cell(
                    $"MAP {{{string.Join(", ", cells.Select((cell, i) => $"'k{i}': {cell.Sql}"))}}}::{type}",
                    $"[{string.Join(',', cells.Select((cell, i) => $"{{\"key\":\"k{i}\",\"value\":{cell.Json}}}"))}]"
                )),
            value.IsWide
        );
    }

    private static string Plain<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);
}
