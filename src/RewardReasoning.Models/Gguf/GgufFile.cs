using System.Buffers.Binary;
using System.Text;
using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Models.Gguf;

/// <summary>
/// The header of a GGUF file, the format of llama.cpp: settings by key, and where each tensor is. Everything is checked against the file's
/// length while it is read; the tensors themselves stay in the file.
/// </summary>
/// <remarks>Format: <c>docs/gguf.md</c> of ggml, versions 2 and 3, little-endian.</remarks>
internal sealed class GgufFile
{
    public const string Extension = ".gguf";
    public const string ArchitectureKey = "general.architecture";
    public const string AlignmentKey = "general.alignment";
    public const int DefaultAlignment = 32;

    /// <summary>"GGUF" as a little-endian number.</summary>
    public const uint Magic = 0x46554747;

    private const int MostDimensions = 4;

    private readonly Dictionary<string, object> _values;

    private GgufFile(string path, uint version, Dictionary<string, object> values, IReadOnlyList<GgufTensor> tensors) =>
        (Path, Version, _values, Tensors) = (path, version, values, tensors);

    /// <summary>The path it was opened with.</summary>
    public string Path { get; }

    /// <summary>Of the format.</summary>
    public uint Version { get; }

    /// <summary>The settings in the order of the file: strings, numbers as long, ulong or double, bool, or arrays of these.</summary>
    public IReadOnlyDictionary<string, object> Values => _values;

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<GgufTensor> Tensors { get; }

    /// <summary>The kind of model, such as <c>llama</c>.</summary>
    public string Architecture => Text(ArchitectureKey) ?? throw Fail($"there is no {ArchitectureKey}; every model names it.");

    /// <summary>The types of its matrices with how many numbers each stores, the most first.</summary>
    public IReadOnlyList<(GgufTensorType Type, long Numbers)> Types =>
        [
            .. Tensors
                .GroupBy(tensor => tensor.Type)
                .Select(group => (group.Key, group.Sum(tensor => tensor.Count)))
                .OrderByDescending(type => type.Item2)
                .ThenBy(type => type.Key.Id),
        ];

    /// <summary>Reads and checks the header.</summary>
    /// <exception cref="RewardReasoningException">The file is missing, cut short or no GGUF.</exception>
    public static GgufFile Open(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            using FileStream stream = File.OpenRead(path);
            using BinaryReader numbers = new(stream, Encoding.UTF8);
            return new Reader(path, stream, numbers).Read();
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, "there is no such file.", error);
        }
        catch (EndOfStreamException error)
        {
            throw new CheckpointException(path, "ends within its header; it is cut short. Fetch it again.", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
    }

    /// <summary>A string, or null if there is none of that name.</summary>
    public string? Text(string key) => Get<string>(key, "a string");

    /// <summary>True or false, or null if there is none of that name.</summary>
    public bool? Flag(string key) => Find(key) is { } value ? value as bool? ?? throw Wrong(key, "true or false") : null;

    /// <summary>A whole number, or null if there is none of that name.</summary>
    public long? Whole(string key) =>
        Find(key) switch
        {
            null => null,
            long number => number,
            ulong number and <= long.MaxValue => (long)number,
            _ => throw Wrong(key, "a whole number"),
        };

    /// <summary>A number, or null if there is none of that name.</summary>
    public double? Number(string key) => Find(key) is double number ? number : Whole(key);

    /// <summary>A list of strings, or null if there is none of that name.</summary>
    public IReadOnlyList<string>? Texts(string key) => Get<string[]>(key, "a list of strings");

    /// <summary>A list of whole numbers, or null if there is none of that name.</summary>
    public IReadOnlyList<long>? Wholes(string key) =>
        Find(key) switch
        {
            null => null,
            long[] numbers => numbers,
            ulong[] numbers => [.. numbers.Select(number => checked((long)number))],
            _ => throw Wrong(key, "a list of whole numbers"),
        };

    /// <summary>A fault of this file.</summary>
    public CheckpointException Fail(string problem) => new(Path, problem);

    private object? Find(string key) => _values.GetValueOrDefault(key);

    private T? Get<T>(string key, string kind)
        where T : class => Find(key) is { } value ? value as T ?? throw Wrong(key, kind) : null;

    private CheckpointException Wrong(string key, string kind) => Fail($"{key} is of another kind; it must be {kind}.");

    /// <summary>Reads one header from its beginning to its end.</summary>
    private sealed class Reader(string path, FileStream stream, BinaryReader numbers)
    {
        private const int LongestText = 1 << 28;

        private readonly long _length = stream.Length;

        public GgufFile Read()
        {
            if (_length < 24 || numbers.ReadUInt32() != Magic)
            {
                throw Fail("is no GGUF file; one begins with the letters GGUF.");
            }

            uint version = numbers.ReadUInt32();
            if (version is not (2 or 3))
            {
                throw Fail(
                    BinaryPrimitives.ReverseEndianness(version) is 2 or 3
                        ? "is written for big-endian machines; convert it for little-endian ones."
                        : $"has version {version} of GGUF; 2 and 3 can be read. Convert the model again with a current converter."
                );
            }

            int tensors = Count(leastBytes: 8 + 4 + 4 + 8),
                settings = Count(leastBytes: 8 + 4 + 1);
            Dictionary<string, object> values = new(StringComparer.Ordinal);
            for (int i = 0; i < settings; i++)
            {
                string key = ReadText();
                if (!values.TryAdd(key, ReadValue((ValueType)numbers.ReadUInt32(), key)))
                {
                    throw Fail($"{key} is given twice.");
                }
            }

            return new GgufFile(path, version, values, ReadTensors(tensors, AlignmentOf(values)));
        }

        private long AlignmentOf(Dictionary<string, object> values) =>
            values.GetValueOrDefault(AlignmentKey) switch
            {
                null => DefaultAlignment,
                ulong given and > 0 and <= 1 << 20 when given % 8 == 0 => (long)given,
                object other => throw Fail($"{AlignmentKey} is {other}; it is a multiple of 8."),
            };

        private List<GgufTensor> ReadTensors(int count, long alignment)
        {
            List<GgufTensor> relative = [];
            HashSet<string> names = new(StringComparer.Ordinal);
            for (int i = 0; i < count; i++)
            {
                GgufTensor tensor = ReadTensor();
                relative.Add(names.Add(tensor.Name) ? tensor : throw Fail($"the tensor {tensor.Name} is listed twice."));
            }

            long data = (stream.Position + alignment - 1) / alignment * alignment;
            return
            [
                .. relative.Select(tensor =>
                    tensor.Offset % alignment != 0 ? throw Fail($"the tensor {tensor.Name} is not aligned to {alignment} bytes.")
                    : tensor.Offset > _length - data || tensor.ByteCount > _length - data - tensor.Offset
                        ? throw Fail($"ends before its tensor {tensor.Name} does; it is cut short. Fetch it again.")
                    : tensor with { Offset = data + tensor.Offset }
                ),
            ];
        }

        private GgufTensor ReadTensor()
        {
            string name = ReadText();
            uint dimensions = numbers.ReadUInt32();
            if (dimensions is 0 or > MostDimensions)
            {
                throw Fail($"the tensor {name} has {dimensions} dimensions; it has 1 to {MostDimensions}.");
            }

            long[] shape = new long[dimensions];
            for (int i = 0; i < shape.Length; i++)
            {
                shape[i] = numbers.ReadInt64();
            }

            uint id = numbers.ReadUInt32();
            GgufTensorType type = GgufTensorType.Find(id) ?? throw Fail($"the tensor {name} is of type {id}, which is not known here.");
            GgufTensor tensor = new(name, shape, type, numbers.ReadInt64());
            try
            {
                bool fits = shape.All(size => size > 0) && shape[0] % type.BlockSize == 0 && tensor.Offset >= 0 && tensor.ByteCount > 0;
                return fits
                    ? tensor
                    : throw Fail($"the tensor {name} of type {type.Name} has the shape [{string.Join(", ", shape)}]; it cannot be so.");
            }
            catch (OverflowException error)
            {
                throw new CheckpointException(path, $"the tensor {name} is larger than a file can be.", error);
            }
        }

        private object ReadValue(ValueType type, string key) =>
            type switch
            {
                ValueType.Text => ReadText(),
                ValueType.Flag => numbers.ReadByte() != 0,
                ValueType.Array => ReadArray(key),
                ValueType.Float32 => (double)numbers.ReadSingle(),
                ValueType.Float64 => numbers.ReadDouble(),
                _ when IsUnsigned(type) => ReadUnsigned(type),
                _ when IsSigned(type) => ReadSigned(type),
                _ => throw Fail($"{key} is of kind {(uint)type}, which is not known here."),
            };

        private object ReadArray(string key)
        {
            ValueType type = (ValueType)numbers.ReadUInt32();
            int count = Count(leastBytes: type == ValueType.Text ? 8 : 1);
            return type switch
            {
                ValueType.Text => Fill(count, ReadText),
                ValueType.Flag => Fill(count, () => numbers.ReadByte() != 0),
                ValueType.Float32 => Fill(count, () => (double)numbers.ReadSingle()),
                ValueType.Float64 => Fill(count, numbers.ReadDouble),
                _ when IsUnsigned(type) => Fill(count, () => ReadUnsigned(type)),
                _ when IsSigned(type) => Fill(count, () => ReadSigned(type)),
                _ => throw Fail($"{key} is a list of kind {(uint)type}, which is not known here."),
            };
        }

        private static T[] Fill<T>(int count, Func<T> next)
        {
            T[] values = new T[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = next();
            }

            return values;
        }

        private static bool IsUnsigned(ValueType type) =>
            type is ValueType.UInt8 or ValueType.UInt16 or ValueType.UInt32 or ValueType.UInt64;

        private static bool IsSigned(ValueType type) => type is ValueType.Int8 or ValueType.Int16 or ValueType.Int32 or ValueType.Int64;

        private ulong ReadUnsigned(ValueType type) =>
            type switch
            {
                ValueType.UInt8 => numbers.ReadByte(),
                ValueType.UInt16 => numbers.ReadUInt16(),
                ValueType.UInt32 => numbers.ReadUInt32(),
                _ => numbers.ReadUInt64(),
            };

        private long ReadSigned(ValueType type) =>
            type switch
            {
                ValueType.Int8 => numbers.ReadSByte(),
                ValueType.Int16 => numbers.ReadInt16(),
                ValueType.Int32 => numbers.ReadInt32(),
                _ => numbers.ReadInt64(),
            };

        private string ReadText()
        {
            ulong length = numbers.ReadUInt64();
            if (length > LongestText || (long)length > _length - stream.Position)
            {
                throw Fail("a text in its header is longer than the file; it is damaged. Fetch it again.");
            }

            return Encoding.UTF8.GetString(numbers.ReadBytes((int)length));
        }

        /// <summary>A number of things, checked so that a damaged file asks for no memory that it could not fill.</summary>
        private int Count(int leastBytes)
        {
            ulong count = numbers.ReadUInt64();
            return count <= (ulong)(_length - stream.Position) / (ulong)leastBytes && count <= int.MaxValue
                ? (int)count
                : throw Fail("its header counts more than the file can hold; it is damaged. Fetch it again.");
        }

        private CheckpointException Fail(string problem) => new(path, problem);
    }

    /// <summary>Kinds of settings, as the file numbers them.</summary>
    internal enum ValueType : uint
    {
        UInt8 = 0,
        Int8 = 1,
        UInt16 = 2,
        Int16 = 3,
        UInt32 = 4,
        Int32 = 5,
        Float32 = 6,
        Flag = 7,
        Text = 8,
        Array = 9,
        UInt64 = 10,
        Int64 = 11,
        Float64 = 12,
    }
}
