using System.Globalization;
using System.Text;
using RewardReasoning.Storage.Rewards;

namespace RewardReasoning.Server.Rewards;

/// <summary>A member that asks for its place.</summary>
/// <param name="Member">What was sent.</param>
/// <param name="Hash">SHA-256 of query and response.</param>
/// <param name="References">Reference responses, for a member that is compared with those.</param>
internal sealed record RewardEntry(RewardMember Member, byte[] Hash, IReadOnlyList<string> References);

/// <summary>What a member got: its place in a cohort, or an answer that says why there is none.</summary>
internal readonly record struct RewardPlace(CohortMember? Member, RewardAnswer? Refusal);

/// <summary>
/// Finds the cohort that a member belongs to, or opens one: by its group's name, by its query, or one of its own. The same member again is
/// the same one, and what contradicts an earlier request is refused. For callers that hold the gate.
/// </summary>
internal sealed class RewardIntake(
    CohortContext context,
    CohortRegistry registry,
    IRewardLedger ledger,
    Func<int, TimeSpan> judgeTime,
    StarvationWatch watch,
    Func<Task, Task> track
)
{
    private const int IdLength = 32;

    private RewardOptions Options => context.Options;

    /// <summary>Enters a member of a group that has a name.</summary>
    public RewardPlace EnterNamed(RewardEntry entry, string group, int index)
    {
        RewardMember member = entry.Member;
        SortedDictionary<int, Cohort> attempts = registry.AttemptsOf(group);
        if (attempts.TryGetValue(member.Attempt, out Cohort? cohort))
        {
            return Join(cohort, entry, index);
        }

        if (attempts.Count > 0 && attempts.Keys.Last() is var latest && latest > member.Attempt)
        {
            RewardTelemetry.Count("superseded");
            return Refuse(member, FailureClass.Conflict, retryable: false, $"Attempt {member.Attempt} was replaced by attempt {latest}.");
        }

        if (!registry.HasRoomFor(member.Size))
        {
            return Overloaded(member);
        }

        cohort = registry.Open(group, member.Attempt, member.Size, member.Query, SettingsOf(entry));
        foreach (Cohort older in attempts.Values.Where(older => older.Attempt < member.Attempt && older.IsOpen).ToArray())
        {
            RewardTelemetry.Count("superseded");
            older.Supersede(member.Attempt);
        }

        return Join(cohort, entry, index);
    }

    /// <summary>Enters a member of a group that is recognised by its query.</summary>
    public RewardPlace EnterImplicit(RewardEntry entry)
    {
        RewardMember member = entry.Member;
        string key = ImplicitKeyOf(member);
        List<Cohort> cohorts = registry.OfQuery(key);
        if (LostIn(cohorts, entry) is { } lost)
        {
            RewardTelemetry.Count("duplicate");
            return Hold(lost);
        }

        Cohort? collecting = cohorts.Find(cohort =>
            cohort.State == RewardAnswer.Collecting
            && cohort.Members.Count < cohort.Size
            && (member.Index is not { } own || !cohort.Members.ContainsKey(own))
        );
        if (collecting is null)
        {
            if (!registry.HasRoomFor(member.Size))
            {
                return Overloaded(member);
            }

            if (cohorts.Exists(cohort => cohort.IsOpen))
            {
                RewardTelemetry.Count("collision");
                Options.OnWarning?.Invoke(
                    "two groups of the same query are open at once, and nothing but their order tells them apart; "
                        + "name groups (group, index) or raise the declared size"
                );
            }

            collecting = registry.OpenImplicit(key, member.Size, member.Query, SettingsOf(entry));
        }

        int index = member.Index ?? Enumerable.Range(0, collecting.Size).First(number => !collecting.Members.ContainsKey(number));
        return Join(collecting, entry, index);
    }

    /// <summary>
    /// Enters a member that is scored by itself: a cohort of its own, which without a group's name is the same one whenever it is asked
    /// for.
    /// </summary>
    public RewardPlace EnterScalar(RewardEntry entry)
    {
        RewardMember member = entry.Member with { Size = 1 };
        string group = ScalarGroupOf(entry);
        SortedDictionary<int, Cohort> attempts = registry.AttemptsOf(group);
        if (member.Group is null && attempts.Values.LastOrDefault() is { } last)
        {
            // Without a name nobody can ask for another attempt: what failed in passing is tried again.
            bool failed = last is { IsOpen: false } && last.Members.Values.Any(HasFailedInPassing);
            member = member with { Attempt = last.Attempt + (failed ? 1 : 0) };
        }

        if (!attempts.TryGetValue(member.Attempt, out Cohort? cohort))
        {
            if (!registry.HasRoomFor(1))
            {
                return Overloaded(member);
            }

            cohort = registry.Open(group, member.Attempt, 1, member.Query, SettingsOf(entry));
        }

        return Join(cohort, entry with { Member = member }, 0);

        static bool HasFailedInPassing(CohortMember one) => one.Final is { IsCompletedSuccessfully: true, Result.Failure.Retryable: true };
    }

    /// <summary>The name under which the ledger may have a member's group; null where only memory can.</summary>
    public static string? GroupOf(RewardEntry entry) => entry.Member.Mode == RewardMode.Scalar ? ScalarGroupOf(entry) : entry.Member.Group;

    /// <summary>The shard that a member belongs to, which does not depend on its references.</summary>
    public static int ShardOf(RewardMember member) =>
        GroupOf(new(member, member.Hash(), [])) is { } group ? RewardShard.Of(group, null) : RewardShard.Of("", ImplicitKeyOf(member));

    /// <summary>The shard of the member that an id names; null where it cannot be one.</summary>
    public static int? ShardOf(string id) =>
        id.Length == IdLength
        && byte.TryParse(id.AsSpan(0, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte shard)
            ? shard
            : null;

    /// <summary>A hold on a member.</summary>
    public static RewardPlace Hold(CohortMember member)
    {
        member.Connect();
        return new(member, null);
    }

    /// <summary>An equal member whose connection was lost before it was answered, or the one of this number.</summary>
    private static CohortMember? LostIn(List<Cohort> cohorts, RewardEntry entry) =>
        cohorts
            .SelectMany(cohort => cohort.Members.Values)
            .FirstOrDefault(other =>
                (
                    entry.Member.Index is null
                        ? other.IsLost
                        : entry.Member.Index == other.Index && (other.Cohort.IsOpen || !other.IsAnswered)
                ) && other.Hash.AsSpan().SequenceEqual(entry.Hash)
            );

    private RewardPlace Join(Cohort cohort, RewardEntry entry, int index)
    {
        RewardMember member = entry.Member;
        if (cohort.Members.TryGetValue(index, out CohortMember? known))
        {
            if (known.Hash.AsSpan().SequenceEqual(entry.Hash))
            {
                RewardTelemetry.Count("duplicate");
                return Hold(known);
            }

            return Contradicts(
                member,
                $"Member {index} of this group and attempt came before with another query or response; send a higher attempt to start anew."
            );
        }

        if (!cohort.IsOpen)
        {
            return new(null, cohort.Late(entry.Hash, index));
        }

        if (cohort.Size != member.Size)
        {
            return Contradicts(member, $"The group's size is {cohort.Size}, and this member says {member.Size}.");
        }

        if (cohort.ImplicitKey is null && cohort.Query != member.Query)
        {
            return Contradicts(member, "The group's other members answer another query; a group is one query's responses.");
        }

        string identity = FormattableString.Invariant($"{cohort.Group.Length}:{cohort.Group}|{cohort.Attempt}|{index}|");
        string hash = Convert.ToHexStringLower(TextHash.Of(identity, Convert.ToHexString(entry.Hash)));
        string id = FormattableString.Invariant($"{cohort.Shard:x2}{hash[..(IdLength - 2)]}");
        CohortMember added = new(cohort, index, id, entry.Hash, member.Response, context.Time.GetUtcNow());
        registry.Add(added);
        added.Kept = track(KeepAsync(cohort, added));
        return Hold(added);
    }

    /// <summary>Keeps a member and lets it take part; where the ledger fails, it was never there.</summary>
    private async Task KeepAsync(Cohort cohort, CohortMember member)
    {
        try
        {
            await ledger.AddAsync(cohort.ToStored(), new(member.Index, member.Id, member.Hash, member.Response, member.ArrivedAt));
        }
        catch
        {
            lock (context.Gate)
            {
                registry.Remove(member);
            }

            throw;
        }

        lock (context.Gate)
        {
            watch.Moved();
            cohort.Arrive(member);
        }
    }

    private CohortSettings SettingsOf(RewardEntry entry)
    {
        RewardMember first = entry.Member;
        int matches =
            first.Mode == RewardMode.Scalar ? Math.Max(1, entry.References.Count)
            : first.Size <= Options.RoundRobinSize ? first.Size * (first.Size - 1) / 2
            : first.Size * Options.Opponents;
        return new(
            (first.CollectTime ?? Options.CollectTime).TotalSeconds,
            (first.JudgeTime ?? Options.JudgeTime ?? judgeTime(matches)).TotalSeconds,
            first.Policy,
            first.Mode,
            entry.References
        );
    }

    private RewardPlace Overloaded(RewardMember member)
    {
        RewardTelemetry.Count("overload");
        return Refuse(
            member,
            FailureClass.Overload,
            retryable: true,
            FormattableString.Invariant(
                $"The open groups have {Options.MaxOpenMembers} members or nearly so, the most that this server takes. Try again later."
            )
        );
    }

    private static RewardPlace Contradicts(RewardMember member, string detail)
    {
        RewardTelemetry.Count("conflict");
        return Refuse(member, FailureClass.Conflict, retryable: false, detail);
    }

    private static RewardPlace Refuse(RewardMember member, FailureClass failure, bool retryable, string detail) =>
        new(null, RewardAnswer.Refusal(member, failure, retryable, detail));

    private static string ScalarGroupOf(RewardEntry entry) =>
        entry.Member.Group is { } named
            ? FormattableString.Invariant($"{RewardShard.Alone}{named}/{entry.Member.Index ?? 0}")
            : $"{RewardShard.Alone}{Convert.ToHexStringLower(entry.Hash)}/{Convert.ToHexStringLower(TextHash.Of([.. entry.References]))}";

    private static string ImplicitKeyOf(RewardMember member)
    {
        string normal = string.Join(
            ' ',
            member.Query.Normalize(NormalizationForm.FormC).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        );
        string settings = FormattableString.Invariant($"{member.Size}|{member.Attempt}|{member.Policy}|{member.Task}");
        return Convert.ToHexStringLower(TextHash.Of(normal, settings))[..32];
    }
}
