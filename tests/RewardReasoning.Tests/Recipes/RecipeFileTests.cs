using System.ComponentModel.DataAnnotations;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Tests.Recipes;

public sealed class RecipeFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Path => _folder["recipe.json"];

    [Theory]
    [InlineData("""{"out":"o","stepz":3}""", "stepz is not a field here. Did you mean steps?")]
    [InlineData("""{"out":"o","wholly":3}""", "wholly is not a field here; the fields are out, steps, rate, shape, judge, stages.")]
    [InlineData("""{"out":"o","judge":{"votes":3,"vots":4}}""", "judge.vots is not a field here. Did you mean votes?")]
    [InlineData("""{"out":"o","judge":{"votes":"three"}}""", "judge.votes is \"three\"; it must be a whole number.")]
    [InlineData("""{"out":"o","shape":"cosin"}""", "shape is \"cosin\"; it must be constant or cosine. Did you mean cosine?")]
    [InlineData("""{"out":"o","stages":[{"from":1},{"form":2}]}""", "stages[1].form is not a field here. Did you mean from?")]
    [InlineData("""{"out":"o","stages":7}""", "stages is 7; it must be a list of objects.")]
    [InlineData("""{"out":"o","steps":null}""", "steps is null; it must be a whole number.")]
    [InlineData("""{"out":"o","out":"p"}""", "out is given more than once; give it once.")]
    [InlineData("""{"out":"o","policy":{}}""", "policy is no longer a field here. Use another verb.")]
    [InlineData("""{"steps":3}""", "out is missing; it must be a text.")]
    [InlineData("""[1]""", "the whole is a list; it must be an object.")]
    [InlineData("""{"out":"o" "steps":3}""", "line 1 is not valid JSON")]
    public void Load_Fault_IsNamedAsTheUserWroteIt(string json, string fault)
    {
        string message = Refusal(json);
        Assert.Contains(fault, message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", message, StringComparison.Ordinal);
        Assert.DoesNotContain(nameof(Sample), message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SeveralFaults_AreListedALineEach()
    {
        string[] lines = Refusal("""{"stepz":3,"rate":"fast","judge":{"votes":1.5}}""").Split('\n');
        Assert.Equal(
            [
                $"{Path} has 4 faults:",
                "  stepz is not a field here. Did you mean steps?",
                "  rate is \"fast\"; it must be a number.",
                "  judge.votes is 1.5; it must be a whole number.",
                "  out is missing; it must be a text.",
            ],
            lines
        );
    }

    [Fact]
    public void Load_CommentsAndTrailingCommas_AreRead()
    {
        File.WriteAllText(Path, "{ // where\n \"out\": \"o\", \"shape\": \"cosine\", \"judge\": null, }");
        Sample sample = RecipeFile.Load<Sample>(Path);
        Assert.Equal(("o", SampleShape.Cosine, null), (sample.Out, sample.Shape, sample.Judge));
    }

    [Fact]
    public void Load_MissingFileOrFolder_IsARecipeFault()
    {
        Assert.Contains(
            "There is no recipe",
            Assert.Throws<RecipeException>(() => RecipeFile.Load<Sample>(Path)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "is a folder",
            Assert.Throws<RecipeException>(() => RecipeFile.Load<Sample>(_folder.Path)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Differences_OlderRecipe_IgnoresFieldsThatWereNullAndNamesOthers()
    {
        File.WriteAllText(Path, """{"out":"o","steps":3,"policy":null}""");
        Assert.Empty(RecipeFile.Differences(Path, new Sample { Out = "o", Steps = 3 }));
        Assert.Equal(["steps was 3 and is 4"], RecipeFile.Differences(Path, new Sample { Out = "o", Steps = 4 }));
    }

    [Fact]
    public void Resolve_ThenLoad_GivesTheSameRecipe()
    {
        Sample sample = new()
        {
            Out = "o",
            Judge = new SampleJudge { Votes = 5 },
        };
        File.WriteAllText(Path, RecipeFile.Resolve(sample));
        Assert.Empty(RecipeFile.Differences(Path, sample));
    }

    [Fact]
    public void ThrowIfInvalidRecipe_FaultsOfAllLevels_AreNamedByTheirPath()
    {
        Sample sample = new()
        {
            Out = "o",
            Steps = 0,
            Rate = 2,
            Judge = new SampleJudge { Votes = 0 },
            Stages = [new SampleStage(3), new SampleStage(-1)],
        };
        string message = Assert.Throws<RecipeException>(() => OptionsCheck.ThrowIfInvalidRecipe(sample)).Message;
        Assert.Equal(
            [
                "The recipe has 5 faults:",
                "  steps is 0; it must be at least 1.",
                "  rate is 2; it must be above 0 and at most 1.",
                "  judge.votes is 0; it must be at least 1.",
                "  stages[1].from is -1; it must be at least 0.",
                "  shape is constant and rate 2; a constant rate of 2 diverges.",
            ],
            message.Split('\n')
        );
    }

    [Fact]
    public void Faults_OtherNotations_NameTheSameField()
    {
        SampleJudge judge = new() { Votes = 0 };
        Assert.Equal(["--votes is 0; it must be at least 1."], OptionsCheck.Faults(judge, OptionNames.CommandLine));
        Assert.Equal(["Votes is 0; it must be at least 1."], OptionsCheck.Faults(judge, OptionNames.Members));
        ArgumentException error = Assert.Throws<ArgumentException>(() => OptionsCheck.ThrowIfInvalid(judge));
        Assert.StartsWith("SampleJudge has a fault: Votes is 0", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Refusal(string json)
    {
        File.WriteAllText(Path, json);
        return Assert.Throws<RecipeException>(() => RecipeFile.Load<Sample>(Path)).Message;
    }
}

public enum SampleShape
{
    Constant,
    Cosine,
}

public sealed record SampleJudge
{
    [Range(1, int.MaxValue)]
    public int Votes { get; init; } = 1;
}

public sealed record SampleStage([property: Range(0, int.MaxValue)] int From);

[MovedField("policy", "Use another verb.")]
public sealed record Sample : ICheckedOptions
{
    public required string Out { get; init; }

    [Range(1, int.MaxValue)]
    public int Steps { get; init; } = 1;

    [Range(0.0, 1.0, MinimumIsExclusive = true)]
    public double Rate { get; init; } = 0.5;

    public SampleShape Shape { get; init; }

    public SampleJudge? Judge { get; init; }

    public IReadOnlyList<SampleStage> Stages { get; init; } = [];

    IEnumerable<string> ICheckedOptions.Faults(OptionNames names) =>
        Shape == SampleShape.Constant && Rate > 1
            ? [$"{names[nameof(Shape)]} is {names.Value(Shape)} and {names[nameof(Rate)]} {Rate}; a constant rate of {Rate} diverges."]
            : [];
}
