using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Chat;

/// <summary>
/// A streamed answer: server-sent events, one chunk each, written together where several are ready. A failure before the first
/// chunk becomes an error's status, a later one an error event.
/// </summary>
internal static class ChunkStream
{
    private static readonly TextWire Opening = new() { Role = "assistant", Content = "" };

    public static async Task WriteAsync(
        HttpResponse response,
        ChatAnswerWire frame,
        ChatCall call,
        ChannelReader<(int Index, ChatResponseUpdate Update)> updates,
        CancellationToken cancellationToken
    )
    {
        UsageDetails?[] usage = new UsageDetails?[call.Completions];
        bool[] opened = new bool[call.Completions];
        PipeWriter body = response.BodyWriter;
        try
        {
            while (await updates.WaitToReadAsync(cancellationToken))
            {
                if (!response.HasStarted)
                {
                    response.ContentType = "text/event-stream";
                    response.Headers.CacheControl = "no-cache";
                    response.Headers["X-Accel-Buffering"] = "no"; // proxies pass events on as they come
                }

                while (updates.TryRead(out (int Index, ChatResponseUpdate Update) item))
                {
                    (int index, ChatResponseUpdate update) = item;
                    if (!opened[index])
                    {
                        opened[index] = true;
                        Write(body, frame with { Choices = [new() { Index = index, Delta = Opening }] });
                    }

                    foreach (ChoiceWire choice in ChoicesOf(index, update))
                    {
                        Write(body, frame with { Choices = [choice] });
                    }

                    usage[index] = update.Contents.OfType<UsageContent>().LastOrDefault()?.Details ?? usage[index];
                }

                await body.FlushAsync(cancellationToken);
            }
        }
        catch (Exception error) when (response.HasStarted && !cancellationToken.IsCancellationRequested)
        {
            ChatJson.WriteEvent(body, ErrorWire.Of(ApiException.OfModel(error)), ChatJson.Wire.ErrorWire);
            await body.FlushAsync(CancellationToken.None);
            throw;
        }

        if (call.StreamsUsage)
        {
            Write(body, frame with { Usage = ChatAnswer.Usage(usage) });
        }

        body.Write("data: [DONE]\n\n"u8);
        await body.FlushAsync(cancellationToken);
    }

    private static void Write(PipeWriter body, ChatAnswerWire chunk) => ChatJson.WriteEvent(body, chunk, ChatJson.Wire.ChatAnswerWire);

    private static IEnumerable<ChoiceWire> ChoicesOf(int index, ChatResponseUpdate update)
    {
        foreach (AIContent content in update.Contents)
        {
            TextWire? delta = content switch
            {
                TextReasoningContent { Text.Length: > 0 } thought => ChatAnswer.Thought(thought.Text),
                TextContent { Text.Length: > 0 } text => new() { Content = text.Text },
                _ => null,
            };
            if (delta is not null)
            {
                yield return new() { Index = index, Delta = delta };
            }
        }

        LogProbsWire? logProbs = ChatAnswer.LogProbs(update.AdditionalProperties);
        if (update.FinishReason is not null || logProbs is not null)
        {
            yield return new()
            {
                Index = index,
                Delta = new(),
                Logprobs = logProbs,
                FinishReason = update.FinishReason is { } reason ? ChatAnswer.FinishReason(reason) : null,
            };
        }
    }
}
