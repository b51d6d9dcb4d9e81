using RewardReasoning.Recipes;
using RewardReasoning.Training.Dpo;
using RewardReasoning.Training.Judges;
using RewardReasoning.Training.Policies;
using RewardReasoning.Training.RewardModels;
using RewardReasoning.Training.Sft;
using Xunit;

namespace RewardReasoning.Training.Tests.Runs;

public sealed class RecipeDescriptionTests
{
    [Theory]
    [InlineData(typeof(SftRecipe))]
    [InlineData(typeof(JudgeRecipe))]
    [InlineData(typeof(PolicyRecipe))]
    [InlineData(typeof(DpoRecipe))]
    [InlineData(typeof(RewardModelRecipe))]
    public void Fields_OfEveryRecipe_SayWhatTheyMean(Type recipe)
    {
        IReadOnlyList<RecipeField> fields = RecipeDescription.Fields(recipe);
        Assert.NotEqual("", RecipeDescription.Summary(recipe));
        Assert.All(
            fields,
            field =>
                Assert.True(field.Says.Length > 5 && !field.Says.Contains('<', StringComparison.Ordinal), $"{field.Name}: {field.Says}")
        );
        Assert.Equal(fields.Count, fields.Select(field => field.Name).Distinct().Count());
    }

    [Theory]
    [InlineData("steps", "whole number, at least 1", null)]
    [InlineData("learning_rate", "number, above 0 to 1", "0.0001")]
    [InlineData("optimizer.beta2", "number, from 0 to below 1", "0.999")]
    [InlineData("loss.kl_estimator", "k1|absolute|k2|k3", "\"k3\"")]
    [InlineData("curriculum[].from_step", "whole number", null)]
    [InlineData("lora.rank", "whole number, from 1 to 4096", "16")]
    [InlineData("evaluation", "object", "null")]
    public void Fields_OfGrpo_HaveTypeBoundsAndDefault(string name, string type, string? value)
    {
        RecipeField field = RecipeDescription.Fields(typeof(JudgeRecipe)).Single(field => field.Name == name);
        Assert.Equal((type, value), (field.Type, field.Default));
    }
}
