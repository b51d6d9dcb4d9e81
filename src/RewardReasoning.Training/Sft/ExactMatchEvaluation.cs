using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Sft;

/// <summary>Share of prompts whose completion, after its thought, is the expected answer.</summary>
internal sealed class ExactMatchEvaluation
{
    private readonly ExactMatchOptions _options;
    private readonly TrainedChat _chat;
    private readonly (int[] Prompt, string Answer)[] _rows;

    public ExactMatchEvaluation(ExactMatchOptions options, TrainedChat chat)
    {
        (_options, _chat) = (options, chat);
        if (!File.Exists(options.Data))
        {
            throw new RecipeException($"{options.Data} does not exist; evaluation.data must be a JSONL file of prompt and answer.");
        }

        _rows = [.. File.ReadLines(options.Data).Where(line => line.Length > 0).Take(options.Prompts).Select(Read)];
    }

    /// <summary>The share of answers that are equal to the known one.</summary>
    public double Measure(RolloutSampler sampler, CancellationToken cancellationToken) =>
        SampledAnswers
            .AreRight(
                sampler,
                [.. _rows.Select(row => row.Prompt)],
                new SamplingSettings(_options.Temperature, _options.MaxTokens),
                (index, completion) => completion.Finished && Answer(completion) == _rows[index].Answer,
                cancellationToken
            )
            .Count(right => right) / (double)_rows.Length;

    private string Answer(SampledCompletion completion)
    {
        string text = _chat.Tokenizer.Decode(completion.Ids.AsSpan(0, completion.Ids.Length - 1));
        return ReasoningText.Split(text).Answer.Trim();
    }

    private (int[] Prompt, string Answer) Read(string line)
    {
        using JsonDocument row = JsonDocument.Parse(line);
        string prompt = row.RootElement.GetProperty("prompt").GetString() ?? "";
        return (_chat.Prompt([new ChatMessage(ChatRole.User, prompt)]), row.RootElement.GetProperty("answer").GetString() ?? "");
    }
}
