using System.Globalization;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Http;
using RewardReasoning.Server.Rewards;

namespace RewardReasoning.Server.Trainers;

/// <summary>
/// What a trainer cannot send in its bodies, from the address that it was given:
/// <c>?size=8&amp;collect_s=60&amp;judge_s=50&amp;mode=group&amp;policy=judge_present</c>. Where it says nothing of clocks, those hold that
/// end before the trainer's own.
/// </summary>
/// <param name="Size">Members of a group; null where neither address nor server say.</param>
/// <param name="Collect">How long a group waits for its members.</param>
/// <param name="Judge">How long the judge may take.</param>
/// <param name="Mode">How a reward is found.</param>
/// <param name="Policy">What becomes of a group in which somebody has no reward.</param>
internal sealed record TrainerCall(int? Size, TimeSpan Collect, TimeSpan Judge, RewardMode Mode, PartialPolicy Policy)
{
    /// <summary>The longest that a request is held: both clocks, and a moment for the answer.</summary>
    public TimeSpan Hold => Collect + Judge + TimeSpan.FromSeconds(2);

    /// <param name="request">Its address has the settings.</param>
    /// <param name="options">The server's own settings.</param>
    /// <param name="collect">The default for this trainer.</param>
    /// <param name="judge">The default for this trainer.</param>
    /// <exception cref="ApiException">A setting cannot be used.</exception>
    public static TrainerCall Of(HttpRequest request, RewardOptions options, TimeSpan collect, TimeSpan judge)
    {
        IQueryCollection query = request.Query;
        return new(
            Integer(query, "size") ?? Integer(query, "group_size") ?? options.GroupSize,
            Seconds(query, "collect_s") ?? collect,
            Seconds(query, "judge_s") ?? judge,
            Word(query, "mode", "group", "scalar") == "scalar" ? RewardMode.Scalar : RewardMode.Group,
            Word(query, "policy", "judge_present", "fail_group") == "fail_group" ? PartialPolicy.FailGroup : PartialPolicy.JudgePresent
        );
    }

    /// <summary>A member of a group that has no name.</summary>
    /// <exception cref="ApiException">Nobody says how large the group is.</exception>
    public RewardMember Member(string query, string response) =>
        new()
        {
            Query = query,
            Response = response,
            Size =
                Size
                ?? (
                    Mode == RewardMode.Scalar
                        ? 1
                        : throw new ApiException(
                            StatusCodes.Status400BadRequest,
                            "The group's size is not known: this trainer does not send it. Put it into the address (?size=8), or start the "
                                + "server with --group-size 8.",
                            "size_unknown",
                            "size"
                        )
                ),
            CollectTime = Collect,
            JudgeTime = Judge,
            Mode = Mode,
            Policy = Policy,
        };

    /// <summary>One of some words in the address; null where it is not there.</summary>
    /// <exception cref="ApiException">It is another word.</exception>
    public static string? Word(IQueryCollection query, string name, params string[] words)
    {
        string given = query[name].ToString();
        return given.Length == 0 ? null
            : words.Contains(given, StringComparer.Ordinal) ? given
            : throw ApiException.BadField(name, $"{name} in the address is {string.Join(" or ", words)}.");
    }

    private static int? Integer(IQueryCollection query, string name)
    {
        string given = query[name].ToString();
        return given.Length == 0 ? null
            : int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value >= 1 ? value
            : throw ApiException.BadField(name, $"{name} in the address is a whole number, at least 1.");
    }

    private static TimeSpan? Seconds(IQueryCollection query, string name)
    {
        const double Most = 86_400;
        string given = query[name].ToString();
        return given.Length == 0 ? null
            : double.TryParse(given, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value is > 0 and <= Most
                ? TimeSpan.FromSeconds(value)
            : throw ApiException.BadField(
                name,
                FormattableString.Invariant($"{name} in the address is a number of seconds, above 0 and at most {Most}.")
            );
    }
}
