using System.CommandLine;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Judging;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Ranking;

/// <summary><c>--screen</c>: a scalar reward model decides what it is sure of, before the judge is asked.</summary>
internal sealed class ScreenArgument
{
    private const double DefaultCertainty = 0.9;

    private readonly Option<string?> _screen = new("--screen")
    {
        Description =
            "Folder of a scalar reward model (rrm train reward-model) that decides clear matches, so that only close ones are left "
            + "to the judge.",
        HelpName = "FOLDER",
    };

    private readonly Option<double?> _certainty = new("--screen-certainty")
    {
        Description = FormattableString.Invariant(
            $"With --screen: probability of its choice from which on it decides (default {DefaultCertainty})."
        ),
        HelpName = "P",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_screen);
        command.Options.Add(_certainty);
    }

    /// <summary>Whether a scalar model was named.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(_screen) is not null;

    /// <summary>The scalar model that was named, which the caller disposes; null without one.</summary>
    /// <exception cref="UsageException">There is no such folder, or a certainty without a screen.</exception>
    public ScalarJudge? Open(ParseResult parsed)
    {
        if (parsed.GetValue(_certainty) is not (null or (> 0.5 and <= 1)))
        {
            throw new UsageException(
                FormattableString.Invariant($"{_certainty.Name} is {parsed.GetValue(_certainty)}; it is above 0.5 and at most 1.")
            );
        }

        if (parsed.GetValue(_screen) is { } folder)
        {
            return ScalarJudge.Load(ModelFolders.Require(folder));
        }

        return parsed.GetValue(_certainty) is null
            ? null
            : throw new UsageException($"{_certainty.Name} goes with {_screen.Name} FOLDER, which is not given.");
    }

    /// <summary>The judge behind its screen, or the judge itself without one.</summary>
    public IJudge Over(ParseResult parsed, ScalarJudge? screen, IJudge judge) =>
        screen is null ? judge : new ScreenedJudge(screen, judge, parsed.GetValue(_certainty) ?? DefaultCertainty);
}
