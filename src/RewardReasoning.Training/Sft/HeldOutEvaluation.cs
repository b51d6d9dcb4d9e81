using System.Text.Json.Nodes;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using RewardReasoning.Verification;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Sft;

/// <summary>
/// The loss of held-out documents: of each the weighted mean over its completion's tokens, and of these the mean with its standard error.
/// Each document's own figure is kept too, so that two steps are compared document by document.
/// </summary>
internal sealed class HeldOutEvaluation(HeldOutOptions options, IReadOnlyList<SftDocument> documents, TrainedChat chat)
{
    private readonly HeldOutCompletion[] _rows = [.. documents.Select(HeldOutCompletion.Of)];
    private readonly AnswerVerifier _verifier = new();

    public Measurement Measure(TrainingSession session, RolloutSampler sampler, CancellationToken cancellationToken)
    {
        double[] losses = Losses(session, cancellationToken);
        (double mean, double error) = MeanAndError(losses);
        List<(string, double)> metrics = [("evaluation/loss", mean), ("evaluation/loss_error", error)];
        int answers = Math.Min(options.Answers, documents.Count);
        bool[] right =
            answers == 0
                ? []
                : SampledAnswers.AreRight(
                    sampler,
                    [.. _rows.Take(answers).Select(row => row.Prompt)],
                    new SamplingSettings(0, options.MaxTokens),
                    (index, completion) => completion.Finished && IsRight(documents[index], completion),
                    cancellationToken
                );
        if (answers > 0)
        {
            metrics.Add(("evaluation/answers", right.Count(isRight => isRight) / (double)answers));
        }

        return new Measurement(-mean, metrics)
        {
            Items = [.. losses.Select((loss, index) => Item(index, loss, index < answers ? right[index] : null))],
        };
    }

    private static JsonObject Item(int document, double loss, bool? isRight)
    {
        JsonObject item = new() { ["document"] = document, ["loss"] = Math.Round(loss, 6) };
        if (isRight is { } right)
        {
            item["right"] = right;
        }

        return item;
    }

    private static (double Mean, double Error) MeanAndError(double[] values)
    {
        double mean = values.Average();
        return (mean, Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1) / values.Length));
    }

    private bool IsRight(SftDocument document, SampledCompletion completion) =>
        _verifier.Verify(
            ReasoningText.Split(document.Completion).Answer,
            ReasoningText.Split(chat.Tokenizer.Decode(completion.Written)).Answer
        ) == AnswerVerdict.Equal;

    private double[] Losses(TrainingSession session, CancellationToken cancellationToken)
    {
        double[] losses = new double[_rows.Length];
        int[][] passes = [.. Passes()];
        _ = session.Workers.Run(worker =>
        {
            for (int pass = worker; pass < passes.Length; pass += session.Workers.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                float[] computed = Losses(session.Replicas.Models[worker], [.. passes[pass].Select(index => _rows[index])]);
                foreach ((int index, float loss) in passes[pass].Zip(computed))
                {
                    losses[index] = loss;
                }
            }

            return 0;
        });
        return losses;
    }

    private static float[] Losses(DecoderModel model, IReadOnlyList<HeldOutCompletion> rows)
    {
        using IDisposable noGradients = no_grad();
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        CompletionBatch batch = new(rows, sharePrompts: false, model.Device);
        (Tensor logProbs, _) = batch.LogProbs(model, batch.States(model), temperature: 1); // [B, T]
        float[] values = logProbs.to(float32).cpu().data<float>().ToArray();
        return
        [
            .. rows.Select(
                (row, index) => -row.Weights.Select((weight, at) => weight * values[(index * batch.Width) + at]).Sum() / row.Weights.Sum()
            ),
        ];
    }

    /// <summary>Documents of like length together, as many as fit into a pass.</summary>
    private IEnumerable<int[]> Passes()
    {
        List<int> pass = [];
        foreach (int index in Enumerable.Range(0, _rows.Length).OrderBy(index => _rows[index].Length))
        {
            if (pass.Count > 0 && (pass.Count + 1) * _rows[index].Length > options.TokensPerPass)
            {
                yield return [.. pass];
                pass.Clear();
            }

            pass.Add(index);
        }

        if (pass.Count > 0)
        {
            yield return [.. pass];
        }
    }

    /// <summary>A document cut where its completion begins.</summary>
    private sealed record HeldOutCompletion(int[] Prompt, int[] Completion, float[] Weights) : ICompletion
    {
        public int FirstTrained => 0;

        public int Length => Prompt.Length + Completion.Length;

        public static HeldOutCompletion Of(SftDocument document)
        {
            int start = Math.Max(1, Array.FindIndex(document.Weights, weight => weight > 0));
            return new(document.Ids[..start], document.Ids[start..], document.Weights[start..]);
        }
    }
}
