using System.Globalization;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>Answers of models to the same prompts.</summary>
internal sealed class ArenaAnswers
{
    private readonly List<string> _prompts = [];
    private readonly Dictionary<string, Dictionary<string, string>> _answers = new(StringComparer.Ordinal);

    /// <summary>The models, in ordinal order.</summary>
    public IReadOnlyList<string> Models =>
        [.. _answers.Values.SelectMany(answers => answers.Keys).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Adds an answer; false where the model answered this prompt before.</summary>
    public bool Add(string prompt, string model, string answer)
    {
        if (!_answers.TryGetValue(prompt, out Dictionary<string, string>? answers))
        {
            _prompts.Add(prompt);
            answers = _answers[prompt] = new(StringComparer.Ordinal);
        }

        return answers.TryAdd(model, answer);
    }

    /// <summary>
    /// The battles to be judged: each model against each baseline, on every prompt that both answered. The section names the model, the
    /// detail
    /// the baseline, the row the prompt.
    /// </summary>
    /// <param name="baselines">Models that the others meet; they do not meet each other.</param>
    /// <param name="prompts">The most prompts.</param>
    /// <exception cref="RewardReasoningException">A baseline has no answers, or no other model has.</exception>
    public IReadOnlyList<BenchmarkItem> Battles(IReadOnlyList<string> baselines, int prompts)
    {
        ArgumentNullException.ThrowIfNull(baselines);
        string[] others = [.. Models.Except(baselines)];
        if (baselines.FirstOrDefault(baseline => !Models.Contains(baseline)) is { } unknown)
        {
            throw new RunException($"There are no answers of the baseline '{unknown}'; there are of {string.Join(", ", Models)}.");
        }

        if (others.Length == 0)
        {
            throw new RunException(
                $"There are answers of no model but the baseline ({string.Join(", ", Models)}); give those of another with --answers."
            );
        }

        return
        [
            .. _prompts
                .Take(prompts)
                .Index()
                .SelectMany(prompt => others.SelectMany(model => baselines.Select(baseline => (prompt, model, baseline))))
                .Where(battle =>
                    _answers[battle.prompt.Item].ContainsKey(battle.model) && _answers[battle.prompt.Item].ContainsKey(battle.baseline)
                )
                .Select(battle => ItemOf(battle.prompt.Index + 1, battle.prompt.Item, battle.model, battle.baseline)),
        ];
    }

    private BenchmarkItem ItemOf(int number, string prompt, string model, string baseline) =>
        new()
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"{number}: {model} | {baseline}"),
            Section = model,
            Row = number.ToString(CultureInfo.InvariantCulture),
            Detail = baseline,
            Comparison = new(prompt, _answers[prompt][model], _answers[prompt][baseline]),
            Gold = MatchOutcome.Missing,
        };
}
