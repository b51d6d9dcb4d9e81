using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Checking;

/// <summary>
/// The reference of an <c>expected.json</c>: prompts one after the other, each through the cache and then on along its continuation.
/// </summary>
internal sealed class ExpectedPrompts(string path, IReadOnlyList<ExpectedPrompt> prompts, DecoderModel model, Differences differences)
{
    /// <summary>Agreement of single log-probabilities across machines.</summary>
    private const double LogProbTolerance = 1e-3;

    /// <summary>The errors of hundreds of tokens add up, but not in step.</summary>
    private const double SumTolerance = 1e-2;

    private readonly int? _idOf1 = ExpectedPrompt.FindId(prompts, prompt => prompt.LogProbOf1);
    private readonly int? _idOf2 = ExpectedPrompt.FindId(prompts, prompt => prompt.LogProbOf2);

    public void Compare(CancellationToken cancellationToken)
    {
        CheckIds();
        foreach (ExpectedPrompt prompt in prompts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ComparePrompt(prompt);
        }
    }

    private void ComparePrompt(ExpectedPrompt prompt)
    {
        using DisposeScope scope = NewDisposeScope();
        using KvTensors cache = new(model.Config, prompt.Ids.Length + prompt.Greedy.Length);
        Tensor ids = Row(prompt.Ids);
        Tensor positions = TensorArithmetic.Counting(prompt.Ids.Length, ScalarType.Int64, model.Device).unsqueeze(0);
        Tensor hidden = model.HiddenCached(ids, positions, keyMask: null, cache).squeeze(0); // [T, H]
        float[] next = NextLogProbs(hidden);
        if (prompt.PromptLogProb is { } sum)
        {
            double found = TokenLogProbs.OfNext(model, hidden, ids.squeeze(0)).sum(ScalarType.Float64).item<double>();
            differences.Add("prompt_log_prob", Math.Abs(found - sum), SumTolerance);
        }

        foreach (double[] entry in prompt.NextTop)
        {
            differences.Add("next_top5", Math.Abs(next[(int)entry[0]] - entry[1]), LogProbTolerance);
        }

        foreach (
            (string name, int? id, double? logProb) in new[]
            {
                ("log_prob_of_1", _idOf1, prompt.LogProbOf1),
                ("log_prob_of_2", _idOf2, prompt.LogProbOf2),
            }
        )
        {
            if (id is { } token && logProb is { } wanted)
            {
                differences.Add(name, Math.Abs(next[token] - wanted), LogProbTolerance);
            }
        }

        CompareGreedy(prompt, cache, next);
    }

    /// <summary>
    /// At every step of the reference the likeliest token must be its token; the difference is by how much another is likelier, so that a
    /// tie passes.
    /// </summary>
    private void CompareGreedy(ExpectedPrompt prompt, KvTensors cache, float[] next)
    {
        for (int step = 0; step < prompt.Greedy.Length; step++)
        {
            differences.Add("greedy", next.Max() - next[prompt.Greedy[step]], LogProbTolerance);
            if (step + 1 < prompt.Greedy.Length)
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor position = tensor([(long)prompt.Ids.Length + step], dtype: ScalarType.Int64, device: model.Device).view(1, 1);
                next = NextLogProbs(model.HiddenCached(Row([prompt.Greedy[step]]), position, keyMask: null, cache).squeeze(0));
            }
        }
    }

    /// <summary>Log-probabilities after the last of the hidden states [T, H].</summary>
    private float[] NextLogProbs(Tensor hidden)
    {
        using DisposeScope scope = NewDisposeScope();
        return nn.functional.log_softmax(model.Logits(hidden[-1]), -1).Floats().ToArray();
    }

    private Tensor Row(int[] ids) => tensor(ids.Select(id => (long)id).ToArray(), device: model.Device).unsqueeze(0);

    private void CheckIds()
    {
        int vocabulary = model.Config.VocabularySize;
        double stray = prompts
            .SelectMany(prompt =>
                prompt.NextTop.Select(entry => entry[0]).Concat(prompt.Ids.Concat(prompt.Greedy).Select(id => (double)id))
            )
            .FirstOrDefault(id => !(id >= 0 && id < vocabulary));
        if (stray != 0)
        {
            throw new CheckpointException(
                path,
                $"names token {stray}, the model's vocabulary has {vocabulary}; this reference is of another model."
            );
        }
    }
}
