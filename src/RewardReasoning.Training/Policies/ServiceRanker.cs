using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RewardReasoning.Endpoints;

namespace RewardReasoning.Training.Policies;

/// <summary>
/// Ranks by a service of rewards. A group's name is a hash of its content and of the service's judge, so that a resumed run gets what it
/// got before, and another judge never answers with the rewards of this one.
/// </summary>
/// <param name="client">Asks the service; the caller disposes it.</param>
/// <param name="judge">The fingerprint of the service's judge.</param>
internal sealed class ServiceRanker(RewardClient client, string judge) : IGroupRanker
{
    private const double RewardOfEquals = 0.5;
    private const int NameLength = 32;

    /// <inheritdoc/>
    public async Task<GroupRanking> RankAsync(
        string query,
        IReadOnlyList<string> answers,
        IReadOnlySet<string> guarded,
        CancellationToken cancellationToken
    )
    {
        string[] shown = [.. answers.Where(answer => !guarded.Contains(answer))];
        int different = shown.Distinct(StringComparer.Ordinal).Count();
        if (different == 0 && answers.Distinct(StringComparer.Ordinal).Skip(1).Any())
        {
            return new(GroupRanking.None(answers), 0, 0, Usage.None, null);
        }

        if (different <= 1)
        {
            return new(Combined(answers, guarded, _ => RewardOfEquals, different), 0, 0, Usage.None, null);
        }

        try
        {
            IReadOnlyList<MemberReward> members = await client
                .RewardAsync(NameOf(query, shown), query, shown, cancellationToken)
                .ConfigureAwait(false);
            Dictionary<string, MemberReward> earned = shown
                .Zip(members)
                .DistinctBy(member => member.First, StringComparer.Ordinal)
                .ToDictionary(member => member.First, member => member.Second, StringComparer.Ordinal);
            // Both who meet count a match, its winner and its cost.
            int matches = earned.Values.Sum(member => member.Matches) / 2;
            int decided = earned.Values.Sum(member => member.Wins + member.Losses) / 2;
            return new(
                members.Any(member => member.Reward is not null)
                    ? Combined(answers, guarded, answer => earned[answer].Reward ?? double.NaN, different)
                    : GroupRanking.None(answers),
                matches,
                matches - decided,
                Half(earned.Values.Select(member => member.Usage)),
                members.All(member => member.Reward is null) ? FailureOf(members) : null
            );
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested && FailurePolicy.ScopeOf(failure) != FailureScope.Run)
        {
            return new(GroupRanking.None(answers), 0, 0, Usage.None, failure);
        }
    }

    /// <summary>
    /// The mean probability of beating another of the whole group: of those shown by the service, of a guarded one always, and two guarded
    /// ones are equal.
    /// </summary>
    private static double[] Combined(
        IReadOnlyList<string> answers,
        IReadOnlySet<string> guarded,
        Func<string, double> rewardAmongShown,
        int shown
    )
    {
        int kept = answers.Where(guarded.Contains).Distinct(StringComparer.Ordinal).Count();
        int others = shown + kept - 1;
        return
        [
            .. answers.Select(answer =>
                others == 0 ? RewardOfEquals
                : guarded.Contains(answer) ? RewardOfEquals * (kept - 1) / others
                : ((rewardAmongShown(answer) * (shown - 1)) + kept) / others
            ),
        ];
    }

    private static Usage Half(IEnumerable<Usage> ofBoth)
    {
        Usage sum = ofBoth.Aggregate(Usage.None, Usage.Add);
        return new()
        {
            PromptTokens = sum.PromptTokens / 2,
            OutputTokens = sum.OutputTokens / 2,
            KeptCompletions = sum.KeptCompletions / 2,
            KeptPromptTokens = sum.KeptPromptTokens / 2,
            KeptOutputTokens = sum.KeptOutputTokens / 2,
        };
    }

    private static EndpointException? FailureOf(IEnumerable<MemberReward> members) =>
        members.FirstOrDefault(member => member.Failure is not null) is { } failed
            ? new EndpointException($"The service of rewards has none for a whole group ({failed.Failure}): {failed.FailureDetail}")
            : null;

    private string NameOf(string query, IReadOnlyList<string> shown)
    {
        string content = JsonSerializer.Serialize([judge, query, .. shown], JudgedContent.Default.StringArray);
        return "policy/" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(content)))[..NameLength];
    }
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string[]))]
internal sealed partial class JudgedContent : System.Text.Json.Serialization.JsonSerializerContext;
