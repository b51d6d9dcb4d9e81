using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Models.Checkpoints;

namespace RewardReasoning.Models.Checking;

/// <summary>One prompt of an <c>expected.json</c> and what transformers says to it.</summary>
internal sealed record ExpectedPrompt
{
    /// <summary>The whole prompt.</summary>
    [JsonPropertyName("ids")]
    public required int[] Ids { get; init; }

    /// <summary>[id, log-probability] of the likeliest next tokens.</summary>
    [JsonPropertyName("next_top5")]
    public double[][] NextTop { get; init; } = [];

    /// <summary>Sum over the prompt's tokens from the second on.</summary>
    [JsonPropertyName("prompt_log_prob")]
    public double? PromptLogProb { get; init; }

    /// <summary>Log-probability that the next token is the digit 1.</summary>
    [JsonPropertyName("log_prob_of_1")]
    public double? LogProbOf1 { get; init; }

    /// <summary>Log-probability that the next token is the digit 2.</summary>
    [JsonPropertyName("log_prob_of_2")]
    public double? LogProbOf2 { get; init; }

    /// <summary>Greedy continuation.</summary>
    [JsonPropertyName("greedy")]
    public int[] Greedy { get; init; } = [];

    public static IReadOnlyList<ExpectedPrompt> ReadAll(string path)
    {
        try
        {
            IReadOnlyList<ExpectedPrompt>? prompts = JsonSerializer.Deserialize<ExpectedPrompt[]>(File.ReadAllBytes(path));
            return
                prompts is { Count: > 0 }
                && prompts.All(prompt => prompt is { Ids.Length: > 0 } && prompt.NextTop.All(entry => entry is { Length: 2 }))
                ? prompts
                : throw new CheckpointException(
                    path,
                    "holds no prompts, or one without ids, or a next_top5 that is no list of [id, log-probability]."
                );
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, $"cannot be read: {error.Message}", error);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(path, $"is no list of prompts with ids and log-probabilities: {error.Message}", error);
        }
    }

    /// <summary>
    /// The id of a digit, which the file does not name: where the digit is among the likeliest next tokens, its log-probability
    /// is given there with the same digits. Null when no prompt has it.
    /// </summary>
    public static int? FindId(IEnumerable<ExpectedPrompt> prompts, Func<ExpectedPrompt, double?> logProb) =>
        prompts
            .SelectMany(prompt => prompt.NextTop.Where(entry => entry[1] == logProb(prompt)))
            .GroupBy(entry => (int)entry[0])
            .OrderByDescending(group => group.Count())
            .FirstOrDefault()
            ?.Key;
}
