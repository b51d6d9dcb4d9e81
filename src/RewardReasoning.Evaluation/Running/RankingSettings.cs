using System.Globalization;
using RewardReasoning.Rankings;

namespace RewardReasoning.Evaluation.Running;

/// <summary>Settings that rankings depend on, by the names of their options.</summary>
internal static class RankingSettings
{
    public static Dictionary<string, string> Of(RankingOptions options) =>
        new()
        {
            ["mode"] = options.Mode?.ToString() ?? "by the number of responses",
            ["matches"] = options.MaxMatches?.ToString(CultureInfo.InvariantCulture) ?? "by the mode",
            ["tokens"] = options.MaxTokens?.ToString(CultureInfo.InvariantCulture) ?? "any",
            ["method"] = options.Method.ToString(),
            ["reward"] = options.Reward?.ToString() ?? "by the method",
            ["standardise"] = options.StandardiseRewards ? "yes" : "no",
            ["same-answer"] = options.FinalAnswer is null ? "no" : "yes",
        };
}
