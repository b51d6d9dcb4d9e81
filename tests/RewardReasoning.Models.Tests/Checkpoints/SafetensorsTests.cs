using System.Text;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose()
    {
        _scope.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Write_EveryTypeAndShape_ReadsBackByteForByte()
    {
        (string, Tensor)[] tensors =
        [
            ("bytes", tensor(new byte[] { 1, 2, 3 })),
            ("half", tensor(new[] { 1.5f, -2f, 3f }).to(ScalarType.Float16)),
            ("brain", tensor(new[] { 1.5f, -2f, 1e30f }).to(ScalarType.BFloat16)),
            (
                "single",
                tensor(
                    new[,]
                    {
                        { 1f, float.NegativeInfinity },
                        { 3f, 4f },
                    }
                )
            ),
            ("long", tensor(new[] { long.MinValue, 7 })),
            ("scalar", tensor(2.25f)),
            ("empty", zeros([0, 4])),
        ];
        string path = _folder["a.safetensors"];

        Safetensors.Write(path, tensors);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(tensors.Select(item => item.Item1).Order(), file.Entries.Keys.Order());
        foreach ((string name, Tensor value) in tensors)
        {
            Tensor read = file.Read(name);
            Assert.Equal(value.dtype, read.dtype);
            Assert.Equal(value.shape, read.shape);
            Assert.Equal(value.bytes.ToArray(), read.bytes.ToArray());
        }

        Assert.Equal("pt", file.Metadata["format"]);
        Assert.All(file.Entries.Values, entry => Assert.Equal(0, entry.Offset % entry.Type.ElementSize()));
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void Write_WithAType_ConvertsNumbersAndKeepsIntegers()
    {
        string path = _folder["a.safetensors"];

        Safetensors.Write(
            path,
            [("w", tensor(new[] { 1f, 1.0001f })), ("n", tensor(new[] { 1L }))],
            ScalarType.BFloat16,
            new Dictionary<string, string> { ["made"] = "here" }
        );

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal(ScalarType.BFloat16, file.Entries["w"].Type);
        Assert.Equal(ScalarType.Int64, file.Entries["n"].Type);
        Assert.Equal("here", file.Metadata["made"]);
    }

    [Fact]
    public void Write_AViewThatIsNotContiguous_StoresItsValues()
    {
        string path = _folder["a.safetensors"];
        Tensor view = tensor(
                new[,]
                {
                    { 1f, 2f, 3f },
                    { 4f, 5f, 6f },
                }
            )
            .t();

        Safetensors.Write(path, [("t", view)]);

        using SafetensorsFile file = SafetensorsFile.Open(path);
        Assert.Equal([1f, 4f, 2f, 5f, 3f, 6f], file.Read("t").data<float>().ToArray());
    }

    [Fact]
    public void WriteFolder_BeyondTheLimit_ShardsWithAnIndexAndBack()
    {
        (string Name, Tensor Value)[] tensors =
        [
            .. Enumerable.Range(0, 5).Select(i => ($"t{i}", full([10], i, dtype: ScalarType.Float32))),
        ];

        Safetensors.WriteFolder(_folder.Path, tensors, maxShardBytes: 80);

        Assert.Equal(3, Directory.GetFiles(_folder.Path, "model-0000?-of-00003.safetensors").Length);
        using (SafetensorsFolder opened = SafetensorsFolder.Open(_folder.Path))
        {
            Assert.All(tensors, item => Assert.Equal(item.Value.bytes.ToArray(), opened.Read(item.Name).bytes.ToArray()));
        }

        Safetensors.WriteFolder(_folder.Path, tensors);
        Assert.Equal([_folder["model.safetensors"]], Directory.GetFiles(_folder.Path));
        Safetensors.WriteFolder(_folder.Path, tensors, maxShardBytes: 80);
        Assert.False(File.Exists(_folder["model.safetensors"]));
    }

    [Theory]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, null)]
    [InlineData(
        """{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""",
        8,
        "tensor w of shape [3] and dtype F32 needs 12 bytes, its data_offsets give 8"
    )]
    [InlineData(
        """{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
        5,
        "tensor w is at bytes 0 to 8 of the data, the file holds 5"
    )]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 12, "the file has 74")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", 8, "is at bytes 8 to 0")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", 8, "it needs dtype, shape and data_offsets")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", 8, "impossible shape")]
    [InlineData("""{"w":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", 8, "has dtype F8_E4M3")]
    [InlineData("""{"w":{"shape":[2],"data_offsets":[0,8]}}""", 8, "it needs dtype, shape and data_offsets")]
    [InlineData("""{"w":7}""", 0, "it needs dtype, shape and data_offsets")]
    [InlineData(
        """{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}""",
        8,
        "names tensor w twice"
    )]
    [InlineData(
        """{"v":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}}""",
        6,
        "tensor w overlaps that of v"
    )]
    [InlineData(
        """{"v":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"w":{"dtype":"U8","shape":[4],"data_offsets":[6,10]}}""",
        10,
        "tensor w leaves a hole after that of v"
    )]
    [InlineData("""[1]""", 0, "it must be an object")]
    [InlineData("""{"__metadata__":3}""", 0, "must be an object of strings")]
    [InlineData("""{"w":""", 0, "the header is not JSON")]
    public void Open_HeaderThatLies_NamesFileAndTensor(string header, int dataBytes, string? problem)
    {
        string path = _folder["m.safetensors"];
        byte[] json = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((ulong)json.Length), .. json, .. new byte[dataBytes]]);

        if (problem is null)
        {
            using SafetensorsFile file = SafetensorsFile.Open(path);
            Assert.Equal([2L], file.Entries["w"].Shape);
            return;
        }

        CheckpointException error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));
        Assert.StartsWith(path + ": ", error.Message, StringComparison.Ordinal);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[0], "the file has 0 bytes")]
    [InlineData(new byte[] { 1, 0, 0 }, "the file has 3 bytes")]
    [InlineData(new byte[] { 100, 0, 0, 0, 0, 0, 0, 0, 1 }, "the header claims 100 bytes, the file has 9")]
    [InlineData(new byte[] { 255, 255, 255, 255, 255, 255, 255, 255, 1 }, "the header claims 18446744073709551615 bytes")]
    public void Open_FileThatIsCutOrOfAnotherKind_SaysSo(byte[] bytes, string problem)
    {
        string path = _folder["m.safetensors"];
        File.WriteAllBytes(path, bytes);

        CheckpointException error = Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(path));

        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_MissingFileOrFolder_NamesIt()
    {
        Assert.Contains(
            "no such file",
            Assert.Throws<CheckpointException>(() => SafetensorsFile.Open(_folder["none"])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "no such folder",
            Assert.Throws<CheckpointException>(() => SafetensorsFolder.Open(_folder["none"])).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "neither model.safetensors nor",
            Assert.Throws<CheckpointException>(() => SafetensorsFolder.Open(_folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_IndexWithPathsWithinTheFolder_FindsTheShards()
    {
        WriteTwoShards();
        Directory.CreateDirectory(_folder["sub"]);
        File.Move(_folder["model-00002-of-00002.safetensors"], _folder["sub/b.safetensors"]);
        File.WriteAllText(
            _folder["model.safetensors.index.json"],
            """{"weight_map":{"a":"./model-00001-of-00002.safetensors","b":"sub/b.safetensors"}}"""
        );

        using SafetensorsFolder folder = SafetensorsFolder.Open(_folder.Path);

        using torch.Tensor b = folder.Read("b");
        Assert.Equal(4, b.sum().item<float>());
    }

    [Fact]
    public void Open_ShardMissing_NamesShardAndTensor()
    {
        string shard = WriteTwoShards();
        File.Delete(shard);

        CheckpointException error = Assert.Throws<CheckpointException>(() => SafetensorsFolder.Open(_folder.Path));

        Assert.Equal(shard, error.FilePath);
        Assert.Contains("such as b", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ShardWithoutATensorOfTheIndex_NamesBoth()
    {
        string shard = WriteTwoShards();
        Safetensors.Write(shard, [("other", zeros([4]))]);

        CheckpointException error = Assert.Throws<CheckpointException>(() => SafetensorsFolder.Open(_folder.Path));

        Assert.Equal(shard, error.FilePath);
        Assert.Contains("puts tensor b into this shard", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ShardCutShort_NamesShardAndTensor()
    {
        string shard = WriteTwoShards();
        File.WriteAllBytes(shard, File.ReadAllBytes(shard)[..^3]);

        CheckpointException error = Assert.Throws<CheckpointException>(() => SafetensorsFolder.Open(_folder.Path));

        Assert.Equal(shard, error.FilePath);
        Assert.Contains("tensor b is at bytes 0 to 16 of the data, the file holds 13", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"weight_map":{"a":5}}""")]
    [InlineData("""{"metadata":{}}""")]
    public void Open_BrokenIndex_SaysSo(string index)
    {
        File.WriteAllText(_folder["model.safetensors.index.json"], index);

        CheckpointException error = Assert.Throws<CheckpointException>(() => SafetensorsFolder.Open(_folder.Path));

        Assert.Contains("is no index of shards", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_IndexThatPointsOutsideTheFolder_IsRefused()
    {
        File.WriteAllText(_folder["model.safetensors.index.json"], """{"weight_map":{"a":"../elsewhere.safetensors"}}""");

        Assert.Throws<CheckpointException>(() => SafetensorsFolder.Open(_folder.Path));
    }

    [Fact]
    public void Read_UnknownName_NamesFileAndTensor()
    {
        string path = _folder["a.safetensors"];
        Safetensors.Write(path, [("a", zeros([1]))]);
        using SafetensorsFile file = SafetensorsFile.Open(path);

        Assert.Contains("no tensor b", Assert.Throws<CheckpointException>(() => file.Read("b")).Message, StringComparison.Ordinal);
    }

    private string WriteTwoShards()
    {
        Safetensors.WriteFolder(_folder.Path, [("a", zeros([4])), ("b", ones([4]))], maxShardBytes: 16);
        return _folder["model-00002-of-00002.safetensors"];
    }
}
