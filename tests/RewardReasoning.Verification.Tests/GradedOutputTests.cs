using System.IO.Compression;
using System.Text.Json;
using RewardReasoning.Testing;
using RewardReasoning.Verification.Answers;
using Xunit;

namespace RewardReasoning.Verification.Tests;

/// <summary>Real model outputs with the verdict of the grader that their source used.</summary>
public sealed class GradedOutputTests
{
    [Fact]
    public void Verify_MathSolutions_AgreesWithTheGraderOnAll()
    {
        AnswerVerifier verifier = new();
        List<(bool Graded, bool Equal)> verdicts = [];
        foreach (
            JsonElement row in File.ReadLines(Fixtures.Data("math/best-of-8.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
        )
        {
            string gold = row.GetProperty("answer").GetString() ?? "";
            verdicts.AddRange(
                row.GetProperty("correct")
                    .EnumerateArray()
                    .Zip(
                        row.GetProperty("responses").EnumerateArray(),
                        (correct, response) =>
                            (correct.GetBoolean(), verifier.Verify(gold, response.GetString() ?? "") == AnswerVerdict.Equal)
                    )
            );
        }

        Assert.Equal(624, verdicts.Count);
        Assert.DoesNotContain(verdicts, verdict => verdict.Graded != verdict.Equal);
    }

    [Theory]
    [InlineData("Meta-Llama-3_1-70B-Instruct", 0.999)]
    [InlineData("Meta-Llama-3_1-8B-Instruct", 0.998)]
    [InlineData("Phi-3-mini-4k-instruct", 0.994)]
    [InlineData("gemini-1.5-flash-002", 0.992)]
    [InlineData("Mistral-7B-Instruct-v0.2", 0.991)]
    [InlineData("Qwen1.5-7B-Chat", 0.99)]
    public void FindChoice_StatedAnswersOfMmluPro_AreFound(string model, double share)
    {
        string path = Fixtures.Data($"mmlu-pro/outputs-{model}.jsonl.gz", out bool whole);
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        int stated = 0;
        int same = 0;
        while (reader.ReadLine() is { } line)
        {
            JsonElement row = JsonDocument.Parse(line).RootElement;
            if (row.GetProperty("stated").GetBoolean())
            {
                stated++;
                same +=
                    AnswerExtractor.FindChoice(row.GetProperty("output").GetString() ?? "")?.ToString()
                    == row.GetProperty("pred").GetString()
                        ? 1
                        : 0;
            }
        }

        // The source takes the first "answer is (X)" of an output, we take the last before the model asks itself the next question.
        Assert.InRange((double)same / stated, whole ? share : share - 0.005, 1); // a sample has 600 rows a model
    }
}
