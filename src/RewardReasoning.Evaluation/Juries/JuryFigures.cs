namespace RewardReasoning.Evaluation.Juries;

/// <summary>What the members of a jury did in a run.</summary>
/// <param name="Kappa">Fleiss' kappa over the pairs on which all members prefer a response; null where it is undefined.</param>
/// <param name="KappaPairs">How many these are.</param>
/// <param name="Members">The members, in the order of the jury.</param>
internal sealed record JuryFigures(double? Kappa, int KappaPairs, IReadOnlyList<JuryMemberFigures> Members)
{
    /// <summary>Agreement in words.</summary>
    public string Agreement =>
        Kappa is { } kappa
            ? FormattableString.Invariant($"Fleiss' kappa {kappa:0.000}, on {KappaPairs} pairs that all members decided")
            : "not known, for there are no pairs on which members differ that all of them decided";

    /// <summary>A table for people: the heading, then a line for each member.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows =>
        [
            ["member", "model", "judged", "missing", "with the jury", "right", "for the one shown first", "tokens", "cost"],
            .. Members.Select(member =>
                (string[])
                    [
                        member.Name,
                        member.Model,
                        FormattableString.Invariant($"{member.Judged}"),
                        FormattableString.Invariant($"{member.Missing}"),
                        Share(member.WithTheJury),
                        Share(member.Right),
                        Share(member.ShownFirst),
                        FormattableString.Invariant($"{member.Tokens}"),
                        member.Cost is { } cost ? FormattableString.Invariant($"{cost:0.0000}") : "-",
                    ]
            ),
        ];

    private static string Share(double? share) => share is { } known ? FormattableString.Invariant($"{known:0.0%}") : "-";
}

/// <summary>What a member did.</summary>
internal sealed record JuryMemberFigures
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Its model.</summary>
    public required string Model { get; init; }

    /// <summary>Pairs on which it has a verdict.</summary>
    public required long Judged { get; init; }

    /// <summary>Pairs on which it has none, or failed.</summary>
    public required long Missing { get; init; }

    /// <summary>Share of its verdicts that are the jury's; null without any.</summary>
    public required double? WithTheJury { get; init; }

    /// <summary>Share of its verdicts on labelled pairs that are right; null without any.</summary>
    public required double? Right { get; init; }

    /// <summary>Share of its votes for the response shown first, averaged over both orders; null unless it was asked in both.</summary>
    public required double? ShownFirst { get; init; }

    /// <summary>Tokens that it wrote.</summary>
    public required long Tokens { get; init; }

    /// <summary>Of these, tokens that came from a store.</summary>
    public required long KeptTokens { get; init; }

    /// <summary>What its tokens cost, those from a store included; null without prices.</summary>
    public required decimal? Cost { get; init; }
}

/// <summary>Counts what the members of a jury say.</summary>
internal sealed class JuryCounter
{
    private readonly Dictionary<string, Counter> _members = [];
    private readonly List<double?[]> _said = [];

    /// <summary>Adds a comparison.</summary>
    /// <param name="smallerIsFirst">Whether its first response is the smaller one, which makes the numbering of no account.</param>
    /// <param name="members">What the members said; nothing is added of a single judge.</param>
    /// <param name="preferred">What the jury prefers; null where it has no verdict.</param>
    /// <param name="label">The better response; <see cref="Verdict.Unparsable"/> where that is not known.</param>
    public void Add(bool smallerIsFirst, IReadOnlyDictionary<string, Judgment> members, Verdict? preferred, Verdict label)
    {
        if (members.Count == 0)
        {
            return;
        }

        foreach ((string name, Judgment said) in members)
        {
            if (!_members.TryGetValue(name, out Counter? counter))
            {
                _members[name] = counter = new Counter(name);
            }

            counter.Add(said, preferred, label);
        }

        _said.Add([
            .. members.Values.Select(said =>
                said.Preferred is not { } one ? (double?)null
                : one == Verdict.First == smallerIsFirst ? 1
                : -1
            ),
        ]);
    }

    /// <summary>What was counted; null without a jury.</summary>
    public JuryFigures? Figures()
    {
        if (_members.Count == 0)
        {
            return null;
        }

        (double? kappa, int pairs) = JuryPair.Agreement(_said.Where(said => said.Length == _members.Count));
        return new JuryFigures(kappa, pairs, [.. _members.Values.Select(member => member.Figures())]);
    }

    private sealed class Counter(string name)
    {
        private readonly long[] _votes = new long[2];
        private readonly long[] _forFirst = new long[2];
        private string _model = "";
        private long _judged;
        private long _missing;
        private long _sided;
        private long _withTheJury;
        private long _labelled;
        private long _right;
        private Usage _usage = Usage.None;

        public void Add(Judgment said, Verdict? preferred, Verdict label)
        {
            _model = said.Model;
            _usage += said.Usage;
            foreach (Vote vote in said.Votes.Where(vote => vote.Verdict is Verdict.First or Verdict.Second))
            {
                _votes[(int)vote.Order]++;
                _forFirst[(int)vote.Order] += vote.Verdict.Renumber(vote.Order) == Verdict.First ? 1 : 0;
            }

            if (said.Preferred is not { } own)
            {
                _missing++;
                return;
            }

            _judged++;
            _sided += preferred is null ? 0 : 1;
            _withTheJury += preferred == own ? 1 : 0;
            _labelled += label == Verdict.Unparsable ? 0 : 1;
            _right += label == own ? 1 : 0;
        }

        public JuryMemberFigures Figures() =>
            new()
            {
                Name = name,
                Model = _model,
                Judged = _judged,
                Missing = _missing,
                WithTheJury = ShareOf(_withTheJury, _sided),
                Right = ShareOf(_right, _labelled),
                ShownFirst = (ShareOf(_forFirst[0], _votes[0]) + ShareOf(_forFirst[1], _votes[1])) / 2,
                Tokens = _usage.OutputTokens,
                KeptTokens = _usage.KeptOutputTokens,
                Cost = _usage.Cost,
            };

        private static double? ShareOf(long count, long of) => of == 0 ? null : (double)count / of;
    }
}
