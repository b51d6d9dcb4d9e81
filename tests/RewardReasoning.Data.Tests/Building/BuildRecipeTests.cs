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
        BuildRecipe recipe = BuildRecipe.Load(
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
            (7, ".jsonl.gz", 0.1, false, false, false),
            (recipe.Seed, recipe.Format, recipe.HeldOut, recipe.StripThoughts, recipe.BalancePosition, recipe.BalanceLength)
        );
        BuildSource outputs = recipe.Sources[0];
        Assert.Equal(
            ("id", "text", "ok", 5.0, 10, 2, "\n\nQuestion:"),
            (outputs.Key, outputs.Output, outputs.Correct, outputs.Weight, outputs.Limit, outputs.PairsPerQuery, outputs.CutAt[0])
        );
        Assert.Equal([("lang", "en"), ("stated", "true")], outputs.Require.OrderBy(one => one.Key).Select(one => (one.Key, one.Value)));
        BuildSource sampled = recipe.Sources[1];
        Assert.Equal((8, 0.7, 99, "Box it."), (sampled.Samples, sampled.Temperature, sampled.MaxTokens, sampled.Instruction));
        Assert.Equal(new SampledModel("m", new Uri("http://localhost:8000/v1"), "KEY"), sampled.Models[1]);
        Assert.Equal(0.5, recipe.Sources[2].MinMargin);
        Assert.Equal((13, 0.2), (recipe.Decontaminate?.NGram, recipe.Decontaminate?.Share));
    }

    [Fact]
    public void Load_ManyFaults_TellsAllAtOnce()
    {
        string data = Write("data.jsonl", "{}");
        string message = Assert
            .Throws<FormatException>(() =>
                BuildRecipe.Load(
                    Write(
                        "recipe.json",
                        $$"""
                        {
                          "sed": 7, "format": "csv", "held_out": 2, "strip_thoughts": "yes",
                          "sources": [
                            { "name": "a", "kind": "outputs", "rows": "{{data}}", "weight": -1, "outputs": "no-such-file.jsonl", "samples": 4 },
                            { "name": "a", "kind": "guessed", "licence": "MIT", "rows": [] },
                            { "kind": "sampled", "licence": "MIT", "rows": "{{data}}", "models": [{ "endpoint": "nowhere" }] },
                            7
                          ],
                          "decontaminate": { "ngram": 0 }
                        }
                        """
                    )
                )
            )
            .Message;
        string[] faults =
        [
            "sed is unknown here",
            "format is 'csv'",
            "held_out is 2",
            "strip_thoughts is a string",
            "sources[0].licence is missing",
            "sources[0].weight is -1",
            "sources[0].outputs finds nothing",
            "sources[0].key is missing",
            "sources[0].samples is unknown here",
            "sources[1].kind is 'guessed'",
            "sources[1].rows is a list",
            "sources[2].name is missing",
            "sources[2].models[0].model is missing",
            "sources[2].models[0].endpoint is 'nowhere'",
            "sources[3] is 7; it must be an object",
            "2 are named 'a'",
            "some have a weight and some do not",
            "decontaminate.ngram is 0",
            "decontaminate.against is missing",
        ];
        Assert.All(faults, fault => Assert.Contains(fault, message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{ \"seed\": }", "line 1: not JSON")]
    [InlineData("[]", "The recipe is a list")]
    public void Load_NoRecipe_SaysSo(string content, string message) =>
        Assert.Contains(
            message,
            Assert.Throws<FormatException>(() => BuildRecipe.Load(Write("recipe.json", content))).Message,
            StringComparison.Ordinal
        );

    private string Write(string name, string content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, content);
        return path;
    }
}
