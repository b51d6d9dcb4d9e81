using System.Text;
using CsCheck;
using RewardReasoning.Data.Rows;
using Xunit;

namespace RewardReasoning.Data.Tests.Rows;

public sealed class JsonLinesTests
{
    [Fact]
    public async Task ReadAsync_AnyChunking_GivesTheLinesOfTheText()
    {
        Gen<string> line = Gen.Char["ab\ré{}\" "]
            .Array[0, 40]
            .Select(characters => new string(characters))
            .Where(text => !text.EndsWith('\r'));
        await Gen.Select(line.Array[0, 30], Gen.Int[1, 50], Gen.Bool)
            .SampleAsync(
                async (lines, chunk, endsWithLineEnd) =>
                {
                    string text = string.Join('\n', lines) + (endsWithLineEnd ? "\n" : "");
                    string[] expected = text.Length == 0 ? [] : (text.EndsWith('\n') ? text[..^1] : text).Split('\n');
                    using ChunkedStream stream = new(Encoding.UTF8.GetBytes(text), chunk);
                    List<string> read = [];
                    await foreach (Line found in JsonLines.ReadAsync(stream, CancellationToken.None))
                    {
                        read.Add(Encoding.UTF8.GetString(found.Bytes.Span));
                        Assert.Equal((read.Count, null), (found.Number, found.Error));
                    }

                    Assert.Equal(expected, read);
                },
                iter: 300
            );
    }

    /// <summary>Gives at most so many bytes a read, as pipes and sockets do.</summary>
    private sealed class ChunkedStream(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(chunk, buffer.Length)], cancellationToken);
    }
}
