using Microsoft.Extensions.AI;
using RewardReasoning.Calibration;

namespace RewardReasoning.Judging;

/// <summary>
/// Opens a judge over any model, with the prompt, domain, closing text and calibration that the model's folder may hold. For a folder
/// that runs in this process, <c>LocalJudge</c> of RewardReasoning.Models loads the model too.
/// </summary>
public static class JudgeFactory
{
    /// <summary>A judge that reasons, over a client that it owns from now on, even where this throws.</summary>
    /// <param name="client">The model: an endpoint, a local model, or your own client, perhaps with a store around it.</param>
    /// <param name="options">How to judge; what they set goes before the files. The defaults if null.</param>
    /// <param name="files">What the model's folder holds for the judge (<see cref="JudgeFiles.Read"/>); nothing if null.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    /// <exception cref="RewardReasoningException">It is to abstain, and no calibration says when.</exception>
    public static OpenedJudge Open(IChatClient client, JudgeOptions? options = null, JudgeFiles? files = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        try
        {
            JudgeOptions resolved = (files ?? new JudgeFiles()).ApplyTo(options ?? new JudgeOptions());
            ReasoningJudge judge = new(client, resolved);
            return new OpenedJudge(client, () => ChatOptionKeys.ModelIdentityOf(client))
            {
                Judge = judge,
                Reasoning = judge,
                Client = client,
                Options = resolved,
                Name = (client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId ?? "unknown",
                Voting = resolved.Voting,
                Seed = resolved.Seed,
                MaxVotes = resolved.Order.Completions(resolved.Votes),
                Concurrency = resolved.ConcurrencyOver(client),
                Domain = resolved.Domain,
                IsCalibrated = resolved.Calibration is not null && judge.CalibrationFault is null,
                CalibrationFault = judge.CalibrationFault,
                Abstains = resolved.Abstain,
            };
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>A scalar reward model as a judge, which owns the model from now on.</summary>
    /// <param name="scalar">The model.</param>
    /// <param name="calibration">Fits of its confidence, of which the one for this model is used; none if null.</param>
    /// <param name="abstain">The most of the given judgments that may be wrong; it never abstains if null.</param>
    /// <exception cref="RewardReasoningException">It is to abstain, and no calibration says when.</exception>
    public static OpenedJudge Open(IScalarJudge scalar, CalibrationFile? calibration = null, AbstentionTarget? abstain = null)
    {
        ArgumentNullException.ThrowIfNull(scalar);
        Abstention? abstention;
        try
        {
            abstention = abstain is null ? null : (calibration ?? new()).AbstentionFor(scalar.Identity, VotingSettings.OfScores, abstain);
        }
        catch
        {
            scalar.Dispose();
            throw;
        }

        (ConfidenceMap? map, string? fault) = calibration?.MapFor(scalar.Identity, VotingSettings.OfScores) ?? (null, null);
        return new OpenedJudge(scalar, () => scalar.Identity)
        {
            Judge = map is null && abstention is null ? scalar : new CalibratedJudge(scalar, map, abstention),
            Scalar = scalar,
            Score = async (query, response, stop) =>
            {
                double score = await scalar.ScoreAsync(query, response, stop).ConfigureAwait(false);
                return double.IsFinite(score) ? 1 / (1 + Math.Exp(-score)) : double.NaN;
            },
            Name = scalar.Name,
            Voting = VotingSettings.OfScores,
            Seed = new JudgeOptions().Seed,
            MaxVotes = 0,
            Concurrency = scalar.Concurrency,
            IsCalibrated = map is not null,
            CalibrationFault = fault,
            Abstains = abstain,
        };
    }

    /// <summary>
    /// Several judges as one, a jury, which owns them from now on, even where this throws. All are asked at the same time. With weights the
    /// probability that the first response is better is σ(Σ weight · lean), a member's lean being its probability for it from -1 to 1,
    /// averaged over both orders (Calibrate, don't curate, arXiv 2605.09702); without, the mean log-odds of the members' confidences, and
    /// each judgment has a warning that says so.
    /// </summary>
    /// <param name="members">The judges by their names, at least one.</param>
    /// <param name="weights">What <c>rrm bench jury</c> fitted to labelled pairs, for each member; equal weights if null.</param>
    /// <param name="calibration">Fits of the jury's own confidence; none if null.</param>
    /// <param name="abstain">The most of the given judgments that may be wrong; it never abstains if null.</param>
    /// <exception cref="ArgumentException">There is no member, or the weights are for others.</exception>
    /// <exception cref="RewardReasoningException">It is to abstain, and no calibration says when.</exception>
    public static OpenedJudge OpenJury(
        IReadOnlyDictionary<string, OpenedJudge> members,
        IReadOnlyDictionary<string, double>? weights = null,
        CalibrationFile? calibration = null,
        AbstentionTarget? abstain = null
    )
    {
        ArgumentNullException.ThrowIfNull(members);
        JuryJudge? jury = null;
        try
        {
            jury = new JuryJudge(members, weights);
            VotingSettings voting = VotingSettings.OfJury(jury.Description);
            Abstention? abstention = abstain is null ? null : (calibration ?? new()).AbstentionFor(jury.Identity, voting, abstain);
            (ConfidenceMap? map, string? fault) = calibration?.MapFor(jury.Identity, voting) ?? (null, null);
            return new OpenedJudge(jury, () => jury.Identity)
            {
                Judge = map is null && abstention is null ? jury : new CalibratedJudge(jury, map, abstention),
                Name = jury.Name,
                Voting = voting,
                Seed = members.Values.First().Seed,
                MaxVotes = jury.MaxVotes,
                Concurrency = members.Values.Max(member => member.Concurrency),
                IsCalibrated = map is not null || weights is not null,
                CalibrationFault = fault,
                Abstains = abstain,
                IsJury = true,
            };
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

    /// <summary>Another judge over the client of an opened one, which stays that one's.</summary>
    /// <param name="judge">A judge that votes.</param>
    /// <param name="change">What the other one does otherwise.</param>
    /// <exception cref="ArgumentException">The judge has no votes, or the options have faults.</exception>
    internal static ReasoningJudge Beside(OpenedJudge judge, Func<JudgeOptions, JudgeOptions> change) =>
        judge is { Client: { } client, Options: { } options }
            ? new ReasoningJudge(client, change(options))
            : throw new ArgumentException($"{judge.Name} is no judge that reasons; it cannot be asked in another way.", nameof(judge));

    /// <summary>A judge with a first stage before it, both of which it owns from now on.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="first">What is asked first.</param>
    /// <param name="certainty">How sure the first stage must be to decide, above ½ and at most 1.</param>
    internal static OpenedJudge Screened(OpenedJudge judge, FirstStage first, double certainty)
    {
        ScreenedJudge screened = new(first.Judge, judge.Judge, certainty);
        return new OpenedJudge(new Stages(first, judge), () => judge.Identity)
        {
            Judge = screened,
            Screened = screened,
            AfterFirst = judge,
            Client = judge.Client,
            Options = judge.Options,
            Name = judge.Name,
            Voting = judge.Voting with { FirstStage = FormattableString.Invariant($"{first.Identity}, from {certainty}") },
            Seed = judge.Seed,
            MaxVotes = judge.MaxVotes,
            Concurrency = judge.Concurrency,
            Domain = judge.Domain,
            IsCalibrated = false,
            CalibrationFault = null,
            IsJury = judge.IsJury,
        };
    }

    private sealed class Stages(FirstStage first, OpenedJudge judge) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            judge.Dispose();
        }
    }
}
