using RewardReasoning.Lab.Arithmetic;
using RewardReasoning.Lab.Words;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using RewardReasoning.Training.Judges;
using RewardReasoning.Training.Sft;
using Xunit;

namespace RewardReasoning.Lab.Tests;

public sealed class ShippedRecipesTests
{
    private static string Folder => Path.Combine(SharedFolder.RepositoryRoot, "recipes/rrm-mini");

    [Fact]
    public void Recipe_OfTheRealModel_IsValidAndHoldsDocumentsOut()
    {
        SftRecipe recipe = RecipeFile.Load<SftRecipe>(Path.Combine(SharedFolder.RepositoryRoot, "recipes/smollm2/gsm8k.json"));
        recipe.Validate();
        Assert.Equal(150, recipe.HeldOut?.Documents);
        Assert.True(recipe.MeasureFirst);
    }

    [Theory]
    [InlineData("rrm-mini")]
    [InlineData("rrm-mini-calc")]
    [InlineData("rrm-smol")]
    public void Recipes_AllOfALab_AreValid(string name)
    {
        LabRecipe lab = RecipeFile.Load<LabRecipe>(Path.Combine(SharedFolder.RepositoryRoot, "recipes", name, "lab.json"));
        lab.Validate();
        foreach (LabStep step in lab.Steps.Where(step => step.Recipe is not null))
        {
            string path = Path.Combine(SharedFolder.RepositoryRoot, step.Recipe ?? "");
            switch (step.Kind)
            {
                case LabStepKind.Sft:
                    RecipeFile.Load<SftRecipe>(path).Validate();
                    break;
                case LabStepKind.Grpo:
                    RecipeFile.Load<JudgeRecipe>(path).Validate();
                    break;
                case LabStepKind.World:
                    _ = RecipeFile.Load<ArithmeticWorldRecipe>(path);
                    break;
                case LabStepKind.TextWorld:
                    _ = RecipeFile.Load<TextWorldRecipe>(path);
                    break;
                default:
                    RecipeFile.Load<TokenizerRecipe>(path).Validate();
                    break;
            }
        }
    }

    [Fact]
    public void Tokenizer_OfTheRecipe_IsTheOneInTheModelFolder()
    {
        using TemporaryFolder folder = new();
        TokenizerBuilder.Write(folder.Path, RecipeFile.Load<TokenizerRecipe>(Path.Combine(Folder, "tokenizer.json")));
        foreach (string name in (string[])["tokenizer.json", "tokenizer_config.json"])
        {
            Assert.Equal(File.ReadAllText(Path.Combine(Folder, "model", name)), File.ReadAllText(folder[name]));
        }
    }

    [Theory]
    [InlineData("\nAssistant ")]
    [InlineData(": ")]
    [InlineData("\\boxed{Assistant ")]
    public void Tokenizer_SeparatorsOfThePrompt_AreOneTokenEach(string separator) =>
        Assert.Single(Tokenizer.Load(Path.Combine(Folder, "model")).EncodePlain(separator));

    [Fact]
    public void Load_UnknownField_IsNamedWithItsLine()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["recipe.json"], "{ \"out\": \"a\",\n \"stepps\": 3 }");
        RecipeException error = Assert.Throws<RecipeException>(() => RecipeFile.Load<SftRecipe>(folder["recipe.json"]));
        Assert.Contains("stepps", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_LabStepWithoutItsNeeds_ListsEveryFault()
    {
        LabRecipe lab = new() { Steps = [new LabStep { Kind = LabStepKind.Sft }, new LabStep { Kind = LabStepKind.Publish }] };
        RecipeException error = Assert.Throws<RecipeException>(lab.Validate);
        Assert.Contains("3 faults:", error.Message, StringComparison.Ordinal);
    }
}
