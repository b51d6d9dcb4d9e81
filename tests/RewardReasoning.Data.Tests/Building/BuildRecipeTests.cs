using RewardReasoning.Data.Building;
using Xunit;

namespace RewardReasoning.Data.Tests.Building;

public sealed class BuildRecipeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-recipe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_EveryField_IsRead()
    {
        string data = Write("data.jsonl", "{}");
        (BuildRecipe recipe, string hash) = BuildRecipe.Load(
            Write(
                "recipe.json",
                $$"""
                {
                  // comments are allowed
                  "seed": 7, "format": "jsonl.gz", "held_out": 0.1, "strip_thoughts": false, "balance_position": false, "balance_length": false,
                  "sources": [
                    { "name": "a", "kind": "outputs", "licence": "MIT", "rows": "{{data}}", "outputs": ["{{data}}"], "key": "id", "output": "text", "correct": "ok",
                      "require": { "stated": true, "lang": "en" }, "cut_at": "\n\nQuestion:", "weight": 5, "limit": 10, "pairs_per_query": 2 },
                    { "name": "b", "kind": "sampled", "licence": "MIT", "rows": ["{{data}}"], "weight": 1, "samples": 8, "temperature": 0.7, "max_tokens": 99, "instruction": "Box it.",
                      "models": [{ "model": "folder" }, { "model": "m", "endpoint": "http://localhost:8000/v1", "api_key_env": "KEY" }] },
                    { "name": "c", "kind": "annotated", "licence": "MIT", "rows": "{{data}}", "weight": 1, "min_margin": 0.5 },
                    { "name": "d", "kind": "preferences", "licence": "MIT", "rows": "{{data}}", "weight": 1 },
                  ],
                  "decontaminate": { "against": { "bench": "{{data}}" }, "ngram": 13, "share": 0.2 },
                }
                """
            )
        );
        Assert.Equal(
            (7, "jsonl.gz", 0.1, false, false, false),
            (recipe.Seed, recipe.Format, recipe.HeldOut, recipe.StripThoughts, recipe.BalancePosition, recipe.BalanceLength)
        );
        OutputsSource outputs = Assert.IsType<OutputsSource>(recipe.Sources[0]);
        Assert.Equal(
            ("id", "text", "ok", 5.0, 10, 2, "\n\nQuestion:"),
            (outputs.Key, outputs.Output, outputs.Correct, outputs.Weight, outputs.Limit, outputs.PairsPerQuery, outputs.CutAt[0])
        );
        Assert.Equal(
            [("lang", "en"), ("stated", "True")],
            outputs.Require.OrderBy(one => one.Key).Select(one => (one.Key, one.Value.ToString()))
        );
        SampledSource sampled = Assert.IsType<SampledSource>(recipe.Sources[1]);
        Assert.Equal((8, 0.7, 99, "Box it."), (sampled.Samples, sampled.Temperature, sampled.MaxTokens, sampled.Instruction));
        Assert.Equal(
            new SampledModel
            {
                Model = "m",
                Endpoint = new Uri("http://localhost:8000/v1"),
                ApiKeyEnv = "KEY",
            },
            sampled.Models[1]
        );
        Assert.Equal(0.5, Assert.IsType<AnnotatedSource>(recipe.Sources[2]).MinMargin);
        Assert.Equal(64, hash.Length);
        Assert.Equal((13, 0.2), (recipe.Decontaminate?.Ngram, recipe.Decontaminate?.Share));
    }

    [Fact]
    public void Load_FieldsThatAreNoneOfTheRecipe_TellsAllAtOnce()
    {
        string data = Write("data.jsonl", "{}");
        AssertFaults(
            $$"""
            {
              "sed": 7, "strip_thoughts": "yes",
              "sources": [
                { "name": "a", "kind": "outputs", "rows": "{{data}}", "weight": 1, "outputs": "{{data}}", "samples": 4 },
                { "name": "a", "kind": "output", "licence": "MIT", "rows": "{{data}}" },
                { "name": "b", "kind": "preferences", "licence": "MIT", "rows": [] },
                { "kind": "sampled", "licence": "MIT", "rows": "{{data}}", "models": [{ "endpoint": "http://localhost:8000/v1" }] },
                { "name": "c" },
                7
              ],
              "decontaminate": { "ngram": 8 }
            }
            """,
            "sed is not a field here. Did you mean seed?",
            "strip_thoughts is \"yes\"; it must be true or false",
            "sources[0].licence is missing",
            "sources[0].key is missing",
            "sources[0].samples is not a field here",
            "sources[1].kind is \"output\"; it must be outputs, sampled, annotated or preferences. Did you mean outputs?",
            "sources[2].rows is a list. It must be a text or a list of texts",
            "sources[3].name is missing",
            "sources[3].models[0].model is missing",
            "sources[4].kind is missing; it must be outputs, sampled, annotated or preferences",
            "sources[5] is 7; it must be an object",
            "decontaminate.against is missing"
        );
    }

    [Fact]
    public void Load_ValuesOutOfBounds_TellsAllAtOnce()
    {
        string data = Write("data.jsonl", "{}");
        AssertFaults(
            $$"""
            {
              "format": "csv", "held_out": 2,
              "sources": [
                { "name": "a", "kind": "outputs", "licence": "MIT", "key": "id", "rows": "{{data}}", "weight": -1, "outputs": "no-such-file.jsonl" },
                { "name": "a", "kind": "sampled", "licence": "MIT", "rows": "{{data}}", "samples": 0, "models": [{ "model": "m", "endpoint": "nowhere" }] }
              ],
              "decontaminate": { "against": { "bench": "gone/*.jsonl" }, "ngram": 0 }
            }
            """,
            "format is 'csv'; it must be jsonl, jsonl.gz, jsonl.zst or parquet",
            "held_out is 2",
            "sources[0].weight is -1",
            "sources[0].outputs finds nothing",
            "sources[1].samples is 0",
            "sources[1].models[0].endpoint is 'nowhere'",
            "2 are named 'a'",
            "some have a weight and some do not",
            "decontaminate.ngram is 0",
            "decontaminate.against.bench finds nothing"
        );
    }

    [Theory]
    [InlineData("{ \"seed\": }", "line 1 is not valid JSON")]
    [InlineData("[]", "the whole is a list; it must be an object")]
    public void Load_NoRecipe_SaysSo(string content, string message) => AssertFaults(content, message);

    private void AssertFaults(string recipe, params string[] faults)
    {
        string message = Assert.ThrowsAny<RewardReasoningException>(() => BuildRecipe.Load(Write("recipe.json", recipe))).Message;
        Assert.All(faults, fault => Assert.Contains(fault, message, StringComparison.Ordinal));
    }

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
