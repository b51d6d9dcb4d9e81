using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Losses;

public sealed class CompletionBatchTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void LogProbs_AreThoseOfTheTrainedTokens_AndZeroElsewhere(bool sharePrompts)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGradients = no_grad();
        using DecoderModel model = DecoderModel.CreateRandom(TinyModel.Config, 3, CPU);
        int[] prompt = [4, 5, 6];
        Row[] rows = [new(prompt, [7, 8, 9, 10], 1), new(prompt, [11, 12], 0)];
        CompletionBatch batch = new(rows, sharePrompts, CPU);

        (Tensor logProbs, Tensor logits) = batch.LogProbs(model, batch.States(model), temperature: 1);

        Assert.Equal([5, TinyModel.Config.VocabularySize], logits.shape);
        float[] found = logProbs.data<float>().ToArray();
        Assert.Equal(0, found[0]); // not trained
        Assert.Equal([0, 0], found[6..]); // padding
        for (int row = 0; row < rows.Length; row++)
        {
            float[] alone = Alone(model, rows[row]);
            for (int i = rows[row].FirstTrained; i < alone.Length; i++)
            {
                Assert.Equal(alone[i], found[(row * batch.Width) + i], 1e-5);
            }
        }
    }

    /// <summary>Log-probs of a completion by the model's logits over the whole row.</summary>
    private static float[] Alone(DecoderModel model, Row row)
    {
        Tensor ids = tensor(row.Prompt.Concat(row.Completion).Select(id => (long)id).ToArray()).unsqueeze(0);
        Tensor hidden = model.Hidden(ids)[0].narrow(0, row.Prompt.Length - 1, row.Completion.Length);
        Tensor all = nn.functional.log_softmax(model.Logits(hidden), 1);
        return [.. row.Completion.Select((id, i) => all[i, id].item<float>())];
    }

    private sealed record Row(int[] Prompt, int[] Completion, int FirstTrained) : ICompletion;
}
