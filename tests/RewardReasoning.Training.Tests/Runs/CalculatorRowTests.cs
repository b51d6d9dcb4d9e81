using RewardReasoning.Judging;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Judges;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Runs;

/// <summary>Rollouts in which the calculator writes, and what of them is trained.</summary>
public sealed class CalculatorRowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CalculatorRowTests() => TinyModel.Write(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Next_AfterACall_IsTheValueTokenByToken()
    {
        Tokenizer tokenizer = Tokenizer.Load(_folder.Path);
        CalculatorRow row = new(tokenizer, [1], opensReasoning: true);
        foreach (int id in tokenizer.Encode("<calc>12*37</calc>"))
        {
            Assert.Null(row.Next());
            row.Note(id);
        }

        List<int> value = [];
        while (row.Next() is { } id)
        {
            value.Add(id);
        }

        Assert.Equal("444", tokenizer.Decode([.. value]));
    }

    [Fact]
    public void TrainedChat_FolderDeclaresTheCalculator_RolloutsHaveIt()
    {
        TrainedChat Chat() => new(_folder.Path, TinyModel.Config, null, DateTimeOffset.UnixEpoch);
        Assert.Null(Chat().Calculator);
        File.WriteAllText(Path.Combine(_folder.Path, JudgeFiles.ToolsFile), """{ "calculator": true }""");
        Assert.NotNull(Chat().Calculator);
    }

    [Fact]
    public void CompletionBatch_GivenTokens_AreNotTrained()
    {
        TrainedRollout rollout = Rollout([8, 9, 10, 11, 12], given: [1, 2], firstTrained: 1);
        Assert.Equal(2, rollout.TrainedTokens);
        using DisposeScope scope = NewDisposeScope();
        CompletionBatch batch = new([rollout], sharePrompts: false, CPU);
        Assert.Equal([false, false, false, true, true], batch.Mask[0].data<bool>().ToArray());
    }

    [Fact]
    public void PolicyUpdate_GivenTokens_AddNothingToTheGradient()
    {
        float[] Gradient(params int[] given)
        {
            using DecoderModel model = DecoderModel.CreateRandom(TinyModel.Config, 3, CPU);
            model.SetRequiresGrad(true);
            TrainedRollout rollout = Rollout([8, 9, 10], given, firstTrained: 0);
            _ = new PolicyUpdate(new GrpoOptions(), 1, 4_096).Backpropagate(model, [rollout], new BatchCounts(1, 1, 3));
            return [.. model.Parameters.SelectMany(parameter => parameter.Value.grad is { } grad ? grad.data<float>().ToArray() : [])];
        }

        // One loss is a sum over tokens: the gradients of the parts add up to that of the whole.
        float[] whole = Gradient(),
            first = Gradient(1, 2),
            rest = Gradient(0);
        Assert.NotEqual(whole, rest);
        Assert.All(whole.Zip(first.Zip(rest, (a, b) => a + b)), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    private static TrainedRollout Rollout(int[] completion, int[] given, int firstTrained) =>
        new(
            new JudgeRollout(
                new JudgeQuestion(0, new LabelledPair(new PreferencePair("", "", ""), ""), Verdict.First, [5, 6, 7]),
                new SampledCompletion(completion, [], true) { Given = given.ToHashSet() },
                "",
                Verdict.First,
                1
            ),
            1.0,
            firstTrained
        );
}
