using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;
using RewardReasoning.Recipes;

namespace RewardReasoning.Judging;

/// <summary>How a <see cref="ReasoningJudge"/> judges. The defaults are the paper's where it names one.</summary>
public sealed record JudgeOptions : ICheckedOptions
{
    /// <summary>Requests in flight at once where neither the options nor the client say how many.</summary>
    public const int DefaultConcurrency = 16;

    /// <summary>Closes reasoning and opens a box that may hold more than the number of a response.</summary>
    internal const string OpenBoxStub = $"\n{ReasoningText.CloseTag}\n\n\\boxed{{";

    internal const string DefaultThinkingStub = $"\n{ReasoningText.CloseTag}\n\n\\boxed{{Assistant ";

    /// <summary>Votes per comparison; where <see cref="Stopping"/> may end voting early, the most that are asked for.</summary>
    /// <value>1, at least 1; at least 2 where voting may end early.</value>
    public int Votes { get; init; } = 1;

    /// <summary>When voting may end before all votes are in.</summary>
    /// <value><see cref="VoteStopping.Fixed"/>: never.</value>
    public VoteStopping Stopping { get; init; } = new VoteStopping.Fixed();

    /// <summary>Which response a vote is shown first.</summary>
    /// <value><see cref="VoteOrder.Hashed"/>.</value>
    public VoteOrder Order { get; init; } = VoteOrder.Hashed;

    /// <summary>Sampling temperature.</summary>
    /// <value>0.6, at least 0; 0 is greedy.</value>
    public float Temperature { get; init; } = 0.6f;

    /// <summary>Nucleus sampling.</summary>
    /// <value>1 (off), above 0 and at most 1.</value>
    public float TopP { get; init; } = 1f;

    /// <summary>Sampling from the k most probable tokens only.</summary>
    /// <value>null (off), else at least 1.</value>
    public int? TopK { get; init; }

    /// <summary>Base seed, from which every vote's own follows (<see cref="VoteSeeds"/>).</summary>
    /// <value>42.</value>
    public long Seed { get; init; } = 42;

    /// <summary>The most tokens a completion may have; a client may lower it to what its context leaves.</summary>
    /// <value>8,192, at least 1.</value>
    public int MaxCompletionTokens { get; init; } = 8192;

    /// <summary>The most tokens of reasoning before it is closed and the verdict forced.</summary>
    /// <value>null (none), else 0 to <see cref="MaxCompletionTokens"/>.</value>
    public int? ThinkingBudget { get; init; }

    /// <summary>What closes reasoning that has used up its budget, and begins the verdict.</summary>
    /// <value>The closing tag and an open box; must hold <c>&lt;/think&gt;</c>.</value>
    public string ThinkingStub { get; init; } = DefaultThinkingStub;

    /// <summary>
    /// How often a vote without a readable verdict is drawn again, with a new seed, before it is missing. Before each, a client that can
    /// continue an answer (<see cref="ChatOptionKeys.Prefill"/>) is asked for the verdict alone, unless <see cref="StrictParsing"/>.
    /// </summary>
    /// <value>2, at least 0.</value>
    public int UnparsableRedraws { get; init; } = 2;

    /// <summary>How many votes beyond <see cref="Votes"/> a draw may cost before a stable coin decides it.</summary>
    /// <value>3, at least 0.</value>
    public int FurtherVotesOnDraw { get; init; } = 3;

    /// <summary>Keep only the last N characters of each response.</summary>
    /// <value>null (responses are never cut), else at least 1.</value>
    public int? Truncate { get; init; }

    /// <summary>
    /// Whether the judge may call a tie: a third verdict, <c>\boxed{Tie}</c>, which the template must offer. The outcome is then the most
    /// frequent verdict, and a tie where a response is not ahead of all else.
    /// </summary>
    /// <value>false: it must choose one of the two.</value>
    public bool Ties { get; init; }

    /// <summary>
    /// Whether the judge may compute with a calculator in its reasoning: behind <c>&lt;calc&gt;12*37&lt;/calc&gt;</c> the exact value is
    /// written (arXiv 2504.04718 and 2510.23038: tools cure small judges' arithmetic). The built-in templates then say so. Needs a client
    /// that honours <see cref="ChatOptionKeys.Calculator"/> or <see cref="ChatOptionKeys.Prefill"/>.
    /// </summary>
    /// <value>false, or what the model's folder says (<see cref="JudgeFiles.Calculator"/>).</value>
    public bool Calculator { get; init; }

    /// <summary>Read verdicts as the released models' own parser does (<see cref="VerdictParser.ParseStrict"/>).</summary>
    /// <value>false.</value>
    public bool StrictParsing { get; init; }

    /// <summary>Ask for log-probs at the verdict token where the client honours <see cref="ChatOptionKeys.LogProbs"/>.</summary>
    /// <value>true.</value>
    public bool SoftVerdicts { get; init; } = true;

    /// <summary>Requests in flight at once, over all comparisons that one judge works on.</summary>
    /// <value>null (as many as keep the client busy, else 16), else at least 1.</value>
    public int? Concurrency { get; init; }

    /// <summary>What the model's tokens cost; with it, <see cref="Usage.Cost"/> is known.</summary>
    /// <value>null (unknown).</value>
    public TokenPrices? Prices { get; init; }

    /// <summary>What the judge reads.</summary>
    /// <value><see cref="JudgePrompt.Default"/>.</value>
    public JudgePrompt Prompt { get; init; } = JudgePrompt.Default;

    /// <summary>What the model can judge; anything else is refused.</summary>
    /// <value>null (anything).</value>
    public JudgeDomain? Domain { get; init; }

    /// <summary>Fits of confidence; the one for this judge's model and settings is used, if there is one.</summary>
    /// <value>null (none).</value>
    public CalibrationFile? Calibration { get; init; }

    /// <summary>
    /// The most of the given judgments that may be wrong: the judge abstains where it is too unsure, by the fit for its model and settings
    /// in <see cref="Calibration"/>. A judge without such a fit, or with too few labels in it, is not opened.
    /// </summary>
    /// <value>null (it never abstains).</value>
    public AbstentionTarget? Abstain { get; init; }

    /// <summary>The template; if none was given, the built-in one, which offers ties and calculator where there are any.</summary>
    internal JudgePrompt Template =>
        !ReferenceEquals(Prompt, JudgePrompt.Default) ? Prompt
        : Ties
            ? Calculator ? JudgePrompt.WithTiesAndCalculator
                : JudgePrompt.WithTies
        : Calculator ? JudgePrompt.WithCalculator
        : Prompt;

    /// <summary>How many requests a judge with these options has in flight at once over this client.</summary>
    public int ConcurrencyOver(IChatClient client) => Concurrency ?? ChatOptionKeys.ConcurrencyOf(client) ?? DefaultConcurrency;

    /// <summary>The settings of these options on which a judge's confidence depends.</summary>
    public VotingSettings Voting =>
        new()
        {
            Votes = Votes,
            Order = Order.ToString().ToLowerInvariant(),
            Stopping = Stopping.ToString(),
            Temperature = Temperature,
            TopP = TopP,
            TopK = TopK,
            MaxTokens = MaxCompletionTokens,
            ThinkingBudget = ThinkingBudget,
            Redraws = UnparsableRedraws,
            FurtherVotes = FurtherVotesOnDraw,
            Truncate = Truncate,
            Strict = StrictParsing,
            Stub = ThinkingStub == DefaultThinkingStub ? null : HashOf(ThinkingStub),
            Ties = Ties,
            Calculator = Calculator,
            Prompt = HashOf(Template.Text.ReplaceLineEndings("\n")),
        };

    /// <summary>When a judge of this model abstains; null for never.</summary>
    /// <exception cref="CalibrationException">It is to abstain, and no calibration says when.</exception>
    internal Abstention? AbstentionOf(string model) =>
        Abstain is not { } target ? null : (Calibration ?? new CalibrationFile()).AbstentionFor(model, Voting, target);

    /// <summary>The comparison as a judge with these options is shown it: cut where <see cref="Truncate"/> asks for it.</summary>
    public Comparison Truncated(Comparison comparison)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        return Truncate is { } length
            ? comparison with
            {
                Response1 = Tail(comparison.Response1, length),
                Response2 = Tail(comparison.Response2, length),
            }
            : comparison;
    }

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        List<string> faults = [];
        Check(Votes >= 1, $"{names[nameof(Votes)]} is {Votes}; at least 1 is needed.");
        Check(
            Votes != 1 || Stopping is VoteStopping.Fixed,
            $"{names[nameof(Votes)]} is 1 and {names[nameof(Stopping)]} {Stopping}; one vote cannot end early. Raise "
                + $"{names[nameof(Votes)]}, the most that are asked for."
        );
        Check(
            Stopping is not VoteStopping.Confidence { Level: var level } || VoteStopping.IsLevel(level),
            $"{names[nameof(Stopping)]} is {Stopping}; a confidence to stop at is between 0.5 and 1."
        );
        Check(
            !Ties || Stopping is VoteStopping.Fixed,
            $"{names[nameof(Ties)]} is set and {names[nameof(Stopping)]} {Stopping}; with three verdicts all votes are asked for."
        );
        Check(
            !Ties || !StrictParsing,
            $"{names[nameof(Ties)]} and {names[nameof(StrictParsing)]} are set; the released models' parser knows no ties."
        );
        Check(
            !Ties || Template.Text.Contains(@"\boxed{Tie}", StringComparison.Ordinal),
            $"{names[nameof(Ties)]} is set, and the template does not offer \\boxed{{Tie}}; "
                + "a model that was made for one prompt cannot call ties."
        );
        Check(
            !Calculator || !StrictParsing,
            $"{names[nameof(Calculator)]} and {names[nameof(StrictParsing)]} are set; the released models were not shown a calculator."
        );
        Check(
            Enum.IsDefined(Order),
            $"{names[nameof(Order)]} is {(int)Order}; it is one of {string.Join(", ", Enum.GetNames<VoteOrder>())}."
        );
        Check(
            Temperature >= 0 && float.IsFinite(Temperature),
            FormattableString.Invariant($"{names[nameof(Temperature)]} is {Temperature}; it is 0 (greedy) or above.")
        );
        Check(TopP is > 0 and <= 1, FormattableString.Invariant($"{names[nameof(TopP)]} is {TopP}; it is above 0 and at most 1 (off)."));
        Check(TopK is null or >= 1, $"{names[nameof(TopK)]} is {TopK}; it is at least 1, or null for off.");
        Check(MaxCompletionTokens >= 1, $"{names[nameof(MaxCompletionTokens)]} is {MaxCompletionTokens}; at least 1 is needed.");
        Check(
            ThinkingBudget is null || (ThinkingBudget >= 0 && ThinkingBudget <= MaxCompletionTokens),
            $"{names[nameof(ThinkingBudget)]} is {ThinkingBudget}; it is 0 to {names[nameof(MaxCompletionTokens)]} "
                + $"({MaxCompletionTokens}), or null for none."
        );
        Check(
            ThinkingStub.Contains(ReasoningText.CloseTag, StringComparison.Ordinal),
            $"{names[nameof(ThinkingStub)]} does not hold {ReasoningText.CloseTag}; without it the reasoning stays open."
        );
        Check(UnparsableRedraws >= 0, $"{names[nameof(UnparsableRedraws)]} is {UnparsableRedraws}; it is 0 or above.");
        Check(FurtherVotesOnDraw >= 0, $"{names[nameof(FurtherVotesOnDraw)]} is {FurtherVotesOnDraw}; it is 0 or above.");
        Check(Truncate is null or >= 1, $"{names[nameof(Truncate)]} is {Truncate}; it is at least 1 character, or null for no cut.");
        Check(
            Abstain is null or { IsValid: true },
            $"{names[nameof(Abstain)]} is {Abstain}; a risk and a confidence are above 0 and below 1."
        );
        Check(Concurrency is null or >= 1, $"{names[nameof(Concurrency)]} is {Concurrency}; at least 1 is needed.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }

    private static string HashOf(string text) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    private static string Tail(string text, int length)
    {
        int start = Math.Max(0, text.Length - length);
        return text[(start > 0 && char.IsLowSurrogate(text[start]) ? start + 1 : start)..];
    }
}
