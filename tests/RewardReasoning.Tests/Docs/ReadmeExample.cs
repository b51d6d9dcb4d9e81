using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;

namespace RewardReasoning.Tests.Docs;

/// <summary>The example of README.md, compiled; a test holds the two together.</summary>
internal static class ReadmeExample
{
    public static async Task RunAsync()
    {
        // begin
        using IChatClient client = new EndpointChatClient(new() { Url = new Uri("http://localhost:8000/v1"), Model = "RRM-7B" });
        ReasoningJudge judge = new(client, new JudgeOptions { Votes = 5 });

        Judgment judgment = await judge.JudgeAsync(
            new Comparison(
                Query: "Why is the sky blue?",
                Response1: "Air scatters blue light more than red.",
                Response2: "It mirrors the sea."
            )
        );

        Console.WriteLine($"{judgment.Preferred}, confidence {judgment.Confidence:0.00}: {judgment.Votes[0].Reasoning}");
        // end
    }
}
