using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Ratings;
using RewardReasoning.Verification;

namespace RewardReasoning.Cli.Ranking;

/// <summary>The options of every verb that ranks, bound to <see cref="RankingOptions"/>.</summary>
internal sealed class RankingArguments
{
    private static readonly string[] ModeNames = ["knockout", "round-robin", "random", "swiss", "active"];
    private static readonly RankingMode.RandomOpponents DefaultRandom = new();

    private readonly Option<string?> _mode = new("--mode")
    {
        Description = "How responses meet (default: every pair up to 8 different ones, beyond that active).",
        HelpName = string.Join('|', ModeNames),
    };

    private readonly Option<string?> _goal = new("--goal")
    {
        Description = "What active matches are chosen for: to find the best, or to order all (default best).",
        HelpName = "best|ranking",
    };

    private readonly Option<int?> _matches = new("--matches")
    {
        Description = "Most matches (default: as many as the mode has; 3 a response for active).",
        HelpName = "N",
    };

    private readonly Option<long?> _tokens = new("--tokens")
    {
        Description = "Most tokens, read and written, of all matches together.",
        HelpName = "N",
    };

    private readonly Option<int?> _opponents = new("--opponents")
    {
        Description = $"With --mode random: how many opponents each response draws (default {DefaultRandom.Opponents}).",
        HelpName = "N",
    };

    private readonly Option<int?> _rounds = new("--rounds")
    {
        Description =
            "With --mode swiss: how many rounds (default: the binary logarithm of the number of responses, or until --matches are played).",
        HelpName = "N",
    };

    private readonly MethodArgument _method = new();

    private readonly Option<string?> _reward = new("--reward")
    {
        Description =
            "What rewards are: the mean probability of beating another, points per match, or (elo - 1000)/200 + 0.5 (default: "
            + "by --method).",
        HelpName = "win-probability|win-rate|elo",
    };

    private readonly Option<bool> _standardise = new("--standardise")
    {
        Description = "Standardise rewards: subtract the mean, divide by the standard deviation.",
    };
    private readonly Option<bool> _sameAnswer = new("--same-answer")
    {
        Description = "Let responses with equal final answers be one candidate (docs/verifier.md says what is equal).",
    };

    public void AddTo(Command command)
    {
        foreach (Option option in new Option[] { _mode, _goal, _matches, _tokens, _opponents, _rounds })
        {
            command.Options.Add(option);
        }

        _method.AddTo(command);
        foreach (Option option in new Option[] { _reward, _standardise, _sameAnswer })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The options as given; the seed is the judge's; so is the concurrency, once it is opened.</summary>
    /// <exception cref="UsageException">Options contradict each other, or name what there is not.</exception>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public RankingOptions Read(ParseResult parsed, JudgeOptions judging, bool mayTie)
    {
        RatingMethod method = _method.Read(parsed, mayTie ? RatingMethod.Davidson : RatingMethod.BradleyTerry);
        RankingOptions options = new()
        {
            Mode = ModeOf(parsed),
            MaxMatches = parsed.GetValue(_matches),
            MaxTokens = parsed.GetValue(_tokens),
            Method = method,
            Reward = parsed.GetValue(_reward) switch
            {
                null => null,
                "win-probability" => RewardKind.WinProbability,
                "win-rate" => RewardKind.WinRate,
                "elo" => RewardKind.Elo,
                var other => throw new UsageException($"--reward is '{other}'; it is win-probability, win-rate or elo."),
            },
            StandardiseRewards = parsed.GetValue(_standardise),
            FinalAnswer = parsed.GetValue(_sameAnswer) ? new FinalAnswers().Of : null,
            Seed = judging.Seed,
        };
        return CheckedOptions.Require(options);
    }

    private RankingMode? ModeOf(ParseResult parsed)
    {
        string? mode = parsed.GetValue(_mode);
        RequireAbsentUnless(parsed, _opponents, mode == "random", "--mode random");
        RequireAbsentUnless(parsed, _rounds, mode == "swiss", "--mode swiss");
        RequireAbsentUnless(parsed, _goal, mode == "active", "--mode active");
        return mode switch
        {
            null => null,
            "knockout" => new RankingMode.Knockout(),
            "round-robin" => new RankingMode.RoundRobin(),
            "random" => new RankingMode.RandomOpponents(parsed.GetValue(_opponents) ?? DefaultRandom.Opponents),
            "swiss" => new RankingMode.Swiss(parsed.GetValue(_rounds)),
            "active" => new RankingMode.Active(
                parsed.GetValue(_goal) switch
                {
                    null or "best" => RankingGoal.Best,
                    "ranking" => RankingGoal.Ranking,
                    var other => throw new UsageException($"--goal is '{other}'; it is best or ranking."),
                }
            ),
            _ => throw new UsageException($"--mode is '{mode}'; it is {string.Join(", ", ModeNames)}."),
        };
    }

    private static void RequireAbsentUnless(ParseResult parsed, Option option, bool allowed, string with)
    {
        if (!allowed && parsed.GetResult(option) is { Implicit: false })
        {
            throw new UsageException($"{option.Name} goes with {with}.");
        }
    }
}
