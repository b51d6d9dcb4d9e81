using RewardReasoning.Models.Generation;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Training.Runs;

/// <summary>The calculator of one completion: follows what the model writes, and writes the values behind its calls.</summary>
internal sealed class CalculatorRow
{
    private readonly CompletionText _text;
    private readonly Queue<int> _result = new();

    /// <param name="tokenizer">The model's.</param>
    /// <param name="prompt">What the completion follows.</param>
    /// <param name="opensReasoning">Whether the prompt ends inside reasoning.</param>
    public CalculatorRow(Tokenizer tokenizer, int[] prompt, bool opensReasoning)
    {
        GenerationRequest request = new()
        {
            Prompt = prompt,
            MaxTokens = int.MaxValue,
            Tags = ReasoningTags.Find(tokenizer),
            ReasoningOpen = opensReasoning ? true : null,
            Calculator = true,
        };
        _text = new CompletionText(tokenizer, request, listener: null);
    }

    /// <summary>The next token where it belongs to a value; null where the model goes on.</summary>
    public int? Next()
    {
        if (!_result.TryDequeue(out int id))
        {
            return null;
        }

        _ = _text.Append(id, written: false);
        return id;
    }

    /// <summary>Notes a token of the model.</summary>
    public void Note(int id)
    {
        _ = _text.Append(id, written: true);
        foreach (int token in _text.CalculatorResult)
        {
            _result.Enqueue(token);
        }
    }
}
