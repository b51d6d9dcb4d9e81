using System.Text.Json.Nodes;

namespace RewardReasoning.Endpoints;

/// <summary>
/// What the answers of a model on a server depend on beyond the request: its name there and its revision, and what the client adds or how
/// it
/// reads. Never the address, for another server with the same model gives the same distribution of answers, and never a secret.
/// </summary>
internal static class EndpointIdentity
{
    /// <param name="options">How the server is asked.</param>
    /// <param name="turnsSamplersOff">Whether samplers that the request does not name are turned off by name, instead of left to the
    /// server.</param>
    public static string Of(EndpointOptions options, bool turnsSamplersOff) =>
        string.Concat(
            $"endpoint:{options.Model}",
            options.Revision is { } revision ? $"@{revision}" : "",
            turnsSamplersOff ? "+own-sampling" : "",
            options.PromptOpensThought ? "+open-thought" : "",
            options.ExtraFields is { Count: > 0 } extra ? $"+{Sorted(Secrets.Redacted(extra))}" : ""
        );

    private static string Sorted(JsonObject fields) =>
        new JsonObject(
            fields
                .OrderBy(field => field.Key, StringComparer.Ordinal)
                .Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))
        ).ToJsonString();
}
