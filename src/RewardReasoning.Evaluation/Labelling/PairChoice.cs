namespace RewardReasoning.Evaluation.Labelling;

/// <summary>Which pairs are made of the candidates of a row.</summary>
public enum PairChoice
{
    /// <summary>One: the best against the worst of the ranking.</summary>
    BestWorst,

    /// <summary>One for every two that met.</summary>
    All,
}
