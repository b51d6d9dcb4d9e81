namespace RewardReasoning.Judging;

/// <summary>
/// What is asked before the judge itself, and decides where it is sure: the same model without a thought, or another one.
/// </summary>
/// <param name="Judge">What is asked.</param>
/// <param name="Name">For people, such as <c>quick, 0 tokens</c>.</param>
/// <param name="Identity">What it computes and how it is asked; a threshold is bound to it.</param>
/// <param name="Owned">What it owns; null where that belongs to the judge after it.</param>
internal sealed record FirstStage(IJudge Judge, string Name, string Identity, IDisposable? Owned = null) : IDisposable
{
    /// <summary>The model of an opened judge, asked for its verdict in both orders after so many tokens of reasoning at most.</summary>
    /// <exception cref="ArgumentException">The judge has no votes, or the tokens are more than a completion may have.</exception>
    public static FirstStage Quick(OpenedJudge judge, int tokens)
    {
        ReasoningJudge quick = JudgeFactory.Beside(
            judge,
            options =>
                options with
                {
                    Votes = 1,
                    Stopping = new VoteStopping.Fixed(),
                    Order = VoteOrder.Both,
                    ThinkingBudget = tokens,
                    UnparsableRedraws = 0,
                    FurtherVotesOnDraw = 0,
                    Calibration = null,
                    Abstain = null,
                }
        );
        string name = FormattableString.Invariant($"quick, {tokens} tokens");
        return new FirstStage(quick, name, name);
    }

    /// <summary>Another judge, which it owns.</summary>
    public static FirstStage Screen(OpenedJudge screen) =>
        new(screen.Judge, $"screen {screen.Name}", $"screen {screen.Identity} {screen.Voting.Hash()}", screen);

    /// <inheritdoc/>
    public void Dispose() => Owned?.Dispose();
}
