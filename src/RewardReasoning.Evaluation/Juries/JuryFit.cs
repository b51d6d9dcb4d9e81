namespace RewardReasoning.Evaluation.Juries;

/// <summary>
/// Fits the weights of a jury and its calibration together, by logistic regression on labelled pairs: weak members keep a weight, which may
/// be below 0 (Calibrate, don't curate, arXiv 2605.09702). The penalty is chosen by cross-validation inside what is fitted to; pairs of one
/// query are in one fold.
/// </summary>
internal static class JuryFit
{
    private static readonly double[] Penalties = [0.03, 0.3, 1, 3, 10, 30, 100];

    /// <summary>The weights for these pairs.</summary>
    public static double[] WeightsOf(IReadOnlyList<JuryPair> labelled, int folds) =>
        Fit([.. labelled.Select(pair => pair.Signals)], OutcomesOf(labelled), FoldsOf(labelled, folds), folds);

    /// <summary>Log-losses of each pair by weights that were fitted without its fold.</summary>
    /// <param name="labelled">Pairs with a label.</param>
    /// <param name="signals">What is fitted to, such as the leans of all members, or of one.</param>
    /// <param name="folds">How many folds; at least 2.</param>
    public static double[] CrossValidated(IReadOnlyList<JuryPair> labelled, IReadOnlyList<double[]> signals, int folds)
    {
        bool[] outcomes = OutcomesOf(labelled);
        int[] fold = FoldsOf(labelled, folds);
        double[] losses = new double[labelled.Count];
        for (int held = 0; held < folds; held++)
        {
            int[] others = [.. Enumerable.Range(0, losses.Length).Where(i => fold[i] != held)];
            int[] inner = [.. others.Select(i => fold[i] < held ? fold[i] : fold[i] - 1)];
            double[] weights = Fit([.. others.Select(i => signals[i])], [.. others.Select(i => outcomes[i])], inner, folds - 1);
            for (int i = 0; i < losses.Length; i++)
            {
                losses[i] = fold[i] == held ? LogisticWeights.LogLoss(weights, signals[i], outcomes[i]) : losses[i];
            }
        }

        return losses;
    }

    private static bool[] OutcomesOf(IReadOnlyList<JuryPair> labelled) => [.. labelled.Select(pair => pair.FirstIsBetter == true)];

    /// <summary>Queries are dealt to folds in the order in which they come.</summary>
    private static int[] FoldsOf(IReadOnlyList<JuryPair> pairs, int folds)
    {
        Dictionary<string, int> queries = new(StringComparer.Ordinal);
        return
        [
            .. pairs.Select(pair =>
            {
                queries.TryAdd(pair.Query, queries.Count);
                return queries[pair.Query] % folds;
            }),
        ];
    }

    private static double[] Fit(double[][] signals, bool[] outcomes, int[] fold, int folds)
    {
        double penalty = folds < 2 ? 1 : Penalties.MinBy(candidate => LossWith(candidate, signals, outcomes, fold, folds));
        return LogisticWeights.Fit(signals, outcomes, penalty);
    }

    private static double LossWith(double penalty, double[][] signals, bool[] outcomes, int[] fold, int folds)
    {
        double loss = 0;
        for (int held = 0; held < folds; held++)
        {
            int[] others = [.. Enumerable.Range(0, signals.Length).Where(i => fold[i] != held)];
            double[] weights = LogisticWeights.Fit([.. others.Select(i => signals[i])], [.. others.Select(i => outcomes[i])], penalty);
            for (int i = 0; i < signals.Length; i++)
            {
                loss += fold[i] == held ? LogisticWeights.LogLoss(weights, signals[i], outcomes[i]) : 0;
            }
        }

        return loss;
    }
}
