using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Testing;

namespace RewardReasoning.Endpoints.Tests.Recorded;

/// <summary>
/// One exchange with a real server, from tests/Fixtures/servers, whose README says which servers and how they were started.
/// </summary>
internal sealed record Recording(string Name, JsonObject Request, int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    private static readonly string Folder = Path.Combine(SharedFolder.RepositoryRoot, "tests", "Fixtures", "servers");

    /// <summary>All of them, by folder and file.</summary>
    public static IEnumerable<string> Names =>
        Directory
            .EnumerateFiles(Folder, "*.json", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Folder, path).Replace('\\', '/')[..^".json".Length])
            .Order(StringComparer.Ordinal);

    /// <summary>Those of chat completions that were answered.</summary>
    public static IEnumerable<string> Answers => Names.Where(name => Load(name) is { IsChat: true, Status: 200 });

    public string Server => Name.Split('/')[0];

    public string Address => Request["path"]?.GetValue<string>() ?? "";

    public bool IsChat => Address == "/v1/chat/completions" && Request["method"]?.GetValue<string>() == "POST";

    public bool IsStream => Encoding.UTF8.GetString(Body).StartsWith("data:", StringComparison.Ordinal);

    /// <summary>The question, as far as it is an object.</summary>
    public JsonObject? Question => Request["body"] as JsonObject;

    /// <summary>The beginning of the answer that was sent; null for none.</summary>
    public string? Prefill =>
        Question?["messages"] is JsonArray { Count: > 0 } messages && messages[^1]?["role"]?.GetValue<string>() == "assistant"
            ? messages[^1]?["content"]?.GetValue<string>()
            : null;

    public ServerFlavour Flavour =>
        Server.StartsWith("vllm", StringComparison.Ordinal) ? ServerFlavour.Vllm
        : Server.StartsWith("llamacpp", StringComparison.Ordinal) ? ServerFlavour.LlamaCpp
        : ServerFlavour.Generic;

    public static Recording Load(string name)
    {
        JsonObject exchange = JsonNode.Parse(File.ReadAllText(Path.Combine(Folder, name + ".json")))!.AsObject();
        JsonObject response = exchange["response"]!.AsObject();
        string body = response["pieces"] is JsonArray pieces
            ? string.Concat(pieces.Select(piece => piece?.GetValue<string>()))
            : response["body"] switch
            {
                null => "",
                JsonValue text when text.TryGetValue(out string? plain) => plain ?? "",
                var json => json.ToJsonString(),
            };
        return new(
            name,
            exchange["request"]!.AsObject(),
            response["status"]!.GetValue<int>(),
            (response["headers"] as JsonObject ?? []).ToDictionary(
                header => header.Key,
                header => header.Value?.GetValue<string>() ?? "",
                StringComparer.OrdinalIgnoreCase
            ),
            Encoding.UTF8.GetBytes(body)
        );
    }

    /// <summary>A server on a socket that gives this answer to every request.</summary>
    public Task<LoopbackServer> ServeAsync() =>
        LoopbackServer.StartAsync(async context =>
        {
            context.Response.StatusCode = Status;
            foreach ((string name, string value) in Headers)
            {
                if (name.ToUpperInvariant() is not ("CONTENT-LENGTH" or "TRANSFER-ENCODING" or "CONNECTION" or "KEEP-ALIVE" or "DATE"))
                {
                    context.Response.Headers[name] = value;
                }
            }

            await context.Response.Body.WriteAsync(Body, context.RequestAborted);
        });

    /// <summary>What a client of this kind of server makes of the answer at an address.</summary>
    public async Task<ChatResponse> AskAsync(Uri url, bool stream, CancellationToken cancellationToken)
    {
        using EndpointChatClient client = new(
            new()
            {
                Url = url,
                Model = "m",
                Flavour =
                    Prefill is null ? Flavour
                    : Flavour == ServerFlavour.Generic ? ServerFlavour.LlamaCpp
                    : Flavour,
                Tries = 1,
                LogProbs = true,
            }
        );
        ChatOptions options = new()
        {
            MaxOutputTokens = 64,
            AdditionalProperties = new() { [ChatOptionKeys.LogProbs] = 5 },
        };
        if (Prefill is { } prefill)
        {
            options.AdditionalProperties[ChatOptionKeys.Prefill] = prefill;
        }

        ChatMessage[] question = [new(ChatRole.User, "Which is better?")];
        return stream
            ? await client.GetStreamingResponseAsync(question, options, cancellationToken).ToChatResponseAsync(cancellationToken)
            : await client.GetResponseAsync(question, options, cancellationToken);
    }

    /// <summary>Thought, text and finish reason as they stand in the answer, read with no code of the client.</summary>
    public (string Thought, string Text, string Reason) Expected()
    {
        JsonNode?[] pieces = IsStream
            ?
            [
                .. Encoding
                    .UTF8.GetString(Body)
                    .Split('\n')
                    .Where(line => line.StartsWith("data: {", StringComparison.Ordinal))
                    .Select(line => JsonNode.Parse(line["data: ".Length..])),
            ]
            : [JsonNode.Parse(Body)];
        JsonNode?[] choices =
        [
            .. pieces.Select(piece => (piece?["choices"] as JsonArray)?.FirstOrDefault(choice => choice?["index"]?.GetValue<int>() == 0)),
        ];
        JsonNode?[] texts = [.. choices.Select(choice => choice?["delta"] ?? choice?["message"])];
        string text = Joined("content");
        return (
            Joined("reasoning") + Joined("reasoning_content"),
            Prefill is { } prefill && text.StartsWith(prefill, StringComparison.Ordinal) ? text[prefill.Length..] : text,
            choices.Select(choice => choice?["finish_reason"]?.GetValue<string>()).LastOrDefault(reason => reason is not null) ?? "stop"
        );

        string Joined(string field) => string.Concat(texts.Select(piece => piece?[field]?.GetValue<string>()));
    }

    public static string ThoughtOf(ChatResponse response) =>
        string.Concat(response.Messages.SelectMany(message => message.Contents).OfType<TextReasoningContent>().Select(part => part.Text));
}
