using System.Text.Json;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Decoder;

/// <summary>Loss, gradients and one AdamW step against transformers.</summary>
public sealed class DecoderTrainingTests
{
    public DecoderTrainingTests() => set_num_threads(1);

    [Theory]
    [MemberData(nameof(ParityFolder.Names), MemberType = typeof(ParityFolder))]
    public void Backward_RightPaddedBatch_GivesTheGradientsAndStepOfTransformers(string name)
    {
        ParityFolder folder = ParityFolder.Get(name);
        JsonElement training = folder.ReadExpectedJson().GetProperty("training");
        using SafetensorsFile expected = folder.OpenExpected();
        using DecoderModel model = DecoderModel.Load(folder.Path, ScalarType.Float32, CPU);
        using DisposeScope scope = NewDisposeScope();
        model.SetRequiresGrad(true);
        CheckSums(model, training.GetProperty("param_sum_before"), 1e-5);

        Tensor loss = Loss(model, expected, out long targets);
        loss.backward();

        Assert.Equal(training.GetProperty("target_count").GetInt64(), targets);
        Assert.Equal(training.GetProperty("loss").GetDouble(), loss.item<float>(), 2e-5);
        Assert.Equal(training.GetProperty("grad_norm").EnumerateObject().Count(), model.Parameters.Count);
        foreach ((string parameter, Tensor value) in model.Parameters)
        {
            Tensor gradient = value.grad ?? throw new InvalidOperationException($"{parameter} has no gradient");
            Close(training.GetProperty("grad_norm").GetProperty(parameter).GetDouble(), gradient.norm().item<float>(), 1e-4, parameter);
        }

        CheckStep(model, training);
    }

    [Fact]
    public async Task ShareWeights_TwoThreads_SumOfGradientsIsThatOfTheWholeBatch()
    {
        DecoderConfig config = TinyModels.Qwen2;
        using DecoderModel whole = DecoderModel.CreateRandom(config, seed: 3, CPU);
        using DecoderModel first = whole.ShareWeights(),
            second = whole.ShareWeights();
        whole.SetRequiresGrad(true);
        long[,] ids = new long[4, 9];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i / 9, i % 9] = (i * 7 % (config.VocabularySize - 1)) + 1;
        }

        using Tensor batch = tensor(ids);
        Backward(whole, batch);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        await Task.WhenAll(
            Task.Run(() => Backward(first, batch.narrow(0, 0, 2)), cancellation),
            Task.Run(() => Backward(second, batch.narrow(0, 2, 2)), cancellation)
        );

        for (int i = 0; i < whole.Parameters.Count; i++)
        {
            Tensor Gradient(DecoderModel model) => model.Parameters[i].Value.grad ?? throw new InvalidOperationException("no gradient");
            Assert.True(
                ParityFolder.LargestDifference(Gradient(whole), Gradient(first).add(Gradient(second))) < 1e-4,
                whole.Parameters[i].Name
            );
        }

        static void Backward(DecoderModel model, Tensor ids)
        {
            using DisposeScope scope = NewDisposeScope();
            model.Logits(model.Hidden(ids)).square().sum().mul(1e-2).backward();
        }
    }

    [Fact]
    public void ShareWeights_AfterAChangeOfOne_BothComputeTheSame()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 3, CPU);
        using DecoderModel shared = model.ShareWeights();
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor ids = tensor(
                new long[,]
                {
                    { 1, 5, 7, 9 },
                }
            ),
            before = model.Hidden(ids);
        foreach ((_, Tensor value) in shared.Parameters)
        {
            value.mul_(1.5);
        }

        Tensor after = model.Hidden(ids);

        Assert.True(ParityFolder.LargestDifference(before, after) > 1e-2);
        Assert.Equal(0, ParityFolder.LargestDifference(after, shared.Hidden(ids)));
    }

    [Fact]
    public void ProductType_BFloat16_KeepsFloat32GradientsNearby()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModels.Qwen2, seed: 3, CPU);
        using DecoderModel mixed = model.ShareWeights();
        model.SetRequiresGrad(true);
        mixed.ProductType = ScalarType.BFloat16;
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = tensor(
            new long[,]
            {
                { 1, 5, 7, 9, 4, 8 },
            }
        );

        foreach (DecoderModel each in new[] { model, mixed })
        {
            Tensor logits = each.Logits(each.Hidden(ids.narrow(1, 0, 5)));
            nn.functional.cross_entropy(logits.squeeze(0), ids.narrow(1, 1, 5).squeeze(0)).backward();
            Assert.Equal(ScalarType.Float32, logits.dtype);
        }

        for (int i = 0; i < model.Parameters.Count; i++)
        {
            (string name, Tensor value) = model.Parameters[i];
            Tensor exact = value.grad ?? throw new InvalidOperationException("no gradient"),
                rounded = mixed.Parameters[i].Value.grad ?? throw new InvalidOperationException("no gradient");
            double difference = exact.sub(rounded).norm().item<float>();
            Assert.Equal(ScalarType.Float32, rounded.dtype);
            Assert.True(difference > 0 && difference < 0.05 * (exact.norm().item<float>() + 1e-4), $"{name}: {difference}");
        }
    }

    private static Tensor Loss(DecoderModel model, SafetensorsFile expected, out long targets)
    {
        Tensor ids = expected.Read("right.input_ids"),
            mask = expected.Read("right.attention_mask");
        long length = ids.shape[1];
        Tensor logProbs = nn.functional.log_softmax(model.Logits(model.Hidden(ids).narrow(1, 0, length - 1)), -1);
        Tensor taken = logProbs.gather(-1, ids.narrow(1, 1, length - 1).unsqueeze(-1)).squeeze(-1);
        Tensor real = mask.narrow(1, 1, length - 1);
        targets = real.sum().item<long>();
        return taken.mul(real).sum().neg().div(targets);
    }

    private static void CheckStep(DecoderModel model, JsonElement training)
    {
        Tensor[] before = [.. model.Parameters.Select(parameter => parameter.Value.detach().clone())];
        using (no_grad())
        {
            foreach ((_, Tensor value) in model.Parameters)
            {
                // AdamW's first step in closed form: the corrected moments are g and g^2.
                Tensor gradient = value.grad ?? throw new InvalidOperationException("no gradient");
                value.mul_(1 - (1e-3 * 0.01)).sub_(gradient.div(gradient.abs().add(1e-8)).mul(1e-3));
            }
        }

        CheckSums(model, training.GetProperty("param_sum_after"), 1e-4);
        for (int i = 0; i < before.Length; i++)
        {
            double update = model.Parameters[i].Value.detach().sub(before[i]).norm().item<float>();
            Close(
                training.GetProperty("param_update_norm").GetProperty(model.Parameters[i].Name).GetDouble(),
                update,
                5e-3,
                model.Parameters[i].Name
            );
        }
    }

    private static void CheckSums(DecoderModel model, JsonElement sums, double tolerance)
    {
        foreach ((string name, Tensor value) in model.Parameters)
        {
            double sum = value.detach().sum(type: ScalarType.Float64).item<double>();
            Assert.True(Math.Abs(sum - sums.GetProperty(name).GetDouble()) <= tolerance, $"{name}: {sum}");
        }
    }

    private static void Close(double expected, double found, double relative, string what) =>
        Assert.True(Math.Abs(expected - found) <= relative * Math.Abs(expected), $"{what}: {found}, expected {expected}");
}
