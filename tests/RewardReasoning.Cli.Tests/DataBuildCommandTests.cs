using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class DataBuildCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-built-").FullName;

    private string Out => Path.Combine(_folder, "out");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Build_PreferencesAndAnnotation_WritesPairsAndManifest()
    {
        string known = Write("known.jsonl", """{"query":"k","chosen":"good","rejected":"bad"}""");
        string open = Write(
            "open.jsonl",
            """
            {"query":"o1","response_1":"no","response_2":"right"}
            {"query":"o2","response_1":"only"}
            """
        );
        await using FakeOpenAIServer server = await RightAnswerServer.StartAsync();
        string recipe = Write(
            "recipe.json",
            $$"""
            { "sources": [
              { "name": "known", "kind": "preferences", "licence": "MIT", "rows": "{{known}}" },
              { "name": "open", "kind": "annotated", "licence": "MIT", "rows": "{{open}}" } ] }
            """
        );
        RrmResult result = await Rrm.RunAsync(
            "data",
            "build",
            recipe,
            "--out",
            Out,
            "--json",
            "--endpoint",
            server.Url.ToString(),
            "--model",
            "m"
        );
        Assert.Equal(ExitCodes.SomeMissing, result.ExitCode);
        JsonNode manifest = JsonNode.Parse(result.Out) ?? new JsonObject();
        Assert.Equal(
            ("endpoint:m", 2, 1),
            ((string?)manifest["judge"], (int?)manifest["outputs"]?[0]?["rows"], (int?)manifest["sources"]?[1]?["counts"]?["faulty_rows"])
        );
        Assert.Contains("open.jsonl:2: The row has no 'response_2'", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, File.ReadAllLines(Path.Combine(Out, "train.jsonl")).Length);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Build_Sampled_AsksTheModelsOfTheRecipe()
    {
        string questions = Write("questions.jsonl", """{"question":"2+2?","answer":"4"}""");
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(request =>
            FakeReply.Completion(request.Index % 2 == 0 ? @"\boxed{4}" : @"\boxed{5}", reasoning: "hm")
        );
        string recipe = Write(
            "recipe.json",
            $$"""
            { "sources": [{ "name": "s", "kind": "sampled", "licence": "MIT", "rows": "{{questions}}", "samples": 2, "models": [{ "model": "m", "endpoint": "{{server.Url}}" }] }] }
            """
        );
        RrmResult result = await Rrm.RunAsync("data", "build", recipe, "--out", Out);
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        Assert.Contains("train.jsonl: 1 pairs", result.Error, StringComparison.Ordinal);
        Assert.Equal(2, server.Requests.Count);
    }

    [Fact]
    public async Task Build_FaultyRecipe_TellsEveryFaultAndRunsNothing()
    {
        string recipe = Write(
            "recipe.json",
            """{ "held_out": 7, "sources": [{ "name": "s", "kind": "preferences", "licence": "", "rows": "nothing.jsonl" }] }"""
        );
        RrmResult result = await Rrm.RunAsync("data", "build", recipe, "--out", Out, "--check");
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.All(
            new[] { "held_out is 7", "sources[0].licence is ''; it must be given", "nothing.jsonl" },
            fault => Assert.Contains(fault, result.Error, StringComparison.Ordinal)
        );
        Assert.False(Directory.Exists(Out));
    }

    [Fact]
    public async Task Build_Check_SaysThatTheRecipeHolds()
    {
        string recipe = Write(
            "recipe.json",
            $$"""{ "sources": [{ "name": "s", "kind": "preferences", "licence": "MIT", "rows": "{{Write("known.jsonl", "{}")}}" }] }"""
        );
        RrmResult result = await Rrm.RunAsync("data", "build", recipe, "--out", Out, "--check");
        Assert.Equal((ExitCodes.Done, ""), (result.ExitCode, result.Out));
        Assert.Contains("no fault", result.Error, StringComparison.Ordinal);
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
