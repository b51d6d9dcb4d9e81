using System.CommandLine;
using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Endpoints;
using RewardReasoning.Evaluation.Criteria;
using RewardReasoning.Judging;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Judging;

/// <summary>
/// The options of every verb that judges, bound to <see cref="JudgeOptions"/>; its defaults are the ones that help shows.
/// </summary>
internal sealed class JudgingArguments
{
    private static readonly JudgeOptions Defaults = new();

    private readonly Option<int> _votes = new("--votes")
    {
        Description = "Votes per comparison; with --adaptive the most that are asked for.",
        HelpName = "K",
        DefaultValueFactory = _ => Defaults.Votes,
    };

    private readonly Option<string?> _adaptive = new("--adaptive")
    {
        Description =
            "End voting early: when further votes cannot change the outcome (certain), or when the leader is the judge's choice with "
            + "probability P, such as 0.95.",
        HelpName = "certain|P",
    };

    private readonly Option<string> _order = new("--order")
    {
        Description =
            "Which response a vote is shown first: both in turn, begun by a hash of the pair (hashed); as given; or every vote in "
            + "both orders.",
        HelpName = "hashed|given|both",
        DefaultValueFactory = _ => NameOf(Defaults.Order),
    };

    private readonly Option<int?> _thinkingBudget = new("--thinking-budget")
    {
        Description = "Most tokens of reasoning; when they are used up, the thought is closed and the verdict asked for.",
        HelpName = "N",
    };

    private readonly Option<int> _maxTokens = new("--max-tokens")
    {
        Description = "Most tokens of a completion.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.MaxCompletionTokens,
    };

    private readonly Option<float> _temperature = new("--temperature")
    {
        Description = "Sampling temperature; 0 is greedy.",
        HelpName = "T",
        DefaultValueFactory = _ => Defaults.Temperature,
    };

    private readonly Option<float> _topP = new("--top-p")
    {
        Description = "Nucleus sampling; 1 is off.",
        HelpName = "P",
        DefaultValueFactory = _ => Defaults.TopP,
    };

    private readonly Option<long> _seed = new("--seed")
    {
        Description = "Base seed, from which every vote's own follows.",
        HelpName = "N",
        DefaultValueFactory = _ => Defaults.Seed,
    };

    private readonly Option<int?> _truncate = new("--truncate")
    {
        Description = "Keep only the last N characters of each response. Without it a prompt that does not fit is an error, never cut.",
        HelpName = "N",
    };

    private readonly Option<string?> _prompt = new("--prompt")
    {
        Description = "Template of what the judge reads, in place of the model's own or the built-in one (docs/cli.md).",
        HelpName = "FILE",
    };

    private readonly Option<string?> _calibration = new("--calibration")
    {
        Description =
            "Fits of confidence, as rrm calibrate writes them, in place of the model folder's own; refused where none is for this "
            + "model and these settings.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _abstain = new("--abstain")
    {
        Description =
            "Abstain from pairs that the judge is too unsure of, so that at most this share of the judgments given is wrong, such as "
            + "0.05, in at least 9 of 10 fits (or 0.05,0.99: 99 of 100; 0.05,average: on average). Needs a fit of rrm calibrate for this "
            + "model and these settings.",
        HelpName = "RISK",
    };

    private readonly Option<bool> _ties = new("--ties")
    {
        Description = "The judge may also call a tie; a template of your own must offer \\boxed{Tie}.",
    };

    private readonly Option<bool> _calculator = new("--calculator")
    {
        Description =
            "The judge may compute: behind <calc>12*37</calc> in its reasoning the exact value is written. A template of your own must say "
            + "so; a model trained for it (judge-tools.json in its folder) has it without this.",
    };

    private readonly Option<int?> _concurrency = new("--concurrency")
    {
        Description =
            $"Requests in flight at once: at each --endpoint (default {JudgeOptions.DefaultConcurrency}), or in a model folder "
            + $"(default as many as fill its batches).",
        HelpName = "N",
    };

    private readonly StoreArgument _store = new();
    private readonly FirstStageArguments _first = new();
    private bool _hasStore = true;
    private readonly Option<string?> _criteria = new("--criteria")
    {
        Description =
            "Judge by the criteria in this file, TOML or JSON: checks that code does, and texts that the judge reads, each by itself "
            + "(docs/criteria.md).",
        HelpName = "FILE",
    };

    private bool _hasFirstStage;
    private bool _hasCriteria;

    private Option[] OfThought =>
        [_votes, _adaptive, _order, _thinkingBudget, _maxTokens, _temperature, _topP, _truncate, _prompt, _ties, _calculator];

    private Option[] InOrder =>
        [_votes, _adaptive, _order, _thinkingBudget, _maxTokens, _temperature, _topP, _seed, _truncate, _prompt, _calculator, _concurrency];

    /// <param name="command">The verb.</param>
    /// <param name="withCalibration">Whether it reports confidence that may be calibrated.</param>
    /// <param name="withAbstention">Whether it has a result for pairs that the judge abstains from.</param>
    /// <param name="withOrder">Whether the order of the responses is the caller's to choose; else the verb says why when it is named (<see
    /// cref="NamesOrder"/>).</param>
    /// <param name="withStore">Whether its completions may come from a store; else they are always new.</param>
    /// <param name="withFirstStage">Whether something cheaper may be asked before the judge.</param>
    /// <param name="withCriteria">Whether it may judge by criteria.</param>
    /// <param name="votes">Its votes by default; those of <see cref="JudgeOptions"/> if null.</param>
    public void AddTo(
        Command command,
        bool withCalibration = true,
        bool withOrder = true,
        bool withAbstention = false,
        bool withStore = true,
        bool withFirstStage = false,
        bool withCriteria = false,
        int? votes = null
    )
    {
        _votes.DefaultValueFactory = _ => votes ?? Defaults.Votes;
        _hasStore = withStore;
        _hasFirstStage = withFirstStage;
        _hasCriteria = withCriteria;
        if (withCriteria)
        {
            command.Options.Add(_criteria);
        }

        if (withFirstStage)
        {
            _first.AddTo(command);
        }

        _order.Hidden = !withOrder;
        foreach (Option option in InOrder)
        {
            command.Options.Add(option);
        }

        if (withStore)
        {
            _store.AddTo(command);
        }

        if (withCalibration)
        {
            command.Options.Add(_calibration);
        }

        if (withAbstention)
        {
            command.Options.Add(_ties);
            command.Options.Add(_abstain);
        }
    }

    /// <summary>The options as given, over what the model brings for the judge.</summary>
    /// <exception cref="UsageException">Values are out of range.</exception>
    /// <exception cref="UsageException">An option was given that a jury or a scalar reward model has no use for.</exception>
    /// <param name="parsed">The command line.</param>
    /// <param name="source">The model.</param>
    /// <param name="votes">The votes where the command line does not say how many.</param>
    public JudgeOptions Read(ParseResult parsed, ModelSource source, int? votes = null)
    {
        int asked = parsed.GetResult(_votes) is { Implicit: false } ? parsed.GetValue(_votes) : votes ?? parsed.GetValue(_votes);
        JudgeFiles files = source.Files();
        if (source is JurySource && parsed.GetValue(_ties))
        {
            throw new UsageException($"{_ties.Name} is for one judge; a jury prefers a response.");
        }

        RequireOneWayToDecide(parsed, source);
        if (ScalarOf(source) is { } scalar)
        {
            RequireNoThought(parsed, scalar);
            files = new JudgeFiles { Calibration = files.Calibration }; // the rest is of the model it was trained from
        }

        JudgeOptions options = Defaults with
        {
            Votes = asked,
            Stopping = StoppingOf(parsed.GetValue(_adaptive), asked),
            Order = OrderOf(parsed.GetRequiredValue(_order)),
            ThinkingBudget = parsed.GetValue(_thinkingBudget),
            MaxCompletionTokens = parsed.GetValue(_maxTokens),
            Temperature = parsed.GetValue(_temperature),
            TopP = parsed.GetValue(_topP),
            Seed = parsed.GetValue(_seed),
            Truncate = parsed.GetValue(_truncate),
            Ties = parsed.GetValue(_ties),
            Calculator = parsed.GetValue(_calculator),
            Abstain = AbstentionOf(parsed.GetValue(_abstain)),
            Concurrency = source.RunsHere ? parsed.GetValue(_concurrency) : null, // servers are asked as many at each
            Prices = source.Prices,
        };
        _ = CheckedOptions.Require(options);
        return CheckedOptions.Require( // again, for what the files bring
            files.ApplyTo(
                options with
                {
                    Prompt = parsed.GetValue(_prompt) is { } prompt ? JudgePrompt.Load(prompt) : options.Prompt,
                    Calibration = parsed.GetValue(_calibration) is { } calibration ? CalibrationFile.Load(calibration) : null,
                }
            )
        );
    }

    /// <summary>
    /// The model as a judge with these options, over the store that was asked for where it thinks (scores are computed anew); the caller
    /// disposes it. Says once where the model's own calibration does not hold for them.
    /// </summary>
    /// <exception cref="UsageException">A calibration was named that does not hold.</exception>
    /// <exception cref="CompletionStoreException">The store cannot be opened.</exception>
    public async Task<OpenedJudge> OpenJudgeAsync(
        ParseResult parsed,
        ModelSource source,
        JudgeOptions options,
        Terminal terminal,
        CancellationToken cancellationToken,
        Func<IChatClient, IChatClient>? wrap = null
    ) =>
        CriteriaIn(parsed) is { } criteria
            ? CriteriaJudge.Open(await OpenReaderAsync(parsed, source, options, criteria, terminal, cancellationToken, wrap), criteria)
            : await OpenOneAsync(parsed, source, options, terminal, wrap, cancellationToken);

    /// <summary>The criteria that are judged by; null where none are given.</summary>
    /// <exception cref="RewardReasoningException">The file cannot be used.</exception>
    public CriteriaFile? CriteriaIn(ParseResult parsed) =>
        _hasCriteria && parsed.GetValue(_criteria) is { } file ? CriteriaFile.Load(file) : null;

    /// <summary>Whether the judge may call a tie.</summary>
    public bool MayTie(ParseResult parsed) => parsed.GetValue(_ties) || (_hasCriteria && parsed.GetValue(_criteria) is not null);

    /// <summary>The judge that reads criteria; null where they are checks alone. The caller disposes it.</summary>
    /// <exception cref="UsageException">The judge or an option does not go with criteria.</exception>
    public async Task<OpenedJudge?> OpenReaderAsync(
        ParseResult parsed,
        ModelSource source,
        JudgeOptions options,
        CriteriaFile criteria,
        Terminal terminal,
        CancellationToken cancellationToken,
        Func<IChatClient, IChatClient>? wrap = null
    )
    {
        if (GivenAgainstCriteria(parsed).FirstOrDefault() is { } option)
        {
            throw new UsageException(
                $"{option} does not go with --criteria: a text is asked with the prompt for criteria, fixed votes and both orders."
            );
        }

        if (!criteria.NeedsJudge)
        {
            return null;
        }

        RequireReader(source);
        return await OpenOneAsync(parsed, source, options with { Calibration = null }, terminal, wrap, cancellationToken);
    }

    /// <summary>A model that reads one prompt only cannot be told a criterion.</summary>
    private static void RequireReader(ModelSource source)
    {
        string? fault = source switch
        {
            JurySource => "A jury compares two responses and reads no criteria",
            _ when ScalarOf(source) is { } scalar => $"{scalar} is a scalar reward model, which reads no criteria",
            FolderSource folder when source.Files().Prompt is not null =>
                $"{folder.Folder} judges by its own {JudgeFiles.PromptFile}, which has no place for a criterion",
            _ => null,
        };
        if (fault is not null)
        {
            throw new UsageException(
                $"{fault}. Name a judge that reads any prompt with --model or --endpoint, or leave only checks in the file."
            );
        }
    }

    private async Task<OpenedJudge> OpenOneAsync(
        ParseResult parsed,
        ModelSource source,
        JudgeOptions options,
        Terminal terminal,
        Func<IChatClient, IChatClient>? wrap,
        CancellationToken cancellationToken
    )
    {
        OpenedJudge judge = source switch
        {
            JurySource jury => await OpenJuryAsync(parsed, jury, options, terminal, cancellationToken),
            FolderSource { IsScalar: true } scalar => scalar.OpenScalar(options),
            EndpointSource { IsRewardModel: true } scalar => JudgeFactory.Open(
                new EndpointScalarJudge(scalar.Options with { Concurrency = parsed.GetValue(_concurrency) }),
                options.Calibration,
                options.Abstain
            ),
            _ => JudgeFactory.Open(await OpenAsync(parsed, source, terminal, cancellationToken, wrap), options),
        };
        if (_hasFirstStage)
        {
            judge = await _first.BeforeAsync(parsed, this, judge, options.Calibration, terminal, cancellationToken);
        }

        if (judge.CalibrationFault is { } fault)
        {
            if (parsed.GetValue(_calibration) is not null)
            {
                judge.Dispose();
                throw new UsageException(fault);
            }

            terminal.WriteStatus($"rrm: warning: {fault}");
        }

        return judge;
    }

    /// <summary>The place for completions that was asked for; null for none.</summary>
    public string? StoreOf(ParseResult parsed) => _store.PlaceOf(parsed);

    /// <summary>The place for completions where none is asked for.</summary>
    public void StoreByDefault(string place) => _store.DefaultPlace = place;

    /// <summary>The options that a member of a jury may have.</summary>
    public static IReadOnlyList<Option> OfMembers() => [.. MemberCommand().Command.Options];

    private static (Command Command, ModelArguments Model, JudgingArguments Judging) MemberCommand()
    {
        Command command = new("member");
        ModelArguments model = new();
        JudgingArguments judging = new();
        model.AddTo(command);
        judging.AddTo(command);
        return (command, model, judging);
    }

    private async Task<OpenedJudge> OpenJuryAsync(
        ParseResult parsed,
        JurySource jury,
        JudgeOptions options,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        Dictionary<string, OpenedJudge> members = [];
        try
        {
            foreach (JuryMemberSource member in jury.Members)
            {
                try
                {
                    members.Add(member.Name, await OpenMemberAsync(parsed, member, options, terminal, cancellationToken));
                }
                catch (UsageException fault)
                {
                    throw new UsageException($"{jury.File}, '{member.Name}': {fault.Message}", fault);
                }
            }

            IReadOnlyDictionary<string, double>? weights = jury.WeightsFor(members);
            if (weights is null)
            {
                terminal.WriteStatus("rrm: the jury has no fitted weights: its members count equally (rrm bench jury fits them).");
            }

            return JudgeFactory.OpenJury(members, weights, options.Calibration, options.Abstain);
        }
        catch
        {
            foreach (OpenedJudge member in members.Values)
            {
                member.Dispose();
            }

            throw;
        }
    }

    /// <summary>Opens a member: its own options go before those of the command line, which go before the defaults.</summary>
    private async Task<OpenedJudge> OpenMemberAsync(
        ParseResult parsed,
        JuryMemberSource member,
        JudgeOptions options,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        (Command command, ModelArguments model, JudgingArguments judging) = MemberCommand();
        ModelSource source = await model.ReadAsync(Parse(member.Arguments()), terminal, cancellationToken);
        Dictionary<string, string[]> inherited = InOrder
            .Concat(_hasStore ? _store.Options : [])
            .Where(option => ScalarOf(source) is null || !OfThought.Contains(option))
            .Where(option => parsed.GetResult(option) is { Implicit: false })
            .ToDictionary(
                option => option.Name,
                option => parsed.GetResult(option)?.Tokens.Select(token => $"{option.Name}={token.Value}").ToArray() ?? []
            );
        if (options.Order != Defaults.Order && ScalarOf(source) is null)
        {
            inherited[_order.Name] = [$"{_order.Name}={NameOf(options.Order)}"]; // a benchmark may ask for both orders
        }

        if (!_hasStore)
        {
            inherited[_store.Options[0].Name] = [$"{_store.Options[0].Name}=none"];
        }

        ParseResult whole = Parse(member.Arguments(inherited));
        return await judging.OpenJudgeAsync(whole, source, judging.Read(whole, source), terminal, cancellationToken);

        ParseResult Parse(string[] arguments)
        {
            ParseResult read = command.Parse(arguments);
            IReadOnlyList<string> faults = ParseFaults.Of(read);
            return faults.Count == 0 ? read : throw new UsageException(string.Join('\n', faults));
        }
    }

    /// <summary>The name of a model that scores and does not think; null for all others.</summary>
    private static string? ScalarOf(ModelSource source) =>
        source switch
        {
            FolderSource { IsScalar: true } folder => folder.Folder,
            EndpointSource { IsRewardModel: true } endpoint => endpoint.Options.Model,
            _ => null,
        };

    /// <summary>Adds the options of a verb that fits how sure a first stage must be (<see cref="OpenFirstStageAsync"/>).</summary>
    public void AddFirstStageTo(Command command) => _first.AddTo(command, fits: true);

    /// <summary>What is asked before a judge that was opened, to be fitted; null for nothing. The caller disposes it.</summary>
    /// <exception cref="UsageException">It cannot be used.</exception>
    public Task<FirstStage?> OpenFirstStageAsync(
        ParseResult parsed,
        ModelSource source,
        OpenedJudge judge,
        Terminal terminal,
        CancellationToken cancellationToken
    )
    {
        _first.Check(parsed, source, ScalarOf(source) is not null);
        return _first.OpenAsync(parsed, this, judge, terminal, cancellationToken);
    }

    /// <summary>The first stage that was asked for, as it was named; null for none.</summary>
    public string? FirstStageIn(ParseResult parsed) => _first.NameIn(parsed);

    /// <exception cref="UsageException">A first stage is given that does not go with the other options.</exception>
    private void RequireOneWayToDecide(ParseResult parsed, ModelSource source)
    {
        if (!_hasFirstStage)
        {
            return;
        }

        _first.Check(parsed, source, ScalarOf(source) is not null);
        Option? against = new Option[] { _ties, _abstain }.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false });
        if (_first.NameIn(parsed) is { } first && against is not null)
        {
            throw new UsageException(
                $"{first} and {against.Name} are given; a first stage chooses, and decides by a bound of its own. Leave out one or the "
                    + "other."
            );
        }
    }

    /// <summary>The options of these that mean nothing where criteria are judged by, as far as they were given.</summary>
    private IEnumerable<string> GivenAgainstCriteria(ParseResult parsed) =>
        new Option[] { _order, _prompt, _ties, _calculator, _abstain, _calibration, _adaptive }
            .Where(option => parsed.GetResult(option) is { Implicit: false })
            .Select(option => option.Name)
            .Concat(_first.NameIn(parsed) is { } first ? [first] : Array.Empty<string>());

    /// <summary>The options of these that mean nothing where a budget ends the voting, as far as they were given.</summary>
    public IEnumerable<string> GivenAgainstBudget(ParseResult parsed) =>
        new Option[] { _ties, _abstain, _first.NameIn(parsed) is null ? _calibration : _ties, _adaptive }
            .Where(option => parsed.GetResult(option) is { Implicit: false })
            .Select(option => option.Name);

    /// <summary>Whether the command line says in which order responses are shown.</summary>
    public bool NamesOrder(ParseResult parsed) => parsed.GetResult(_order) is { Implicit: false };

    /// <summary>
    /// A client of the model over the store that was asked for; the caller disposes it, and with it both. What
    /// <paramref name="wrap"/> puts around the model sees only what the store does not answer.
    /// </summary>
    /// <exception cref="CompletionStoreException">The store cannot be opened.</exception>
    public async Task<IChatClient> OpenAsync(
        ParseResult parsed,
        ModelSource source,
        Terminal terminal,
        CancellationToken cancellationToken,
        Func<IChatClient, IChatClient>? wrap = null
    )
    {
        ICompletionStore? store = _hasStore ? await _store.OpenAsync(parsed, terminal, cancellationToken) : null;
        try
        {
            IChatClient model = source.Open(parsed.GetValue(_concurrency));
            IChatClient client = wrap is null ? model : wrap(model);
            return store is null ? client : new StoringChatClient(client, store) { OwnsStore = true };
        }
        catch
        {
            store?.Dispose();
            throw;
        }
    }

    private void RequireNoThought(ParseResult parsed, string folder)
    {
        if (OfThought.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } given)
        {
            throw new UsageException(
                $"{given.Name} is for a judge that thinks; {folder} is a scalar reward model, which scores each response once."
            );
        }
    }

    private static VoteStopping StoppingOf(string? adaptive, int votes)
    {
        if (adaptive is null)
        {
            return Defaults.Stopping;
        }

        if (votes == 1)
        {
            throw new UsageException(
                $"--adaptive {adaptive} needs --votes K, the most votes that are asked for; one vote cannot end early."
            );
        }

        try
        {
            return VoteStopping.Parse(adaptive);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"--adaptive: {exception.Message}", exception);
        }
    }

    private static AbstentionTarget? AbstentionOf(string? text)
    {
        try
        {
            return text is null ? null : AbstentionTarget.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new UsageException($"--abstain: {exception.Message}", exception);
        }
    }

    private static VoteOrder OrderOf(string name) =>
        Enum.GetValues<VoteOrder>().Cast<VoteOrder?>().FirstOrDefault(order => order is { } some && NameOf(some) == name)
        ?? throw new UsageException($"--order is '{name}'; it is {string.Join(", ", Enum.GetValues<VoteOrder>().Select(NameOf))}.");

    private static string NameOf(VoteOrder order) => order.ToString().ToLowerInvariant();
}
