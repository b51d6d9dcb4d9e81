using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Checking;

/// <summary>
/// The reference of a safetensors file. Keys: <c>right.*</c> and <c>left.*</c> (input_ids, attention_mask and, left, position_ids),
/// <c>logits.i</c> and <c>logprobs.i</c> of prompt i, <c>hidden.*</c> of the longest prompt, <c>greedy.ids</c>, <c>greedy.logprobs</c>.
/// </summary>
internal sealed class ExpectedTensors(SafetensorsFile expected, DecoderModel model, Differences differences)
{
    private const double LogProbTolerance = 2e-4;
    private const double HiddenTolerance = 5e-4;
    private const double ExactTolerance = 0;

    public void Compare(CancellationToken cancellationToken)
    {
        CompareHiddenStates();
        cancellationToken.ThrowIfCancellationRequested();
        ComparePadded("right", "logits (right padding)");
        cancellationToken.ThrowIfCancellationRequested();
        ComparePadded("left", "logits (left padding)");
        CompareGreedy(cancellationToken);
    }

    private void CompareHiddenStates()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = ReadIds("right.input_ids"),
            lengths = Read("right.attention_mask").sum(1);
        long row = lengths.argmax().item<long>();
        IReadOnlyList<Tensor> states = model.HiddenStates(ids.narrow(0, row, 1).narrow(1, 0, lengths.max().item<long>()));
        for (int i = 0; i < states.Count; i++)
        {
            string name =
                i == 0 ? "hidden.embed"
                : i == states.Count - 1 ? "hidden.norm"
                : $"hidden.layer{i - 1}";
            Add(name, states[i].squeeze(0), Read(name), HiddenTolerance);
        }
    }

    private void ComparePadded(string side, string name)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = ReadIds(side + ".input_ids"),
            mask = Read(side + ".attention_mask");
        Tensor? positions = expected.Entries.ContainsKey(side + ".position_ids") ? Read(side + ".position_ids") : null;
        Tensor hidden = model.Hidden(ids, positions, mask); // [B, T, H]
        for (long i = 0; i < ids.shape[0]; i++)
        {
            Tensor real = mask[i].nonzero().squeeze(1),
                own = hidden[i].index_select(0, real); // [Ti, H]
            Add(name, model.Logits(own), Read($"logits.{i}"), LogProbTolerance);
            Add("log-probs", TokenLogProbs.OfNext(model, own, ids[i].index_select(0, real)), Read($"logprobs.{i}"), LogProbTolerance);
        }
    }

    /// <summary>All prompts in one batch padded on the left, one token at a time through the cache.</summary>
    private void CompareGreedy(CancellationToken cancellationToken)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = ReadIds("left.input_ids"),
            keyMask = Read("left.attention_mask").to(ScalarType.Bool);
        Tensor wanted = ReadIds("greedy.ids"),
            wantedLogProbs = Read("greedy.logprobs"); // [B, steps]
        long rows = ids.shape[0],
            steps = wanted.shape[1];
        using KvTensors cache = new(model.Config, ids.shape[1] + steps);
        Tensor positions = keyMask.to(ScalarType.Int64).cumsum(1).Minus(1).AtLeast(0);
        List<Tensor> chosen = [],
            logProbs = [];
        for (long step = 0; step < steps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Tensor last = model.HiddenCached(ids, positions, keyMask, cache).select(1, -1); // [B, H]
            Tensor all = nn.functional.log_softmax(model.Logits(last), -1);
            ids = all.argmax(-1, keepdim: true);
            chosen.Add(ids);
            logProbs.Add(all.gather(1, ids));
            positions = positions.narrow(1, positions.shape[1] - 1, 1).Plus(1);
            keyMask = cat([keyMask, ones([rows, 1], dtype: ScalarType.Bool, device: model.Device)], 1);
        }

        Tensor differs = cat(chosen, 1).ne(wanted).to(ScalarType.Float32); // a wrong id counts 1
        Add("greedy.ids", differs, zeros_like(differs), ExactTolerance);
        Add("greedy.logprobs", cat(logProbs, 1), wantedLogProbs, LogProbTolerance);
    }

    private Tensor Read(string name) => expected.Read(name).to(model.Device);

    private Tensor ReadIds(string name)
    {
        Tensor ids = Read(name);
        return
            ids.numel() > 0
            && ids.dtype == ScalarType.Int64
            && ids.dim() == 2
            && ids.min().item<long>() >= 0
            && ids.max().item<long>() < model.Config.VocabularySize
            ? ids
            : throw new CheckpointException(
                expected.FilePath,
                $"{name} must be int64 ids [rows, length] below the model's vocabulary of {model.Config.VocabularySize}; this "
                    + "reference is of another model."
            );
    }

    private void Add(string name, Tensor found, Tensor wanted, double tolerance)
    {
        if (!found.shape.SequenceEqual(wanted.shape))
        {
            throw new CheckpointException(
                expected.FilePath,
                $"{name} has shape [{string.Join(", ", wanted.shape)}], the model computes [{string.Join(", ", found.shape)}]; this "
                    + "reference is of another model."
            );
        }

        differences.Add(name, found.numel() == 0 ? 0 : found.sub(wanted).abs().max().item<float>(), tolerance, found.numel());
    }
}
