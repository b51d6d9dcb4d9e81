using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Juries;

/// <summary>A member of a jury, and what it is worth to it.</summary>
internal sealed record JuryMember
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its weight in the fit to all labelled pairs.</summary>
    public required double Weight { get; init; }

    /// <summary>Labelled pairs on which it has a verdict.</summary>
    public required int Pairs { get; init; }

    /// <summary>Those on which it has none.</summary>
    public required int Missing { get; init; }

    /// <summary>Share of its pairs that it leans to the better response of; even ones count half.</summary>
    public required double? Right { get; init; }

    /// <summary>Its own log-loss on its pairs, calibrated by itself and cross-validated.</summary>
    public required double? LogLoss { get; init; }

    /// <summary>The jury's on the same pairs.</summary>
    public required double? JuryLogLoss { get; init; }

    /// <summary>Its mean bias to the response shown first, from -0.5 to 0.5; null where that is not known.</summary>
    public double? PositionBias { get; init; }

    /// <summary>The model that judged for it.</summary>
    public string? Model { get; init; }

    /// <summary>The most completions that its model was asked for on a pair.</summary>
    public int? MaxVotes { get; init; }

    /// <summary>Tokens that it wrote.</summary>
    public long? Tokens { get; init; }

    /// <summary>What it cost; null without prices.</summary>
    public decimal? Cost { get; init; }
}

/// <summary>What a jury comes to on labelled pairs.</summary>
internal sealed record JuryReport
{
    /// <summary>Labelled pairs.</summary>
    public required int Pairs { get; init; }

    /// <summary>Cross-validated log-loss of the jury.</summary>
    public required double LogLoss { get; init; }

    /// <summary>Of the mean of all members, with one weight.</summary>
    public required double EqualLogLoss { get; init; }

    /// <summary>Share of pairs on which the jury, cross-validated, prefers the better response; even ones count half.</summary>
    public required double Right { get; init; }

    /// <summary>Of the mean of all members.</summary>
    public required double EqualRight { get; init; }

    /// <summary>Fleiss' kappa over the pairs on which all members prefer a response; null where there are none.</summary>
    public required double? Kappa { get; init; }

    /// <summary>How many these are.</summary>
    public required int KappaPairs { get; init; }

    /// <summary>The members.</summary>
    public required IReadOnlyList<JuryMember> Members { get; init; }

    /// <summary>The member with the least log-loss, on its own pairs.</summary>
    [JsonIgnore]
    public JuryMember? Best => Members.Where(member => member.LogLoss is not null).MinBy(member => member.LogLoss);

    /// <summary>For files and programs: indented, names in snake case. The weights of a jury are read from it again.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, JuryJson.Indented.JuryReport);

    /// <summary>The weights by the names of the members.</summary>
    [JsonIgnore]
    public IReadOnlyDictionary<string, double> Weights => Members.ToDictionary(member => member.Name, member => member.Weight);

    /// <summary>What <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="RewardReasoningException">The file is none of these.</exception>
    public static JuryReport Read(string path)
    {
        try
        {
            JuryReport report =
                JsonSerializer.Deserialize(File.ReadAllBytes(path), JuryJson.Indented.JuryReport) ?? throw new JsonException("It is null.");
            return report.Weights.Count > 0 ? report : throw new JsonException("It has no member.");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new RunException($"'{path}' does not hold a jury as rrm bench jury --save writes it: {exception.Message}", exception);
        }
    }

    /// <summary>The weights for a jury of these members.</summary>
    /// <param name="path">Where the fit was read, for messages.</param>
    /// <param name="members">The members: the name of the model and the most completions of each.</param>
    /// <exception cref="RewardReasoningException">The fit is for other members, or for these with another model or other votes.</exception>
    public IReadOnlyDictionary<string, double> WeightsFor(string path, IReadOnlyDictionary<string, (string Model, int MaxVotes)> members)
    {
        if (!Weights.Keys.Order(StringComparer.Ordinal).SequenceEqual(members.Keys.Order(StringComparer.Ordinal)))
        {
            throw new RunException(
                $"'{path}' holds weights for {string.Join(", ", Weights.Keys)}, and the members of the jury are "
                    + $"{string.Join(", ", members.Keys)}. Fit them anew: rrm score labelled.jsonl --jury, then rrm bench jury."
            );
        }

        foreach (JuryMember member in Members)
        {
            (string model, int maxVotes) = members[member.Name];
            if (member.Model is not null && (member.Model, member.MaxVotes) != (model, maxVotes))
            {
                throw new RunException(
                    $"'{path}' was fitted to the member '{member.Name}' as {member.Model} with at most {member.MaxVotes} votes; here it is "
                        + $"{model} with {maxVotes}. Give it the same, or fit the weights anew with rrm bench jury."
                );
            }
        }

        return Weights;
    }

    /// <summary>Fits and cross-validates a jury.</summary>
    /// <param name="names">Its members.</param>
    /// <param name="pairs">What they say; pairs without a label are left out.</param>
    /// <param name="folds">Folds of the cross-validation.</param>
    /// <exception cref="RewardReasoningException">There are too few labelled queries.</exception>
    public static JuryReport Of(IReadOnlyList<string> names, IReadOnlyList<JuryPair> pairs, int folds = 5)
    {
        JuryPair[] labelled = [.. pairs.Where(pair => pair.FirstIsBetter is not null)];
        int queries = labelled.Select(pair => pair.Query).Distinct().Count();
        if (queries < 2 * folds)
        {
            throw new RunException(
                $"A jury is fitted to labelled pairs of at least {2 * folds} queries, and there are {queries}. Add pairs with a label."
            );
        }

        double[][] all = [.. labelled.Select(pair => pair.Signals)],
            mean = [.. labelled.Select(pair => new[] { pair.Said.Average() ?? 0 })];
        double[] weights = JuryFit.WeightsOf(labelled, folds),
            jury = JuryFit.CrossValidated(labelled, all, folds),
            equal = JuryFit.CrossValidated(labelled, mean, folds);
        (double? kappa, int kappaPairs) = JuryPair.Agreement(labelled.Select(pair => pair.Said));
        return new()
        {
            Pairs = labelled.Length,
            LogLoss = jury.Average(),
            EqualLogLoss = equal.Average(),
            Right = jury.Average(RightBy),
            EqualRight = equal.Average(RightBy),
            Kappa = kappa,
            KappaPairs = kappaPairs,
            Members = [.. names.Select((name, at) => MemberOf(name, at, weights[at], labelled, jury, folds))],
        };
    }

    private static JuryMember MemberOf(string name, int at, double weight, JuryPair[] labelled, double[] jury, int folds)
    {
        int[] own = [.. Enumerable.Range(0, labelled.Length).Where(i => labelled[i].Said[at] is not null)];
        JuryPair[] pairs = [.. own.Select(i => labelled[i])];
        bool fits = pairs.Select(pair => pair.Query).Distinct().Count() >= 2 * folds;
        return new()
        {
            Name = name,
            Weight = weight,
            Pairs = own.Length,
            Missing = labelled.Length - own.Length,
            Right = own.Length == 0 ? null : pairs.Average(pair => RightOf(pair.Said[at] ?? 0, pair)),
            LogLoss = fits ? JuryFit.CrossValidated(pairs, [.. pairs.Select(pair => new[] { pair.Said[at] ?? 0 })], folds).Average() : null,
            JuryLogLoss = own.Length == 0 ? null : own.Average(i => jury[i]),
        };
    }

    private static double RightOf(double lean, JuryPair pair) =>
        lean == 0 ? 0.5
        : lean > 0 == pair.FirstIsBetter ? 1
        : 0;

    /// <summary>A loss below ln 2 is a probability above one half for what came.</summary>
    private static double RightBy(double loss) =>
        Math.Abs(loss - Math.Log(2)) < 1e-9 ? 0.5
        : loss < Math.Log(2) ? 1
        : 0;
}

/// <summary>How juries are written.</summary>
[JsonSerializable(typeof(JuryReport))]
internal sealed partial class JuryJson : JsonSerializerContext
{
    /// <summary>For people.</summary>
    public static JuryJson Indented { get; } = new(JsonStyle.Of(indented: true));
}
