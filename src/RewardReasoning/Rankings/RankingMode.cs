namespace RewardReasoning.Rankings;

/// <summary>What a ranking is for.</summary>
public enum RankingGoal
{
    /// <summary>To find the best candidate.</summary>
    Best,

    /// <summary>To order all candidates.</summary>
    Ranking,
}

/// <summary>How candidates meet; one of the records inside.</summary>
public abstract record RankingMode
{
    private RankingMode() { }

    /// <summary>The schedule for a number of candidates.</summary>
    /// <param name="candidates">At least 1.</param>
    /// <param name="seed">What chance there is follows from it.</param>
    /// <param name="rematches">Whether a pair may meet again: whether the judge's second look adds to its first.</param>
    /// <exception cref="ArgumentException">A value of the mode is out of range; the message says which.</exception>
    public abstract IMatchScheduler Schedule(int candidates, long seed, bool rematches);

    /// <summary>Winners advance through a seeded bracket: n − 1 matches in ⌈log2 n⌉ rounds.</summary>
    public sealed record Knockout : RankingMode
    {
        /// <inheritdoc/>
        public override IMatchScheduler Schedule(int candidates, long seed, bool rematches) => new KnockoutScheduler(candidates, seed);
    }

    /// <summary>Every pair meets once: n (n − 1) / 2 matches.</summary>
    public sealed record RoundRobin : RankingMode
    {
        /// <inheritdoc/>
        public override IMatchScheduler Schedule(int candidates, long seed, bool rematches) => new RoundRobinScheduler(candidates, seed);
    }

    /// <summary>
    /// Everyone draws <paramref name="Opponents"/> distinct opponents, as the paper's reinforcement learning does; a pair that drew each
    /// other meets once. Where there are fewer others, everyone meets all of them.
    /// </summary>
    public sealed record RandomOpponents(int Opponents = 4) : RankingMode
    {
        /// <inheritdoc/>
        public override IMatchScheduler Schedule(int candidates, long seed, bool rematches) =>
            Opponents >= 1
                ? new RandomOpponentsScheduler(candidates, Opponents, seed)
                : throw new ArgumentException($"Opponents is {Opponents}; it is at least 1.");
    }

    /// <summary>
    /// Rounds in which candidates of similar points meet, nobody the same one twice; <paramref name="Rounds"/> is ⌈log2 n⌉ if null. Where
    /// a match budget is set and no number of rounds, rounds continue until it is used up.
    /// </summary>
    public sealed record Swiss(int? Rounds = null) : RankingMode
    {
        /// <inheritdoc/>
        public override IMatchScheduler Schedule(int candidates, long seed, bool rematches) =>
            Rounds is null or >= 1
                ? new SwissScheduler(candidates, Rounds ?? KnockoutScheduler.RoundsFor(candidates), seed)
                : throw new ArgumentException($"Rounds is {Rounds}; it is at least 1.");
    }

    /// <summary>
    /// Each match is the one that says most about the goal, round by round, until a budget is used up (3 n matches if none is set).
    /// </summary>
    public sealed record Active(RankingGoal Goal = RankingGoal.Best) : RankingMode
    {
        /// <inheritdoc/>
        public override IMatchScheduler Schedule(int candidates, long seed, bool rematches) =>
            new ActiveScheduler(candidates, Goal, seed, rematches);
    }
}
