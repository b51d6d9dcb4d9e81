using System.Text.Json;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Tokenization;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Checks;

/// <summary>
/// Does a checkpoint compute here what it computes elsewhere? Always in F32 on the CPU. Expected figures come as
/// <c>expected.safetensors</c> (a padded batch with its logits, hidden states and greedy continuations) or as <c>expected.json</c> (a
/// list of prompts with log-probs and greedy continuations). Tolerances are some five times what thread counts, padding and attention
/// kernels move the figures by in transformers; a misread setting moves them by far more.
/// </summary>
public static class ModelCheck
{
    private const double LogitTolerance = 2e-4;
    private const double HiddenTolerance = 5e-4;

    // Of a model of 30 layers, with figures that are rounded to 1e-4 and less.
    private const double LogProbTolerance = 1e-3;

    /// <summary>Compares every figure that the file holds.</summary>
    /// <exception cref="CheckpointException">The model cannot be loaded, or the file holds no such figures or those of another model.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static IReadOnlyList<CheckedQuantity> Run(string folder, string expectedPath, CancellationToken cancellationToken = default)
    {
        if (!File.Exists(expectedPath))
        {
            throw new CheckpointException(expectedPath, "there is no such file.");
        }

        using DecoderModel model = DecoderModel.Load(folder, ScalarType.Float32, CPU);
        DifferenceTable table = new(expectedPath);
        if (expectedPath.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            AgainstTensors(model, expectedPath, table, cancellationToken);
        }
        else
        {
            AgainstPrompts(model, folder, expectedPath, table, cancellationToken);
        }

        return table.Quantities;
    }

    private static void AgainstTensors(DecoderModel model, string path, DifferenceTable table, CancellationToken cancellationToken)
    {
        using IDisposable noGrad = no_grad();
        using IDisposable scope = NewDisposeScope();
        using SafetensorsFile expected = SafetensorsFile.Open(path);
        Tensor batch = Read(expected, "right.input_ids");
        Tensor lengths = Read(expected, "right.attention_mask").sum(1);
        Tensor greedyIds = Read(expected, "greedy.ids");
        int longest = 0;
        for (int i = 0; i < batch.shape[0]; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int length = (int)lengths[i].item<long>();
            longest = length == batch.shape[1] ? i : longest;
            Tensor prompt = batch[i].narrow(0, 0, length);
            Tensor logits = LogitsOf(model, prompt);
            Tensor logProbs = logits.log_softmax(-1);
            table.Add("logits", logits, Read(expected, $"logits.{i}"), LogitTolerance);
            table.Add("log-probs of the prompt", Taken(logProbs, prompt), Read(expected, $"logprobs.{i}"), LogitTolerance);

            Tensor continuation = greedyIds[i];
            Tensor after = LogitsOf(model, cat([prompt, continuation])).log_softmax(-1).narrow(0, length - 1, continuation.shape[0]);
            Tensor taken = after.gather(1, continuation.unsqueeze(1)).squeeze(1);
            table.Add("log-probs of the greedy continuation", taken, Read(expected, "greedy.logprobs")[i], LogitTolerance);
            table.Add("greedy continuation (gap to the most probable token)", GreedyGap(after, taken), LogitTolerance, continuation.shape[0]);
        }

        IReadOnlyList<Tensor> hidden = model.HiddenStates(batch.narrow(0, longest, 1));
        for (int layer = 0; layer < hidden.Count; layer++)
        {
            string key = layer == 0 ? "hidden.embed" : layer == hidden.Count - 1 ? "hidden.norm" : $"hidden.layer{layer - 1}";
            table.Add("hidden states", hidden[layer].squeeze(0), Read(expected, key), HiddenTolerance);
        }
    }

    private static void AgainstPrompts(DecoderModel model, string folder, string path, DifferenceTable table, CancellationToken cancellationToken)
    {
        List<ExpectedPrompt> prompts = ReadPrompts(path);
        (int? one, int? two) = prompts.Exists(prompt => prompt.LogProbOf1 is not null) ? VerdictTokens(folder) : (null, null);
        using IDisposable noGrad = no_grad();
        foreach (ExpectedPrompt prompt in prompts)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using IDisposable scope = NewDisposeScope();
            int[] ids = prompt.Ids ?? [];
            int[] greedy = prompt.Greedy ?? [];
            long outside = ids.Concat(greedy).FirstOrDefault(id => id < 0 || id >= model.Config.VocabularySize, -1);
            if (ids.Length == 0 || outside >= 0)
            {
                throw new CheckpointException(path, ids.Length == 0
                    ? "a prompt has no \"ids\"."
                    : $"token {outside} is outside of the model's vocabulary of {model.Config.VocabularySize}. The figures are of another model.");
            }

            Tensor tokens = tensor(Array.ConvertAll([.. ids, .. greedy], id => (long)id));
            Tensor logProbs = LogitsOf(model, tokens).log_softmax(-1);
            Tensor next = logProbs[ids.Length - 1];
            foreach (double[] top in prompt.NextTop5 ?? [])
            {
                table.Add("log-probs of the next token", Math.Abs(next[(long)top[0]].item<float>() - top[1]), LogProbTolerance);
            }

            if (prompt.PromptLogProb is { } sum)
            {
                double actual = Taken(logProbs.narrow(0, 0, ids.Length), tokens.narrow(0, 0, ids.Length)).to(ScalarType.Float64).sum().item<double>();
                table.Add("log-prob of the prompt, per token", Math.Abs(actual - sum) / Math.Max(1, ids.Length - 1), LogProbTolerance, ids.Length - 1);
            }

            AddVerdict(one, prompt.LogProbOf1, next, table);
            AddVerdict(two, prompt.LogProbOf2, next, table);
            if (greedy.Length > 0)
            {
                Tensor after = logProbs.narrow(0, ids.Length - 1, greedy.Length);
                Tensor taken = after.gather(1, tokens.narrow(0, ids.Length, greedy.Length).unsqueeze(1)).squeeze(1);
                table.Add("greedy continuation (gap to the most probable token)", GreedyGap(after, taken), LogProbTolerance, greedy.Length);
            }
        }
    }

    private static void AddVerdict(int? token, double? expected, Tensor next, DifferenceTable table)
    {
        if (token is { } id && expected is { } logProb)
        {
            table.Add("log-probs of verdicts 1 and 2", Math.Abs(next[id].item<float>() - logProb), LogProbTolerance);
        }
    }

    private static List<ExpectedPrompt> ReadPrompts(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            List<ExpectedPrompt>? prompts = JsonSerializer.Deserialize(stream, ExpectedJson.Default.ListExpectedPrompt);
            return prompts is { Count: > 0 } ? prompts : throw new CheckpointException(path, "holds no prompt to check.");
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(path, "is no list of prompts with \"ids\". Beside an expected.safetensors, give that file.", exception);
        }
    }

    private static (int? One, int? Two) VerdictTokens(string folder)
    {
        Tokenizer tokenizer = Tokenizer.Load(folder);
        return (tokenizer.FindToken("1"), tokenizer.FindToken("2"));
    }

    /// <summary>Logits at every place of one sequence.</summary>
    private static Tensor LogitsOf(DecoderModel model, Tensor ids) => model.Logits(model.Hidden(ids.unsqueeze(0))).squeeze(0); // [T] -> [T, V]

    /// <summary>Log-prob that each place gives to the token after it.</summary>
    private static Tensor Taken(Tensor logProbs, Tensor ids)
    {
        long count = ids.shape[0] - 1;
        return logProbs.narrow(0, 0, count).gather(1, ids.narrow(0, 1, count).unsqueeze(1)).squeeze(1); // [T - 1]
    }

    /// <summary>How much less probable than the best token the taken ones are, at worst: 0 where greedy decoding takes the same path.</summary>
    private static double GreedyGap(Tensor logProbs, Tensor taken) => (logProbs.amax([-1]) - taken).max().item<float>();

    private static Tensor Read(SafetensorsFile expected, string name) => expected.Entries.ContainsKey(name)
        ? expected.Read(name)
        : throw new CheckpointException(expected.FilePath, $"holds no tensor {name}; the format is described in docs/cli.md.");
}
