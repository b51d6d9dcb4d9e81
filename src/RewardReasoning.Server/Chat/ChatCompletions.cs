using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Chat;

/// <summary>
/// <c>POST /v1/chat/completions</c> over a chat client, whole or streamed. A client that goes away cancels its completions.
/// </summary>
internal sealed class ChatCompletions(ChatModel model, TimeProvider time)
{
    private readonly ChatRequestReader _reader = new(model.Name, ChatOptionKeys.SupportedBy(model.Client));
    private readonly long _start = time.GetUtcNow().ToUnixTimeMilliseconds();
    private long _count;

    public async Task AnswerAsync(HttpContext context)
    {
        ChatCall call = _reader.Read(await ReadBodyAsync(context));
        using IDisposable stay = model.Admission.Enter(call.Completions, "n");
        ChatAnswerWire frame = new()
        {
            Id = FormattableString.Invariant($"chatcmpl-{_start:x}-{Interlocked.Increment(ref _count):x}"),
            Object = call.Streams ? "chat.completion.chunk" : "chat.completion",
            Created = time.GetUtcNow().ToUnixTimeSeconds(),
            Model = model.Name,
            Choices = [],
        };
        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        await (call.Streams ? StreamAsync(context, call, frame, stop) : AnswerWholeAsync(context, call, frame, stop));
    }

    private static async Task<ChatRequestWire> ReadBodyAsync(HttpContext context)
    {
        JsonBody.RequireJson(context);
        return await JsonSerializer.DeserializeAsync(context.Request.Body, ChatJson.Wire.ChatRequestWire, context.RequestAborted)
            ?? throw new ApiException(StatusCodes.Status400BadRequest, "The body is null; it must be a JSON object.", "invalid_json");
    }

    private async Task AnswerWholeAsync(HttpContext context, ChatCall call, ChatAnswerWire frame, CancellationTokenSource stop)
    {
        Task<ChatResponse>[] asked =
        [
            .. Enumerable.Range(0, call.Completions).Select(index => StoppingOthersAsync(AskAsync(call, index, stop.Token))),
        ];
        ChatResponse[] responses = await Task.WhenAll(asked);
        ChatAnswerWire answer = frame with
        {
            Choices = [.. responses.Select((response, index) => ChatAnswer.Choice(index, response))],
            Usage = ChatAnswer.Usage([.. responses.Select(response => response.Usage)]),
        };
        await ChatJson.WriteAsync(context.Response, StatusCodes.Status200OK, answer, ChatJson.Wire.ChatAnswerWire);

        async Task<ChatResponse> StoppingOthersAsync(Task<ChatResponse> completion)
        {
            try
            {
                return await completion;
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }
    }

    private async Task StreamAsync(HttpContext context, ChatCall call, ChatAnswerWire frame, CancellationTokenSource stop)
    {
        Channel<(int Index, ChatResponseUpdate Update)> updates = Channel.CreateUnbounded<(int, ChatResponseUpdate)>(
            new() { SingleReader = true }
        );
        Task all = PumpAllAsync();
        try
        {
            await ChunkStream.WriteAsync(context.Response, frame, call, updates.Reader, context.RequestAborted);
        }
        finally
        {
            await stop.CancelAsync();
            await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        async Task PumpAllAsync()
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, call.Completions).Select(PumpAsync));
                updates.Writer.Complete();
            }
            catch (Exception error)
            {
                updates.Writer.TryComplete(error);
            }
        }

        async Task PumpAsync(int index)
        {
            try
            {
                await foreach (ChatResponseUpdate update in UpdatesAsync(call, index, stop.Token))
                {
                    updates.Writer.TryWrite((index, update));
                }
            }
            catch (Exception error)
            {
                updates.Writer.TryComplete(error); // the first failure is reported; it stops the others
                await stop.CancelAsync();
                throw;
            }
        }
    }

    private async IAsyncEnumerable<ChatResponseUpdate> UpdatesAsync(
        ChatCall call,
        int index,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        if (call.Choices is not null)
        {
            foreach (ChatResponseUpdate update in (await AskAsync(call, index, cancellationToken)).ToChatResponseUpdates())
            {
                yield return update;
            }

            yield break;
        }

        await foreach (
            ChatResponseUpdate update in model.Client.GetStreamingResponseAsync(call.Messages, call.OptionsOf(index), cancellationToken)
        )
        {
            yield return update;
        }
    }

    private async Task<ChatResponse> AskAsync(ChatCall call, int index, CancellationToken cancellationToken)
    {
        ChatResponse response = await model.Client.GetResponseAsync(call.Messages, call.OptionsOf(index), cancellationToken);
        return call.Choices is { } choices ? Chosen(response, choices) : response;
    }

    /// <summary>The first tokens of the choices differ, so the generated one identifies the whole choice.</summary>
    private static ChatResponse Chosen(ChatResponse response, IReadOnlyList<string> choices)
    {
        string[] begun =
        [
            .. choices.Where(choice => response.Text.Length > 0 && choice.StartsWith(response.Text, StringComparison.Ordinal)),
        ];
        if (begun.Length != 1)
        {
            throw ApiException.BadField(
                "structured_outputs.choice",
                "The model reasons before it answers, or the choices begin with the same token. Begin its turn with closed reasoning "
                    + "(continue_final_message), or with what the choices have in common."
            );
        }

        return new(new ChatMessage(ChatRole.Assistant, begun[0]))
        {
            FinishReason = ChatFinishReason.Stop,
            Usage = response.Usage,
            AdditionalProperties = response.AdditionalProperties,
        };
    }
}
