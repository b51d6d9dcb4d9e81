using ParquetSharp;
using ParquetSharp.Schema;

namespace RewardReasoning.Data.Rows;

/// <summary>What the stored values of a column stand for.</summary>
internal enum Meaning
{
    Boolean,
    Integer,
    Float,
    Decimal,
    Text,
    Json,
    Bytes,
    Uuid,
    Date,
    Time,
    Timestamp,
    Interval,
}

/// <summary>The type of a column without nesting: how its values are stored, and what they stand for.</summary>
/// <param name="Physical">How they are stored.</param>
/// <param name="Meaning">What they stand for.</param>
internal sealed record ColumnType(PhysicalType Physical, Meaning Meaning)
{
    public static readonly ColumnType Boolean = new(PhysicalType.Boolean, Meaning.Boolean);
    public static readonly ColumnType Int32 = new(PhysicalType.Int32, Meaning.Integer);
    public static readonly ColumnType Int64 = new(PhysicalType.Int64, Meaning.Integer) { Bits = 64 };
    public static readonly ColumnType UInt64 = Int64 with { IsSigned = false };
    public static readonly ColumnType Double = new(PhysicalType.Double, Meaning.Float);
    public static readonly ColumnType Text = new(PhysicalType.ByteArray, Meaning.Text);

    /// <summary>Bytes of a value of fixed length; -1 for other values.</summary>
    public int Length { get; init; } = -1;

    /// <summary>Digits of a decimal.</summary>
    public int Precision { get; init; }

    /// <summary>Digits of a decimal behind its point.</summary>
    public int Scale { get; init; }

    /// <summary>Whether a timestamp is a point in time, or what a clock on some wall shows.</summary>
    public bool IsUtc { get; init; }

    /// <summary>The unit of times and timestamps.</summary>
    public TimeUnit Unit { get; init; } = TimeUnit.Micros;

    /// <summary>Bits of an integer.</summary>
    public int Bits { get; init; } = 32;

    /// <summary>Whether an integer has a sign.</summary>
    public bool IsSigned { get; init; } = true;

    /// <summary>The type of a leaf of a file's schema.</summary>
    public static ColumnType Of(PrimitiveNode node)
    {
        ColumnType plain = new(node.PhysicalType, MeaningOf(node.PhysicalType))
        {
            Length = node.PhysicalType == PhysicalType.FixedLenByteArray ? node.TypeLength : -1,
            Bits = node.PhysicalType == PhysicalType.Int64 ? 64 : 32,
            Unit = node.PhysicalType == PhysicalType.Int96 ? TimeUnit.Nanos : TimeUnit.Micros,
        };
        using LogicalType? logical = LogicalOf(node);
        return logical switch
        {
            StringLogicalType or EnumLogicalType => plain with { Meaning = Meaning.Text },
            JsonLogicalType => plain with { Meaning = Meaning.Json },
            UuidLogicalType => plain with { Meaning = Meaning.Uuid },
            DateLogicalType => plain with { Meaning = Meaning.Date },
            IntervalLogicalType => plain with { Meaning = Meaning.Interval },
            Float16LogicalType => plain with { Meaning = Meaning.Float },
            TimeLogicalType time => plain with { Meaning = Meaning.Time, Unit = time.TimeUnit },
            TimestampLogicalType time => plain with { Meaning = Meaning.Timestamp, Unit = time.TimeUnit, IsUtc = time.IsAdjustedToUtc },
            IntLogicalType integer => plain with { Meaning = Meaning.Integer, Bits = integer.BitWidth, IsSigned = integer.IsSigned },
            DecimalLogicalType number => plain with { Meaning = Meaning.Decimal, Precision = number.Precision, Scale = number.Scale },
            _ => plain,
        };
    }

    /// <summary>The type in which such values are written; what is rarely read by others becomes text.</summary>
    public ColumnType ToWritten() => Physical == PhysicalType.Int96 || Meaning == Meaning.Interval ? Text : this;

    /// <summary>A leaf of a schema, whose values may be absent.</summary>
    public PrimitiveNode ToNode(string name)
    {
        using LogicalType logical = Meaning switch
        {
            Meaning.Text => LogicalType.String(),
            Meaning.Json => LogicalType.Json(),
            Meaning.Uuid => LogicalType.Uuid(),
            Meaning.Date => LogicalType.Date(),
            Meaning.Time => LogicalType.Time(isAdjustedToUtc: IsUtc, Unit),
            Meaning.Timestamp => LogicalType.Timestamp(IsUtc, Unit),
            Meaning.Decimal => LogicalType.Decimal(Precision, Scale),
            Meaning.Integer when !IsSigned || Bits < 32 => LogicalType.Int(Bits, IsSigned),
            Meaning.Float when Physical == PhysicalType.FixedLenByteArray => LogicalType.Float16(),
            _ => LogicalType.None(),
        };
        return new PrimitiveNode(name, Repetition.Optional, logical, Physical, Length);
    }

    private static Meaning MeaningOf(PhysicalType physical) =>
        physical switch
        {
            PhysicalType.Boolean => Meaning.Boolean,
            PhysicalType.Int32 or PhysicalType.Int64 => Meaning.Integer,
            PhysicalType.Int96 => Meaning.Timestamp, // what Impala and older Sparks write
            PhysicalType.Float or PhysicalType.Double => Meaning.Float,
            _ => Meaning.Bytes,
        };

    /// <summary>The annotation; null for one that the library does not know: then values are shown as they are stored.</summary>
    private static LogicalType? LogicalOf(PrimitiveNode node)
    {
        try
        {
            return node.LogicalType;
        }
        catch (ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
