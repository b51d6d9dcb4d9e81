using System.Text.Json.Nodes;
using RewardReasoning.Lab.Words;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Lab.Tests.Words;

public sealed class TextWorldTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly TextWorldRecipe _recipe;

    public TextWorldTests()
    {
        string[] sentences = ["The boy reads X there.", "A farmer sold X again.", "The train stops at X.", "My sister likes X tea."];
        File.WriteAllLines(
            _folder["questions.jsonl"],
            Enumerable
                .Range(0, 120)
                .Select(i =>
                    new JsonObject
                    {
                        ["source"] = "set",
                        ["question"] =
                            $"{sentences[i % 4].Replace("X", Word(i), StringComparison.Ordinal)} Kim{Word(i)} has {i + 20} pens "
                            + $"and loses {i + 3}. How many are left?",
                        ["answer"] = "17",
                    }.ToJsonString()
                )
        );
        File.WriteAllText(
            _folder["prompt.txt"],
            "[user]\n{query}\n\nAssistant 1: {response_1}\nAssistant 2: {response_2}\n\nWho is right?"
        );
        _recipe = new TextWorldRecipe
        {
            Out = _folder["world"],
            Questions = [_folder["questions.jsonl"]],
            HeldOutFamilies = ["ends"],
            JudgePrompt = _folder["prompt.txt"],
            Documents = 400,
            Pairs = 300,
            HeldOutPerFamily = 4,
        };
    }

    [Fact]
    public void Write_SameRecipe_WritesTheSameBytes()
    {
        TextWorld.Write(_recipe);
        TextWorld.Write(_recipe with { Out = _folder["again"] });
        foreach (string file in Directory.EnumerateFiles(_folder["world"]))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(_folder["again"], Path.GetFileName(file))));
        }
    }

    [Fact]
    public void Write_HeldOutQuestionsAndFamilies_AreNowhereInTheTrainingFiles()
    {
        TextWorld.Write(_recipe);
        string[] trained = [.. Rows("pairs.jsonl").Select(row => Masked(Text(row, "query"))).Distinct()];
        string[] heldOut =
        [
            .. Rows("heldout-pairs.jsonl").Where(row => Text(row, "family") == "set").Select(row => Masked(Text(row, "query"))),
        ];
        Assert.NotEmpty(heldOut);
        Assert.Empty(trained.Intersect(heldOut));
        Assert.DoesNotContain(Rows("pairs.jsonl"), row => Text(row, "family") == "ends");
        Assert.Contains(Rows("heldout-pairs.jsonl"), row => Text(row, "family") == "ends" && Text(row, "seen") == "nothing");
    }

    [Fact]
    public void Write_JudgeDocuments_NameEitherAssistantWhoeverIsRight()
    {
        TextWorld.Write(_recipe with { Documents = 3_000 });
        List<bool> agree = [];
        foreach (
            JsonObject row in Rows("documents.jsonl")
                .Where(row => Text(row, "kind") == "judge" && Text(row, "prompt").Contains("pens", StringComparison.Ordinal))
        )
        {
            string completion = Text(row, "completion");
            string said = completion[
                (completion.IndexOf("said ", StringComparison.Ordinal) + 5)..completion.IndexOf('?', StringComparison.Ordinal)
            ];
            bool firstIsRight = System.Text.RegularExpressions.Regex.IsMatch(
                Text(row, "prompt").Split('\n').Single(line => line.StartsWith("Assistant 1:", StringComparison.Ordinal)),
                $@"\b{said}\b"
            );
            agree.Add(completion.EndsWith(firstIsRight ? "1}" : "2}", StringComparison.Ordinal));
        }

        Assert.InRange(agree.Count(same => same) / (double)agree.Count, 0.42, 0.58);
    }

    [Fact]
    public void Write_UnknownFamily_NamesThoseThereAre() =>
        Assert.Contains(
            "begins",
            Assert.Throws<RecipeException>(() => TextWorld.Write(_recipe with { HeldOutFamilies = ["rhymes"] })).Message,
            StringComparison.Ordinal
        );

    [Fact]
    public void Write_LineThatIsNoQuestion_IsNamed()
    {
        File.AppendAllText(_folder["questions.jsonl"], "{\"text\": 1}\n");
        Assert.Contains(
            "questions.jsonl, line 121",
            Assert.Throws<FormatException>(() => TextWorld.Write(_recipe)).Message,
            StringComparison.Ordinal
        );
    }

    public void Dispose() => _folder.Dispose();

    private IEnumerable<JsonObject> Rows(string file) =>
        File.ReadLines(Path.Combine(_folder["world"], file)).Select(line => JsonNode.Parse(line)!.AsObject());

    private static string Text(JsonObject row, string field) => row[field]!.GetValue<string>();

    private static string Masked(string query) => System.Text.RegularExpressions.Regex.Replace(query, @"\d+", "#");

    private static string Word(int i) => $"{(char)('b' + (i % 20))}a{(char)('b' + (i / 20))}el";
}
