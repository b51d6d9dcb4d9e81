using System.CommandLine;
using RewardReasoning.Calibration;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Judging;
using RewardReasoning.Models;

namespace RewardReasoning.Cli.Judging;

/// <summary>
/// <c>--quick</c> and <c>--screen</c>: what is asked before the judge, and how sure it must be to decide.
/// </summary>
internal sealed class FirstStageArguments
{
    private const double DefaultLoss = 0.01;

    private readonly Option<bool> _quick = new("--quick")
    {
        Description = "Ask for a verdict without a thought first, in both orders; think only where that is not sure.",
    };

    private readonly Option<string?> _screen = new("--screen")
    {
        Description = "Ask this model first (a scalar reward model, or a smaller judge), and the judge only where it is not sure.",
        HelpName = "FOLDER|FILE.gguf",
    };

    private readonly Option<int?> _tokens = new("--quick-tokens")
    {
        Description =
            "Most tokens of reasoning before the quick verdict (default 0), or before that of a --screen that reasons (default any).",
        HelpName = "N",
    };

    private readonly Option<string?> _loss = new("--quick-loss")
    {
        Description =
            $"Most accuracy that the first stage may cost (default {DefaultLoss}), in at least 9 of 10 fits (or 0.01,0.99: 99 of 100). "
            + "Needs a fit of rrm calibrate --quick (or --screen) for this model and these settings.",
        HelpName = "LOSS",
    };

    private readonly Option<double?> _confidence = new("--quick-confidence")
    {
        Description = "Instead of a fit: probability of its choice, above 0.5, from which on the first stage decides.",
        HelpName = "P",
    };

    /// <param name="command">The verb.</param>
    /// <param name="fits">Whether it fits the threshold, and so needs none.</param>
    public void AddTo(Command command, bool fits = false)
    {
        foreach (Option option in fits ? new Option[] { _quick, _screen, _tokens } : [_quick, _screen, _tokens, _loss, _confidence])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The first stage that was asked for, as it was named; null for none.</summary>
    public string? NameIn(ParseResult parsed) =>
        parsed.GetValue(_quick) ? _quick.Name
        : parsed.GetValue(_screen) is not null ? _screen.Name
        : null;

    /// <summary>Checks that the options go with each other and with the judge.</summary>
    /// <exception cref="UsageException">They do not.</exception>
    public void Check(ParseResult parsed, ModelSource source, bool isScalar)
    {
        if (parsed.GetValue(_quick) && parsed.GetValue(_screen) is not null)
        {
            throw new UsageException(
                $"{_quick.Name} and {_screen.Name} are given; a judge has one first stage. Leave out one or the other."
            );
        }

        if (NameIn(parsed) is not { } name)
        {
            Option? alone = new Option[] { _tokens, _loss, _confidence }.FirstOrDefault(option =>
                parsed.GetResult(option) is { Implicit: false }
            );
            if (alone is not null)
            {
                throw new UsageException($"{alone.Name} goes with {_quick.Name} or {_screen.Name}, neither of which is given.");
            }

            return;
        }

        if (isScalar)
        {
            throw new UsageException($"{name} saves a thought; {source.Name} is a scalar reward model, which does not think.");
        }

        if (parsed.GetValue(_quick) && source is JurySource)
        {
            throw new UsageException($"{_quick.Name} asks one judge in another way; before a jury goes {_screen.Name} MODEL.");
        }

        if (parsed.GetValue(_tokens) is < 0)
        {
            throw new UsageException($"{_tokens.Name} is {parsed.GetValue(_tokens)}; it is 0 or above.");
        }

        if (parsed.GetResult(_loss) is not null && parsed.GetResult(_confidence) is not null)
        {
            throw new UsageException(
                $"{_loss.Name} finds how sure the first stage must be, and {_confidence.Name} says it. Leave out one."
            );
        }

        if (parsed.GetResult(_confidence) is not null && parsed.GetValue(_confidence) is not (null or (> 0.5 and <= 1)))
        {
            throw new UsageException(
                FormattableString.Invariant($"{_confidence.Name} is {parsed.GetValue(_confidence)}; it is above 0.5 and at most 1.")
            );
        }
    }

    /// <summary>What is asked first; null for nothing. The caller disposes it.</summary>
    /// <exception cref="UsageException">The model cannot be used.</exception>
    public async Task<FirstStage?> OpenAsync(
        ParseResult parsed,
        JudgingArguments judging,
        OpenedJudge judge,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        if (parsed.GetValue(_quick))
        {
            int tokens = parsed.GetValue(_tokens) ?? 0;
            int most = judge.Options?.MaxCompletionTokens ?? int.MaxValue;
            return tokens <= most
                ? FirstStage.Quick(judge, tokens)
                : throw new UsageException($"{_tokens.Name} is {tokens}; it is at most --max-tokens, {most}.");
        }

        if (parsed.GetValue(_screen) is not { } model)
        {
            return null;
        }

        ModelSource source = FolderArguments.SourceOf(
            await HubArgument.LocalModelAsync(model, terminal, cancellationToken),
            new LocalModelOptions { HashFolder = FolderArguments.HashFolderOf(terminal) }
        );
        if (source is FolderSource { IsScalar: true } scalar)
        {
            return parsed.GetValue(_tokens) is null
                ? FirstStage.Screen(scalar.OpenScalar(new JudgeOptions()))
                : throw new UsageException($"{_tokens.Name} is for a first stage that reasons; {model} is a scalar reward model.");
        }

        JudgeOptions options = source
            .Files()
            .ApplyTo(
                new JudgeOptions
                {
                    Order = VoteOrder.Both,
                    ThinkingBudget = parsed.GetValue(_tokens),
                    FurtherVotesOnDraw = 0,
                    Seed = judge.Seed,
                    Prices = source.Prices,
                }
            );
        return FirstStage.Screen(
            JudgeFactory.Open(await judging.OpenAsync(parsed, source, terminal, cancellationToken), options with { Calibration = null })
        );
    }

    /// <summary>The judge behind its first stage, or the judge itself without one; both are disposed where this throws.</summary>
    /// <exception cref="UsageException">It is not known how sure the first stage must be.</exception>
    public async Task<OpenedJudge> BeforeAsync(
        ParseResult parsed,
        JudgingArguments judging,
        OpenedJudge judge,
        CalibrationFile? calibration,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        FirstStage? first = null;
        try
        {
            first = await OpenAsync(parsed, judging, judge, terminal, cancellationToken);
            return first is null ? judge : JudgeFactory.Screened(judge, first, CertaintyOf(parsed, judge, first, calibration));
        }
        catch
        {
            first?.Dispose();
            judge.Dispose();
            throw;
        }
    }

    private double CertaintyOf(ParseResult parsed, OpenedJudge judge, FirstStage first, CalibrationFile? calibration)
    {
        if (parsed.GetValue(_confidence) is { } certainty)
        {
            return certainty;
        }

        string option = NameIn(parsed) ?? _quick.Name;
        AbstentionTarget target = LossOf(parsed);
        try
        {
            return (calibration ?? throw new CalibrationException("There is no calibration file.")).CertaintyFor(
                judge.Identity,
                judge.Voting,
                first.Identity,
                target
            );
        }
        catch (CalibrationException fault)
        {
            throw new UsageException(
                $"How sure the first stage ({first.Name}) must be to decide is not known. {fault.Message} Fit it to labelled pairs with "
                    + $"`rrm calibrate PAIRS {option}` and the same options, or give {_confidence.Name} P, such as 0.95.",
                fault
            );
        }
    }

    private AbstentionTarget LossOf(ParseResult parsed)
    {
        if (parsed.GetValue(_loss) is not { } text)
        {
            return new AbstentionTarget(DefaultLoss);
        }

        try
        {
            return AbstentionTarget.Parse(text) is { Confidence: not null } target
                ? target
                : throw new FormatException("a loss holds in a share of fits, not on average; leave out ',average'.");
        }
        catch (FormatException exception)
        {
            throw new UsageException($"{_loss.Name}: {exception.Message}", exception);
        }
    }
}
