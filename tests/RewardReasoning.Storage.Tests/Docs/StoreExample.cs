using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;

namespace RewardReasoning.Storage.Tests.Docs;

/// <summary>The example of docs/store.md, compiled; a test holds the two together.</summary>
internal static class StoreExample
{
    public static async Task<Judgment> RunAsync(Uri url, string path)
    {
        // begin
        using ICompletionStore store = await CompletionStores.OpenAsync(path);
        using IChatClient client = new StoringChatClient(new EndpointChatClient(new() { Url = url, Model = "rrm-7b" }), store);
        ReasoningJudge judge = new(client);

        Judgment judgment = await judge.JudgeAsync(new Comparison(Query: "What is 12.5% of 80?", Response1: "10", Response2: "1000"));
        string spent = $"{judgment.Usage.OutputTokens - judgment.Usage.KeptOutputTokens} tokens written now";
        // end
        return spent.Length > 0 ? judgment : throw new InvalidOperationException("Nothing is said.");
    }
}
