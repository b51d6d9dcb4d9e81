using System.Globalization;
using System.Text.Json;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Text.Tokenization;
using static TorchSharp.torch;

namespace RewardReasoning.Bench;

/// <summary>
/// What weights in 8 bits cost a model: perplexity of texts, read token by token as a model writes them, with the weights as they are and
/// in 8 bits. Usage: <c>perplexity FOLDER FILE.jsonl FIELD [TEXTS]</c>; each text is cut after 256 tokens.
/// </summary>
internal static class PerplexityBenchmark
{
    private const int DefaultTexts = 64;
    private const int LongestText = 256;

    public static Task<int> RunAsync(string[] args)
    {
        (string folder, string file, string field) = (args[0], args[1], args[2]);
        int count = args.Length > 3 ? int.Parse(args[3], CultureInfo.InvariantCulture) : DefaultTexts;
        Machine.Print();
        Tokenizer tokenizer = Tokenizer.Load(folder);
        int[][] texts =
        [
            .. File.ReadLines(file)
                .Select(line => JsonElement.Parse(line).GetProperty(field).GetString() ?? "")
                .Select(text => tokenizer.EncodePlain(text))
                .Where(ids => ids.Length > 1)
                .Select(ids => ids[..Math.Min(ids.Length, LongestText)])
                .Take(count),
        ];
        int tokens = texts.Sum(ids => ids.Length - 1);
        using IDisposable noGradients = no_grad();
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            using DecoderModel model = DecoderModel.Load(folder, type, CPU);
            double stored = Perplexity(model, texts);
            model.EightBitDecoding = true;
            double bytes = Perplexity(model, texts);
            Console.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{type}: {texts.Length} texts, {tokens} tokens; perplexity {stored:0.0000}, with weights in 8 bits {bytes:0.0000} ({(bytes / stored) - 1:+0.000%;-0.000%})"
                )
            );
        }

        return Task.FromResult(0);
    }

    private static double Perplexity(DecoderModel model, int[][] texts)
    {
        using KvCache cache = KvCache.For(model);
        IReadOnlyList<KvRow> rows = cache.Begin(model, [.. texts.Select(ids => ids[..1])], 1).Rows;
        (double sum, int count) = (0, 0);
        int[] open = [.. Enumerable.Range(0, texts.Length)];
        for (int at = 1; open.Length > 0; at++)
        {
            foreach (int ended in open.Where(text => texts[text].Length == at + 1))
            {
                cache.End(rows[ended]);
            }

            open = [.. open.Where(text => texts[text].Length > at + 1)];
            if (open.Length == 0)
            {
                break;
            }

            using TorchSharp.DisposeScope scope = NewDisposeScope();
            Tensor logProbs = cache
                .Next(model, [.. open.Select(text => rows[text])], [.. open.Select(text => texts[text][at])])
                .log_softmax(-1);
            for (int row = 0; row < open.Length; row++)
            {
                sum -= logProbs[row, texts[open[row]][at + 1]].item<float>();
                count++;
            }
        }

        return Math.Exp(sum / count);
    }
}
