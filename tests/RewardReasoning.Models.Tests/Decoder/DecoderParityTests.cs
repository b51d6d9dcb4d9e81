using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tests.Checkpoints;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Decoder;

/// <summary>The numbers of transformers, at the tolerances of the fixture's README.</summary>
public sealed class DecoderParityTests
{
    private const double LogitTolerance = 2e-4;
    private const double HiddenTolerance = 5e-4;

    public DecoderParityTests() => set_num_threads(1);

    public static TheoryData<string, bool> NamesAndLayouts
    {
        get
        {
            TheoryData<string, bool> data = [];
            foreach (var row in ParityFolder.Names)
            {
                data.Add(row.Data, false);
                data.Add(row.Data, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndLayouts))]
    public void Logits_EitherConfigLayoutAndPadding_AreThoseOfTransformers(string name, bool version5)
    {
        ParityFolder folder = ParityFolder.Get(name);
        using TemporaryFolder copy = folder.Copy(version5);
        using SafetensorsFile expected = folder.OpenExpected();
        using DecoderModel model = DecoderModel.Load(copy.Path, ScalarType.Float32, CPU);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();

        Tensor rightIds = expected.Read("right.input_ids"),
            rightMask = expected.Read("right.attention_mask");
        Tensor leftIds = expected.Read("left.input_ids"),
            leftMask = expected.Read("left.attention_mask");
        Check("right, unmasked", model.Hidden(rightIds), rightMask);
        Check("right", model.Hidden(rightIds, attentionMask: rightMask), rightMask);
        Check("left", model.Hidden(leftIds, expected.Read("left.position_ids"), leftMask), leftMask);
        Check("left, own positions", model.Hidden(leftIds, attentionMask: leftMask), leftMask);

        void Check(string what, Tensor hidden, Tensor mask)
        {
            for (int i = 0; i < 3; i++)
            {
                Tensor real = mask[i].nonzero().squeeze(1);
                Tensor logits = model.Logits(hidden[i].index_select(0, real)); // [Ti, V]
                Assert.True(ParityFolder.LargestDifference(logits, expected.Read($"logits.{i}")) <= LogitTolerance, $"{what}, prompt {i}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(ParityFolder.Names), MemberType = typeof(ParityFolder))]
    public void Hidden_EachLayer_IsThatOfTransformers(string name)
    {
        ParityFolder folder = ParityFolder.Get(name);
        using SafetensorsFile expected = folder.OpenExpected();
        using DecoderModel model = DecoderModel.Load(folder.Path, ScalarType.Float32, CPU);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();

        IReadOnlyList<Tensor> streams = model.HiddenStates(expected.Read("right.input_ids")[2..3]);

        Assert.Equal(model.Config.LayerCount + 2, streams.Count);
        Assert.True(ParityFolder.LargestDifference(streams[0][0], expected.Read("hidden.embed")) <= HiddenTolerance);
        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            Assert.True(
                ParityFolder.LargestDifference(streams[layer + 1][0], expected.Read($"hidden.layer{layer}")) <= HiddenTolerance,
                $"layer {layer}"
            );
        }

        Assert.True(ParityFolder.LargestDifference(streams[^1][0], expected.Read("hidden.norm")) <= HiddenTolerance);
    }

    [Theory]
    [MemberData(nameof(ParityFolder.Names), MemberType = typeof(ParityFolder))]
    public void Greedy_CachedOneByOneAndInALeftPaddedBatch_GivesTheSameIds(string name)
    {
        ParityFolder folder = ParityFolder.Get(name);
        using SafetensorsFile expected = folder.OpenExpected();
        using DecoderModel model = DecoderModel.Load(folder.Path, ScalarType.Float32, CPU);
        using DisposeScope scope = NewDisposeScope();
        using IDisposable noGrad = no_grad();
        Tensor ids = expected.Read("left.input_ids"),
            mask = expected.Read("left.attention_mask").to(ScalarType.Bool);

        CheckRows(ids, mask, [0, 1, 2]);
        for (int i = 0; i < 3; i++)
        {
            Tensor real = mask[i].nonzero().squeeze(1);
            CheckRows(ids[i].index_select(0, real).unsqueeze(0), mask: null, [i]);
        }

        void CheckRows(Tensor rows, Tensor? mask, int[] prompts)
        {
            (Tensor found, Tensor logProbs) = Greedy(model, rows, mask, 24);
            Tensor which = tensor(prompts.Select(prompt => (long)prompt).ToArray());
            Assert.True(
                found.eq(expected.Read("greedy.ids").index_select(0, which)).all().item<bool>(),
                $"ids of {string.Join(",", prompts)}"
            );
            Assert.True(
                ParityFolder.LargestDifference(logProbs, expected.Read("greedy.logprobs").index_select(0, which)) <= LogitTolerance
            );
        }
    }

    private static (Tensor Ids, Tensor LogProbs) Greedy(DecoderModel model, Tensor ids, Tensor? mask, int count)
    {
        using KvTensors cache = new(model.Config, capacity: 8);
        Tensor keyMask = mask ?? ones(ids.shape, dtype: ScalarType.Bool);
        Tensor positions = keyMask.to(ScalarType.Int64).cumsum(1).sub(1).clamp(min: 0);
        List<Tensor> chosen = [],
            logProbs = [];
        Tensor input = ids;
        for (int step = 0; step < count; step++)
        {
            Tensor hidden = model.HiddenCached(input, positions, mask is null ? null : keyMask, cache);
            Tensor all = nn.functional.log_softmax(model.Logits(hidden.select(1, -1)), -1); // [B, V]
            input = all.argmax(-1, keepdim: true);
            chosen.Add(input);
            logProbs.Add(all.gather(1, input));
            positions = positions.narrow(1, positions.shape[1] - 1, 1).add(1);
            keyMask = cat([keyMask, ones([ids.shape[0], 1], dtype: ScalarType.Bool)], 1);
        }

        return (cat(chosen, 1), cat(logProbs, 1));
    }
}
