namespace RewardReasoning.Evaluation.Metrics;

/// <summary>Which classes an average runs over.</summary>
internal enum ClassSet
{
    /// <summary>Every class of the matrix; one that never occurs counts 0 in the mean.</summary>
    All,

    /// <summary>Classes that occur among the gold labels or the predictions (scikit-learn's default).</summary>
    Present,
}

/// <summary>How classes count in an average.</summary>
internal enum ClassWeight
{
    /// <summary>Each the same.</summary>
    Macro,

    /// <summary>Each as often as it is the gold label.</summary>
    Weighted,
}

/// <summary>Precision, recall and F1, each 0 where it is undefined.</summary>
/// <param name="Precision">Right predictions of a class among its predictions.</param>
/// <param name="Recall">Right predictions of a class among its gold labels.</param>
/// <param name="F1">Their harmonic mean.</param>
internal readonly record struct ClassScores(double Precision, double Recall, double F1);

/// <summary>Counts of (gold, predicted) class pairs. Classes are numbers from 0.</summary>
internal sealed class ConfusionMatrix
{
    private readonly long[,] _counts;

    /// <summary>An empty matrix.</summary>
    public ConfusionMatrix(int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 1);
        _counts = new long[classes, classes];
        Classes = classes;
    }

    /// <summary>Number of classes.</summary>
    public int Classes { get; }

    /// <summary>Items counted.</summary>
    public long Total { get; private set; }

    /// <summary>Items with this gold class and this prediction.</summary>
    public long this[int gold, int predicted] => _counts[gold, predicted];

    /// <summary>Share of items on the diagonal; null without items.</summary>
    public double? Accuracy => Total == 0 ? null : (double)Range(i => _counts[i, i]) / Total;

    /// <summary>
    /// Cohen's kappa, unweighted: (p_o − p_e) / (1 − p_e), with p_e the agreement of two independent labellers who label as often as
    /// these do. Null where both only ever use one and the same class, and without items.
    /// </summary>
    public double? CohenKappa
    {
        get
        {
            double expected = 0;
            for (int i = 0; i < Classes; i++)
            {
                expected += (double)Gold(i) * Predicted(i);
            }

            double n = (double)Total * Total;
            return Total == 0 || expected == n ? null : ((Range(i => _counts[i, i]) * (double)Total) - expected) / (n - expected);
        }
    }

    /// <summary>Counts one item, or the same item several times.</summary>
    public void Add(int gold, int predicted, int times = 1)
    {
        _counts[gold, predicted] += times;
        Total += times;
    }

    /// <summary>Items whose gold class is this one.</summary>
    public long Gold(int @class) => Range(other => _counts[@class, other]);

    /// <summary>Items predicted to be of this class.</summary>
    public long Predicted(int @class) => Range(other => _counts[other, @class]);

    /// <summary>Precision, recall and F1 of one class.</summary>
    public ClassScores Of(int @class) =>
        new(
            Ratio(_counts[@class, @class], Predicted(@class)),
            Ratio(_counts[@class, @class], Gold(@class)),
            Ratio(2 * _counts[@class, @class], Predicted(@class) + Gold(@class))
        );

    /// <summary>Mean of <see cref="Of"/> over classes. The F1 is the mean of F1s, not the F1 of means.</summary>
    public ClassScores Average(ClassWeight weight, ClassSet classes)
    {
        double precision = 0;
        double recall = 0;
        double f1 = 0;
        double weights = 0;
        for (int i = 0; i < Classes; i++)
        {
            if (classes == ClassSet.Present && Gold(i) + Predicted(i) == 0)
            {
                continue;
            }

            double w = weight == ClassWeight.Macro ? 1 : Gold(i);
            ClassScores scores = Of(i);
            precision += w * scores.Precision;
            recall += w * scores.Recall;
            f1 += w * scores.F1;
            weights += w;
        }

        return weights == 0 ? default : new ClassScores(precision / weights, recall / weights, f1 / weights);
    }

    private long Range(Func<int, long> count)
    {
        long sum = 0;
        for (int i = 0; i < Classes; i++)
        {
            sum += count(i);
        }

        return sum;
    }

    private static double Ratio(long part, long whole) => whole == 0 ? 0 : (double)part / whole;
}
