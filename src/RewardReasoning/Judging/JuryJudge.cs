using System.Globalization;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>
/// Several judges as one: all are asked at the same time, and weak ones are kept (Calibrate, don't curate, arXiv 2605.09702). A member that
/// fails is missing, which is no vote; where all fail the first failure is thrown, and a failure that ends the run is always thrown. It
/// owns its members.
/// </summary>
internal sealed class JuryJudge : IRepeatableJudge, IDisposable
{
    private const int CoinBit = 1;

    /// <summary>Below this a sum of leans is rounding, which must not decide.</summary>
    private const double Even = 1e-9;

    private readonly (string Name, OpenedJudge Judge, double Weight)[] _members;
    private readonly bool _isFitted;
    private readonly TimeProvider _time;

    /// <param name="members">The judges by their names.</param>
    /// <param name="weights">The fitted weights of all of them; equal weights if null.</param>
    /// <param name="time">Clock for the time that judgments take; the system's if null.</param>
    /// <exception cref="ArgumentException">There is no member, or the weights are for others.</exception>
    public JuryJudge(
        IReadOnlyDictionary<string, OpenedJudge> members,
        IReadOnlyDictionary<string, double>? weights = null,
        TimeProvider? time = null
    )
    {
        if (members.Count == 0)
        {
            throw new ArgumentException("The jury has no member; at least one is needed.", nameof(members));
        }

        if (weights is not null && !members.Keys.Order().SequenceEqual(weights.Keys.Order()))
        {
            throw new ArgumentException(
                $"The weights are for {string.Join(", ", weights.Keys)}, and the members of the jury are "
                    + $"{string.Join(", ", members.Keys)}; each member needs one.",
                nameof(weights)
            );
        }

        _members = [.. members.Select(member => (member.Key, member.Value, weights?[member.Key] ?? 1))];
        _isFitted = weights is not null;
        _time = time ?? TimeProvider.System;
        Name = $"jury of {string.Join(", ", members.Keys)}";
        Description = HashOf([
            .. _members.SelectMany(member => new[] { member.Name, member.Judge.Voting.Hash() }),
            .. _members.Select(member => _isFitted ? member.Weight.ToString("R", CultureInfo.InvariantCulture) : "equal"),
        ]);
    }

    /// <summary>For people.</summary>
    public string Name { get; }

    /// <summary>What the members are asked and how they are joined, as a hash.</summary>
    public string Description { get; }

    /// <summary>What all members compute and how they are joined. Large model folders are read when this is first asked for.</summary>
    public string Identity => field ??= HashOf([Description, .. _members.Select(member => member.Judge.Identity)]);

    /// <summary>The most completions that one comparison may take.</summary>
    public int MaxVotes => _members.Sum(member => member.Judge.MaxVotes);

    /// <inheritdoc/>
    public Task<Judgment> JudgeAsync(Comparison comparison, CancellationToken cancellationToken = default) =>
        JudgeAsync(comparison, repetition: 0, cancellationToken);

    /// <inheritdoc/>
    public async Task<Judgment> JudgeAsync(Comparison comparison, int repetition, CancellationToken cancellationToken = default)
    {
        long start = _time.GetTimestamp();
        (Judgment Judgment, Exception? Failure)[] said = await Task.WhenAll(
                _members.Select(member => AskAsync(member.Judge, comparison, repetition, cancellationToken))
            )
            .ConfigureAwait(false);
        if (Array.TrueForAll(said, one => one.Failure is not null))
        {
            ExceptionDispatchInfo.Throw(said[0].Failure ?? throw new InvalidOperationException("A failed member has no failure."));
        }

        Judgment[] judgments = [.. said.Select(one => one.Judgment)];
        Usage usage = judgments.Aggregate(Usage.None, (sum, judgment) => sum + judgment.Usage) with
        {
            Elapsed = _time.GetElapsedTime(start),
        };
        return Join(comparison, judgments) with { Usage = usage };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach ((_, OpenedJudge judge, _) in _members)
        {
            judge.Dispose();
        }
    }

    private static async Task<(Judgment Judgment, Exception? Failure)> AskAsync(
        OpenedJudge member,
        Comparison comparison,
        int repetition,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return (
                member.Judge is IRepeatableJudge repeatable
                    ? await repeatable.JudgeAsync(comparison, repetition, cancellationToken).ConfigureAwait(false)
                    : await member.Judge.JudgeAsync(comparison, cancellationToken).ConfigureAwait(false),
                null
            );
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(failure) != FailureScope.Run)
        {
            return (
                new Judgment
                {
                    Preferred = null,
                    Votes = [],
                    Usage = Usage.None,
                    Model = member.Name,
                    MissingReason = failure.Message,
                },
                failure
            );
        }
    }

    private Judgment Join(Comparison comparison, Judgment[] said)
    {
        double?[] leans = [.. said.Select(judgment => _isFitted ? PreferenceLean.Of(judgment) : LogOddsOf(judgment))];
        bool decided = leans.Any(lean => lean is not null);
        double margin =
            leans.Zip(_members, (lean, member) => (lean ?? 0) * member.Weight).Sum()
            / (_isFitted ? 1 : Math.Max(1, leans.Count(lean => lean is not null)));
        bool draw = Math.Abs(margin) < Even;
        Verdict preferred =
            draw ? ComparisonHash.PickOne(comparison, CoinBit)
            : margin > 0 ? Verdict.First
            : Verdict.Second;
        double? confidence = decided ? 1 / (1 + Math.Exp(-Math.Abs(margin))) : null;
        Judgment[] sided = [.. said.Where(judgment => judgment.Preferred is not null)];
        return new Judgment
        {
            Preferred = decided ? preferred : null,
            VoteShare = decided && sided.Length > 0 ? (double)sided.Count(one => one.Preferred == preferred) / sided.Length : null,
            Confidence = confidence,
            CalibratedConfidence = _isFitted ? confidence : null,
            PositionBias = said.Select(judgment => judgment.PositionBias).Average(),
            DrawBrokenBy = decided && draw ? DrawBreak.Coin : DrawBreak.None,
            MaxVotes = MaxVotes,
            Votes = [],
            Members = _members.Zip(said).ToDictionary(one => one.First.Name, one => one.Second),
            Usage = Usage.None,
            Model = Name,
            MissingReason = decided
                ? null
                : "No member of the jury has a verdict: "
                    + string.Join(" ", _members.Zip(said, (member, one) => $"{member.Name}: {one.MissingReason}")),
            Warnings =
            [
                .. _isFitted ? Array.Empty<string>() : ["The jury has no fitted weights: its members count equally, by their log-odds."],
                .. _members.Zip(said).SelectMany(one => one.Second.Warnings.Select(warning => $"{one.First.Name}: {warning}")),
            ],
        };
    }

    /// <summary>Log-odds of a member's confidence in the first response, calibrated where it is; null where it has no verdict.</summary>
    private static double? LogOddsOf(Judgment judgment) =>
        (judgment.CalibratedConfidence ?? judgment.Confidence) is not { } confidence
            ? null
            : judgment.Preferred switch
            {
                Verdict.First => ConfidenceMap.LogOdds(confidence),
                Verdict.Second => -ConfidenceMap.LogOdds(confidence),
                _ => null,
            };

    private static string HashOf(string[] parts) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', parts))))}";
}
