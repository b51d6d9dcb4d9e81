namespace RewardReasoning.Ratings;

/// <summary>The negative Hessian H of a Bradley-Terry posterior: the information of every pair, and λ on the diagonal.</summary>
internal interface ISystemOfPairs
{
    /// <summary>Takes H at these strengths.</summary>
    void Update(double[] strengths);

    /// <summary>x of H x = right side, which adds up to 0.</summary>
    double[] Solve(double[] rightSide);

    /// <summary>The diagonal of the inverse of H on the subspace of sum 0.</summary>
    double[] CentredVariances();
}
