using System.Text.Json;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Judging;

namespace RewardReasoning.Evaluation.Juries;

/// <summary>
/// Reads a jury: the same pairs as <c>rrm score</c> had them judged by each member, a file each, or by a whole jury. Rows are joined by
/// their texts, whatever their order and whichever response comes first.
/// </summary>
internal sealed class JuryReader
{
    private readonly Dictionary<string, Joined> _pairs = new(StringComparer.Ordinal);
    private readonly List<Member> _members = [];

    /// <summary>The members, by the names of their files, or by their own of a jury.</summary>
    public IReadOnlyList<string> Names => [.. _members.Select(member => member.Name)];

    /// <summary>The pairs, in the order in which they first come.</summary>
    public IReadOnlyList<JuryPair> Pairs =>
        [
            .. _pairs.Values.Select(pair => new JuryPair(
                pair.Comparison.Query,
                pair.SmallerIsBetter,
                [.. _members.Select((_, at) => pair.Said.TryGetValue(at, out double lean) ? (double?)lean : null)]
            )),
        ];

    /// <summary>Reads all files.</summary>
    /// <exception cref="RewardReasoningException">Two have one name, or a row is not one of rrm score.</exception>
    public static async Task<JuryReader> ReadAsync(IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        JuryReader reader = new();
        foreach (string file in files)
        {
            string name = Path.GetFileName(file).Split('.')[0];
            if (reader.Names.Contains(name))
            {
                throw new RunException($"Two files are named '{name}'; members of a jury are named by their files. Rename one.");
            }

            int before = reader._members.Count;
            await foreach (DataRow row in RowSource.OfFiles(file).ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                reader.Add(name, row);
            }

            if (reader._members.Count == before)
            {
                _ = reader.MemberOf(name); // every row failed
            }
        }

        return reader;
    }

    /// <summary>The members with what is known of them beside what they say.</summary>
    public JuryReport Complete(JuryReport report) =>
        report with
        {
            Members =
            [
                .. report.Members.Zip(
                    _members,
                    (fitted, read) =>
                        fitted with
                        {
                            PositionBias = read.Biases.Count == 0 ? null : read.Biases.Average(),
                            Model = read.Model,
                            MaxVotes = read.MaxVotes,
                            Tokens = read.Usage.OutputTokens,
                            Cost = read.Usage.Cost,
                        }
                ),
            ],
        };

    /// <summary>Writes what the jury makes of each pair, a row each, in the order in which the pairs first come.</summary>
    /// <param name="weights">The weights of all members, by name.</param>
    /// <param name="path">The file.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Pairs without a verdict of any member, which have no result.</returns>
    public async Task<int> WriteAsync(
        IReadOnlyDictionary<string, double> weights,
        string path,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        if (Names.FirstOrDefault(name => !weights.ContainsKey(name)) is { } unknown)
        {
            throw new RunException(
                $"The jury has no member '{unknown}'; it has {string.Join(", ", weights.Keys)}. Name the files as they were when it was "
                    + "fitted."
            );
        }

        int missing = 0;
        RowFileWriter file = await RowFileWriter.CreateAsync(path, null, time, cancellationToken).ConfigureAwait(false);
        await using (file.ConfigureAwait(false))
        {
            foreach (Joined pair in _pairs.Values)
            {
                missing += pair.Said.Count == 0 ? 1 : 0;
                await file.WriteAsync(json => Write(json, pair, weights), cancellationToken).ConfigureAwait(false);
            }

            file.Complete();
        }

        return missing;
    }

    private void Write(Utf8JsonWriter json, Joined pair, IReadOnlyDictionary<string, double> weights)
    {
        int sign = ComparisonHash.FirstIsSmaller(pair.Comparison) ? 1 : -1;
        double margin = sign * pair.Said.Sum(said => weights[_members[said.Key].Name] * said.Value);
        json.WriteStartObject();
        json.WriteString("query", pair.Comparison.Query);
        json.WriteString("response_1", pair.Comparison.Response1);
        json.WriteString("response_2", pair.Comparison.Response2);
        if (pair.SmallerIsBetter is { } better)
        {
            json.WriteNumber("label", better == sign > 0 ? 1 : 2);
        }

        if (pair.Said.Count == 0)
        {
            json.WriteNull("preferred");
            json.WriteString("error", "No member of the jury has a verdict.");
        }
        else
        {
            json.WriteOptional(
                "preferred",
                margin == 0 ? null
                    : margin > 0 ? 1
                    : 2
            );
            json.WriteNumber("confidence", 1 / (1 + Math.Exp(-Math.Abs(margin))));
        }

        json.WriteStartObject("members");
        for (int at = 0; at < _members.Count; at++)
        {
            json.WriteOptional(_members[at].Name, pair.Said.TryGetValue(at, out double lean) ? sign * lean : (double?)null);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private int MemberOf(string name)
    {
        if (_members.FindIndex(member => member.Name == name) is >= 0 and var at)
        {
            return at;
        }

        _members.Add(new Member(name));
        return _members.Count - 1;
    }

    private void Add(string file, DataRow row)
    {
        if (RowRecognizer.Recognize(row) is not PairContent pair)
        {
            throw new RunException($"{row.Place}: the row is no pair of responses; a jury joins pairs that rrm score judged.");
        }

        bool smallerIsFirst = ComparisonHash.FirstIsSmaller(pair.Comparison);
        string key = Convert.ToHexString(ComparisonHash.OfUnorderedPair(pair.Comparison));
        if (!_pairs.TryGetValue(key, out Joined? joined))
        {
            _pairs[key] = joined = new Joined(pair.Comparison);
        }

        joined.SmallerIsBetter ??= pair.Label == Verdict.Unparsable ? null : (pair.Label == Verdict.First) == smallerIsFirst;
        if (ScoredRow.JudgmentOf(row) is not { } json)
        {
            return; // a failed member is missing
        }

        Judgment judgment;
        try
        {
            judgment = JudgmentJson.Read(json);
        }
        catch (JsonException exception)
        {
            throw new RunException($"{row.Place}: its 'judgment' is not one of rrm score: {exception.Message}", exception);
        }

        if (judgment.Members.Count == 0)
        {
            Add(file, judgment, joined, smallerIsFirst);
        }

        foreach ((string name, Judgment said) in judgment.Members)
        {
            Add(name, said, joined, smallerIsFirst);
        }
    }

    private void Add(string name, Judgment judgment, Joined joined, bool smallerIsFirst)
    {
        int at = MemberOf(name);
        Member member = _members[at];
        member.Usage += judgment.Usage;
        if (PreferenceLean.Of(judgment) is not { } lean || !joined.Said.TryAdd(at, smallerIsFirst ? lean : -lean))
        {
            return;
        }

        (member.Model, member.MaxVotes) = (judgment.Model, judgment.MaxVotes);
        if (judgment.PositionBias is { } bias)
        {
            member.Biases.Add(bias);
        }
    }

    private sealed class Joined(Comparison comparison)
    {
        public Comparison Comparison => comparison;

        public bool? SmallerIsBetter { get; set; }

        public Dictionary<int, double> Said { get; } = [];
    }

    private sealed class Member(string name)
    {
        public string Name => name;

        public Usage Usage { get; set; } = Usage.None;

        public string? Model { get; set; }

        public int? MaxVotes { get; set; }

        public List<double> Biases { get; } = [];
    }
}
