using System.Text.Json;
using CsCheck;
using Microsoft.Extensions.AI;
using Xunit;

namespace RewardReasoning.Storage.Tests;

public sealed class ResponseEncodingTests
{
    private static readonly Gen<AIContent> GenContent = Gen.Select(
        Gen.Bool,
        Gen.String,
        (isThought, text) => isThought ? (AIContent)new TextReasoningContent(text) : new TextContent(text)
    );

    private static readonly Gen<UsageDetails?> GenUsage = Gen.Select(
        Gen.Bool,
        Gen.Long.Nullable(),
        Gen.Long.Nullable(),
        Gen.Long.Nullable(),
        (has, input, output, reasoning) =>
            has
                ? new UsageDetails
                {
                    InputTokenCount = input,
                    OutputTokenCount = output,
                    ReasoningTokenCount = reasoning,
                    AdditionalCounts = input is { } count ? new() { ["x"] = count } : null,
                }
                : null
    );

    private static readonly Gen<ChatFinishReason?> GenReason = Gen.Int[0, 2]
        .Select(i =>
            i switch
            {
                0 => ChatFinishReason.Stop,
                1 => ChatFinishReason.Length,
                _ => (ChatFinishReason?)null,
            }
        );

    private static readonly Gen<ChatResponse> GenResponse = Gen.Select(
        GenContent.Array[0, 4],
        GenUsage,
        GenReason,
        Gen.Bool.Nullable(),
        Gen.Select(Gen.String, Gen.Float).Array[0, 5].Array[0, 6],
        (contents, usage, reason, closed, tops) =>
            new ChatResponse(new ChatMessage(ChatRole.Assistant, contents))
            {
                Usage = usage,
                FinishReason = reason,
                ResponseId = closed is null ? null : "id",
                ModelId = "m",
                CreatedAt = closed is true ? DateTimeOffset.FromUnixTimeMilliseconds(1234567890123) : null,
                AdditionalProperties = Properties(closed, tops),
            }
    );

    [Fact]
    public void Read_OfWhatWasWritten_IsAnEqualResponse() =>
        GenResponse.Sample(response =>
        {
            ChatResponse read = ResponseEncoding.Read(ResponseEncoding.Write(response));
            Assert.Equal(Text(response), Text(read));
        });

    [Fact]
    public void Write_ContentOtherThanText_HasNoByteForm() =>
        Assert.Null(ResponseEncoding.Write(new ChatResponse(new ChatMessage(ChatRole.Assistant, [new FunctionCallContent("1", "f")]))));

    [Fact]
    public void Write_PropertyWithoutByteForm_IsLeftOut()
    {
        ChatResponse response = Samples.Response();
        (response.AdditionalProperties ??= [])["odd"] = new object();
        AdditionalPropertiesDictionary? read = ResponseEncoding.Read(ResponseEncoding.Write(response)).AdditionalProperties;
        Assert.NotNull(read);
        Assert.Equal([ChatResponseKeys.ReasoningClosed], read.Keys);
    }

    [Fact]
    public void Read_EveryCut_IsDamaged()
    {
        byte[] whole = ResponseEncoding.Write(Samples.Response()) ?? [];
        Assert.All(
            Enumerable.Range(0, whole.Length),
            length => Assert.Throws<InvalidDataException>(() => ResponseEncoding.Read(whole.AsMemory(0, length)))
        );
    }

    [Fact]
    public void Pack_AnyBytes_ComeBack() =>
        Gen.OneOf(Gen.Byte.Array[0, 2000], Gen.Byte[97, 99].Array[0, 5000])
            .Sample(bytes => Assert.Equal(bytes, Compression.Unpack(Compression.Pack(bytes))));

    [Fact]
    public void Pack_LongText_TakesLessRoom() => Assert.True(Compression.Pack(new byte[10_000]).Length < 100);

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 2, 0 })]
    [InlineData(new byte[] { 1, 9, 0, 0, 0, 7 })]
    public void Unpack_DamagedBytes_SaysSo(byte[] packed) => Assert.Throws<InvalidDataException>(() => Compression.Unpack(packed));

    private static AdditionalPropertiesDictionary Properties(bool? closed, (string Text, float LogProb)[][] tops)
    {
        AdditionalPropertiesDictionary properties = [];
        if (closed is { } said)
        {
            properties[ChatResponseKeys.ReasoningClosed] = said;
            properties["count"] = 3;
            properties["long"] = 4L;
            properties["double"] = 0.1;
            properties["text"] = "t";
        }

        properties[ChatResponseKeys.TokenTexts] = tops.Select(place => place is [var best, ..] ? best.Text : "").ToArray();
        properties[ChatResponseKeys.TokenLogProbs] = tops.Select(place => place is [var best, ..] ? best.LogProb : float.NegativeInfinity)
            .ToArray();
        properties[ChatResponseKeys.TokenTopLogProbs] = tops.Select(place =>
                place.Select(token => KeyValuePair.Create(token.Text, token.LogProb)).ToArray()
            )
            .ToArray();
        return properties;
    }

    /// <summary>
    /// Everything that a response holds, types included, as a text to compare. Half surrogates have no UTF-8 form, here as there.
    /// </summary>
    private static string Text(ChatResponse response) =>
        JsonSerializer.Serialize(
            new
            {
                response.ResponseId,
                response.ModelId,
                Reason = response.FinishReason?.Value,
                response.CreatedAt,
                Usage = response.Usage is { } usage
                    ? new object?[]
                    {
                        usage.InputTokenCount,
                        usage.OutputTokenCount,
                        usage.TotalTokenCount,
                        usage.CachedInputTokenCount,
                        usage.ReasoningTokenCount,
                        usage.AdditionalCounts,
                    }
                    : null,
                Contents = response.Messages.Select(message => new
                {
                    Role = message.Role.Value,
                    Parts = message.Contents.Select(content => $"{content.GetType().Name}: {content}"),
                }),
                Properties = (response.AdditionalProperties ?? [])
                    .OrderBy(property => property.Key, StringComparer.Ordinal)
                    .Select(property => $"{property.Key} {property.Value?.GetType().Name} {Bits(property.Value)}"),
            }
        );

    private static string Bits(object? value) =>
        value switch
        {
            float[] numbers => string.Join(' ', numbers.Select(number => BitConverter.SingleToInt32Bits(number))),
            string[] texts => JsonSerializer.Serialize(texts),
            KeyValuePair<string, float>[][] places => JsonSerializer.Serialize(
                places.Select(place => place.Select(token => $"{token.Key} {BitConverter.SingleToInt32Bits(token.Value)}"))
            ),
            _ => $"{value}",
        };
}
