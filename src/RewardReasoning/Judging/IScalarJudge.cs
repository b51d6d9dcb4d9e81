namespace RewardReasoning.Judging;

/// <summary>
/// A scalar reward model as a judge: it scores each response by itself and prefers the higher score. It does not think, so its judgments
/// have no votes.
/// </summary>
public interface IScalarJudge : IJudge, IDisposable
{
    /// <summary>The model's name, for people.</summary>
    string Name { get; }

    /// <summary>A name for what the model computes, equal only where the scores are; a calibration is bound to it.</summary>
    string Identity { get; }

    /// <summary>How many comparisons at once keep the model busy.</summary>
    int Concurrency { get; }

    /// <summary>The score of one response; only differences between responses to one query mean anything.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<double> ScoreAsync(string query, string response, CancellationToken cancellationToken = default);
}
