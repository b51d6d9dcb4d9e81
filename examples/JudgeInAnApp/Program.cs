// A judge in an application: dependency injection, a store of completions, logging and OpenTelemetry around a model behind an
// OpenAI-compatible server.
//
//     dotnet run --project examples/JudgeInAnApp -- http://localhost:8000/v1 NAME completions.db
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;
using RewardReasoning;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Storage;

if (args is not [string url, string model, string file])
{
    Console.Error.WriteLine("JudgeInAnApp URL MODEL STORE");
    return 2;
}

using TracerProvider? tracing = Sdk.CreateTracerProviderBuilder().AddSource(JudgeTelemetry.SourceName).AddConsoleExporter().Build();
using ICompletionStore store = await CompletionStores.OpenAsync(file);

ServiceCollection services = new();
services.AddLogging(logging => logging.AddSimpleConsole().SetMinimumLevel(LogLevel.Debug));
services.AddChatClient(new EndpointChatClient(new() { Url = new Uri(url), Model = model })).UseCompletionStore(store).UseLogging();
services.AddReasoningJudge(new JudgeOptions { Votes = 3 });

await using ServiceProvider provider = services.BuildServiceProvider();
IJudge judge = provider.GetRequiredService<IJudge>();
Judgment judgment = await judge.JudgeAsync(
    new Comparison("Why is the sky blue?", "Air scatters blue light more than red.", "It mirrors the sea.")
);
Console.WriteLine($"prefers {judgment.Preferred}, confidence {judgment.Confidence:0.00}, {judgment.Votes.Count} votes");
return 0;
