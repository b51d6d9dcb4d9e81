using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Evaluation.Scoring;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Judging;

/// <summary><c>--budget-tokens</c> and <c>--budget-votes</c>: what the votes on all pairs together may cost.</summary>
internal sealed class BudgetArguments
{
    /// <summary>The most votes of a pair where the command line does not say how many.</summary>
    private const int Votes = 17;

    private readonly Option<long?> _tokens = new("--budget-tokens")
    {
        Description =
            "Most tokens that the votes on all pairs together write: every pair gets a vote, and further ones go where they can still "
            + $"change the outcome, up to --votes (then {Votes} by default) a pair.",
        HelpName = "N",
    };

    private readonly Option<double?> _votes = new("--budget-votes")
    {
        Description = "The same budget in votes, as their mean over all pairs, such as 2.5.",
        HelpName = "M",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_tokens);
        command.Options.Add(_votes);
    }

    /// <summary>How a judge votes, within the budget if one was given; a fit of confidence holds for other rules only.</summary>
    /// <exception cref="UsageException">Options were given that contradict a budget.</exception>
    public JudgeOptions Read(ParseResult parsed, JudgingArguments judging, ModelSource source)
    {
        if (parsed.GetValue(_tokens) is null && parsed.GetValue(_votes) is null)
        {
            return judging.Read(parsed, source);
        }

        string name = parsed.GetValue(_tokens) is null ? _votes.Name : _tokens.Name;
        string[] against = [.. judging.GivenAgainstBudget(parsed)];
        if (against.Length > 0)
        {
            throw new UsageException(
                $"{name} and {string.Join(", ", against)} are given; a budget decides itself when voting ends. Leave out one or the other."
            );
        }

        JudgeOptions options = judging.Read(parsed, source, Votes);
        return judging.FirstStageIn(parsed) is null ? options with { Calibration = null } : options; // it may hold the stage's threshold
    }

    /// <summary>The options of scoring with the budget.</summary>
    public ScoreOptions Within(ParseResult parsed, ScoreOptions options) =>
        options with
        {
            MaxTokens = parsed.GetValue(_tokens),
            MeanVotes = parsed.GetValue(_votes),
        };
}
