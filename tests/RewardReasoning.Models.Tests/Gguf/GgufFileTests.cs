using CsCheck;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Models.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["model.gguf"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_WhatWasWritten_HasItsSettingsAndTensors()
    {
        byte[] matrix = [.. Enumerable.Range(0, 68).Select(i => (byte)i)];
        Write(
            [
                ("general.architecture", "llama"),
                ("text", "naïve 日本"),
                ("flag", true),
                ("count", 7u),
                ("negative", -3),
                ("share", 0.25f),
                ("texts", new[] { "a", "", "c d" }),
                ("numbers", new[] { 1, -2 }),
            ],
            [
                new("norm", [2], GgufTensorType.F32, stream => stream.Write(new byte[8])),
                new("matrix", [32, 2], GgufTensorType.Q8_0, stream => stream.Write(matrix)),
            ]
        );

        GgufFile file = GgufFile.Open(Path);

        Assert.Equal(("llama", 3u), (file.Architecture, file.Version));
        Assert.Equal(
            ("naïve 日本", true, 7L, -3L, 0.25),
            (file.Text("text"), file.Flag("flag"), file.Whole("count"), file.Whole("negative"), file.Number("share"))
        );
        Assert.Equal(["a", "", "c d"], file.Texts("texts"));
        Assert.Equal([1L, -2L], file.Wholes("numbers"));
        Assert.Null(file.Text("absent"));
        GgufTensor tensor = file.Tensors[1];
        Assert.Equal(("matrix", 64L, 68L, 0L), (tensor.Name, tensor.Count, tensor.ByteCount, tensor.Offset % 32));
        Assert.Equal(matrix, File.ReadAllBytes(Path).AsSpan((int)tensor.Offset, 68));
    }

    [Fact]
    public void Whole_OfAText_NamesTheKey()
    {
        Write([("general.architecture", "llama"), ("count", "seven")], []);
        GgufFile file = GgufFile.Open(Path);
        Assert.Contains("count is of another kind", Assert.ThrowsAny<RewardReasoningException>(() => file.Whole("count")).Message);
    }

    [Fact]
    public void Open_CutShortAnywhere_IsRefused()
    {
        Write([("general.architecture", "llama"), ("texts", new[] { "a", "b" })], [Numbers("x", 40)]);
        byte[] whole = File.ReadAllBytes(Path);
        long end = GgufFile.Open(Path).Tensors[0] is var last ? last.Offset + last.ByteCount : 0;
        for (int length = 0; length < end; length++)
        {
            File.WriteAllBytes(Path, whole[..length]);
            Assert.Contains(Path, Assert.ThrowsAny<RewardReasoningException>(() => GgufFile.Open(Path)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Open_AnyDamagedByte_IsReadOrRefused()
    {
        Write([("general.architecture", "llama"), ("texts", new[] { "a", "b" }), ("n", 5)], [Numbers("x", 40), Numbers("y", 3)]);
        byte[] whole = File.ReadAllBytes(Path);
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte)
            .Sample(
                (at, value) =>
                {
                    byte[] damaged = [.. whole];
                    damaged[at] = value;
                    string path = _folder[$"{Guid.NewGuid():N}.gguf"];
                    File.WriteAllBytes(path, damaged);
                    try
                    {
                        _ = GgufFile.Open(path).Tensors.Sum(tensor => tensor.ByteCount);
                    }
                    catch (RewardReasoningException) { }
                    finally
                    {
                        File.Delete(path);
                    }
                },
                iter: 2000
            );
    }

    [Fact]
    public void Open_BigEndian_SaysSo()
    {
        File.WriteAllBytes(Path, [.. "GGUF"u8, 0, 0, 0, 3, .. new byte[32]]);
        Assert.Contains(
            "big-endian",
            Assert.ThrowsAny<RewardReasoningException>(() => GgufFile.Open(Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Quantize_ByHand_IsRoundedToTheScaleOfTheLargest()
    {
        float[] numbers = new float[64];
        (numbers[0], numbers[1], numbers[2], numbers[3]) = (127, -2.5f, 2.4f, -127); // scale 1
        numbers[32 + 5] = -2; // scale 2/127
        byte[] blocks = Q8Blocks.Quantize(numbers);
        Assert.Equal(68, blocks.Length);
        Assert.Equal(1, (float)BitConverter.ToHalf(blocks, 0));
        Assert.Equal([127, -3, 2, -127, 0], blocks.AsSpan(2, 5).ToArray().Select(value => (int)(sbyte)value));
        Assert.Equal((Half)(2f / 127), BitConverter.ToHalf(blocks, 34));
        Assert.Equal(-127, (sbyte)blocks[36 + 5]);
    }

    [Fact]
    public void Quantize_OnlyZeros_HasNoScale() => Assert.All(Q8Blocks.Quantize(new float[32]), value => Assert.Equal(0, value));

    private static GgufTensorSource Numbers(string name, int count) =>
        new(name, [count], GgufTensorType.F32, stream => stream.Write(new byte[4 * count]));

    private void Write((string, object)[] values, GgufTensorSource[] tensors) => GgufWriter.Write(Path, values, tensors);
}
