namespace RewardReasoning.Storage;

/// <summary>A completion as the columns of a table.</summary>
internal sealed record StoreRow(
    StoredModel Model,
    byte[] Key,
    byte[] PromptHash,
    byte[] Prompt,
    byte[] Settings,
    byte[] Response,
    long Created,
    long Elapsed
)
{
    public static StoreRow Of(StoredCompletion completion)
    {
        CompletionRequest request = completion.Request;
        return new(
            request.Model,
            request.Key.ToArray(),
            request.PromptHash.ToArray(),
            Compression.Pack(request.Prompt.Span),
            request.Settings.ToArray(),
            Compression.Pack(completion.Response.Span),
            completion.Created.ToUnixTimeMilliseconds(),
            (long)completion.Elapsed.TotalMilliseconds
        );
    }

    public static StoredCompletion Completion(
        StoredModel model,
        byte[] prompt,
        byte[] settings,
        byte[] response,
        long created,
        long elapsed
    ) =>
        new()
        {
            Request = CompletionRequest.Kept(model, Compression.Unpack(prompt), settings),
            Response = Compression.Unpack(response),
            Created = DateTimeOffset.FromUnixTimeMilliseconds(created),
            Elapsed = TimeSpan.FromMilliseconds(elapsed),
        };
}
