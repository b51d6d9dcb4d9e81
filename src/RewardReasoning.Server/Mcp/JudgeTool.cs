using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace RewardReasoning.Server.Mcp;

/// <summary>A call of a tool: its arguments, and where its progress goes.</summary>
/// <param name="Arguments">An object, as the tool's schema has it.</param>
/// <param name="Progress">Receives how far it is; null where the client wants none.</param>
internal sealed record JudgeCall(JsonElement Arguments, IProgress<ProgressNotificationValue>? Progress);

/// <summary>What a tool gives back.</summary>
/// <param name="Summary">In a sentence, for models that read text.</param>
/// <param name="Write">The whole of it as a JSON object.</param>
/// <param name="Usage">What it cost.</param>
internal sealed record JudgeReply(string Summary, Action<Utf8JsonWriter> Write, Usage Usage);

/// <summary>
/// A tool over a judge, with schemas of both sides. Faults of the call's own, and failures of the judge, are results that say so: a model
/// can react to them.
/// </summary>
internal sealed class JudgeTool : McpServerTool
{
    private readonly Func<JudgeCall, CancellationToken, Task<JudgeReply>> _run;
    private readonly TokenAllowance _allowance;

    /// <param name="name">Its name.</param>
    /// <param name="title">The same for people.</param>
    /// <param name="description">What it does, for models.</param>
    /// <param name="input">JSON schema of its arguments.</param>
    /// <param name="output">JSON schema of its result.</param>
    /// <param name="allowance">What all tools together may spend.</param>
    /// <param name="run">Does it.</param>
    public JudgeTool(
        string name,
        string title,
        string description,
        string input,
        string output,
        TokenAllowance allowance,
        Func<JudgeCall, CancellationToken, Task<JudgeReply>> run
    )
    {
        (_run, _allowance) = (run, allowance);
        ProtocolTool = new Tool
        {
            Name = name,
            Title = title,
            Description = description,
            InputSchema = JsonElement.Parse(input),
            OutputSchema = JsonElement.Parse(output),
            Annotations = new ToolAnnotations
            {
                ReadOnlyHint = true,
                IdempotentHint = true,
                OpenWorldHint = false,
            },
        };
    }

    /// <inheritdoc/>
    public override Tool ProtocolTool { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<object> Metadata => [];

    /// <inheritdoc/>
    public override async ValueTask<CallToolResult> InvokeAsync(
        RequestContext<CallToolRequestParams> request,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            _allowance.Require();
            JsonElement arguments = JsonSerializer.SerializeToElement(
                request.Params?.Arguments ?? new Dictionary<string, JsonElement>(),
                ToolJson.Default.IDictionaryStringJsonElement
            );
            JudgeReply reply = await _run(new(arguments, ProgressOf(request)), cancellationToken);
            _allowance.Spend(reply.Usage);
            return new CallToolResult
            {
                Content = [new TextContentBlock { Text = reply.Summary }],
                StructuredContent = ElementOf(reply.Write),
            };
        }
        catch (Exception failure)
            when (!cancellationToken.IsCancellationRequested && failure is RewardReasoningException or HttpRequestException or IOException)
        {
            return new CallToolResult { IsError = true, Content = [new TextContentBlock { Text = failure.Message }] };
        }
    }

    private static ProgressOfCall? ProgressOf(RequestContext<CallToolRequestParams> request) =>
        request.Params?.ProgressToken is { } token ? new ProgressOfCall(request.Server, token) : null;

    private static JsonElement ElementOf(Action<Utf8JsonWriter> write)
    {
        System.Buffers.ArrayBufferWriter<byte> written = new();
        using (Utf8JsonWriter json = new(written))
        {
            write(json);
        }

        return JsonElement.Parse(written.WrittenSpan);
    }

    /// <summary>Sends progress on without waiting; a client that is gone is noticed by the call itself.</summary>
    private sealed class ProgressOfCall(McpServer server, ProgressToken token) : IProgress<ProgressNotificationValue>
    {
        public void Report(ProgressNotificationValue value) =>
            _ = ((Task)server.NotifyProgressAsync(token, value)).ContinueWith(
                static sent => sent.Exception,
                CancellationToken.None,
                TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default
            );
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(IDictionary<string, JsonElement>))]
internal sealed partial class ToolJson : System.Text.Json.Serialization.JsonSerializerContext;
