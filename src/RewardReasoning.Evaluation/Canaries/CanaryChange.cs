namespace RewardReasoning.Evaluation.Canaries;

/// <summary>In which direction a judge has changed.</summary>
internal enum CanaryChange
{
    /// <summary>Its votes are right less often.</summary>
    RightLessOften,

    /// <summary>Its votes are right more often.</summary>
    RightMoreOften,

    /// <summary>Its votes go against what most votes of the pair say, right or wrong.</summary>
    OtherVerdicts,

    /// <summary>Its votes go more often to the response shown first.</summary>
    ShownFirstMore,

    /// <summary>Its votes go less often to the response shown first.</summary>
    ShownFirstLess,
}
