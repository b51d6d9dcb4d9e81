namespace RewardReasoning.Storage.Judgments;

/// <summary>Judgments in memory: of those without a label so many, and so many bytes of them; they end with the process.</summary>
internal sealed class MemoryJudgmentLog(int most, long mostBytes) : IJudgmentLog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _byHash = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, (string Hash, RecordedJudgment Judgment)> _judgments = [];
    private readonly SortedSet<long> _unlabelled = [];
    private long _last;
    private long _bytes;

    public bool IsDurable => false;

    public Task AddAsync(byte[] hash, RecordedJudgment judgment)
    {
        lock (_lock)
        {
            string key = Convert.ToHexString(hash);
            if (_byHash.TryGetValue(key, out long id))
            {
                RecordedJudgment before = _judgments[id].Judgment;
                _bytes -= before.Size;
                Put(key, judgment with { Id = id, Label = before.Label });
            }
            else
            {
                _byHash[key] = ++_last;
                Put(key, judgment with { Id = _last });
            }

            while (_unlabelled.Count > most || (_bytes > mostBytes && _unlabelled.Count > 1))
            {
                Forget(_unlabelled.Min);
            }
        }

        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<RecordedJudgment>> ListAsync(JudgmentFilter filter)
    {
        lock (_lock)
        {
            IEnumerable<RecordedJudgment> found = _judgments
                .Values.Select(one => one.Judgment)
                .Where(judgment =>
                    (filter.Text is not { } text || Holds(judgment, text))
                    && (filter.Preferred is not { } preferred || preferred == LabelCount.NumberOf(judgment.Preferred))
                    && (filter.Labelled is not { } labelled || labelled == judgment.Label is not null)
                );
            IOrderedEnumerable<RecordedJudgment> sorted = filter.UnsureFirst
                ? found.OrderByDescending(judgment => judgment.Uncertainty).ThenByDescending(judgment => judgment.Id)
                : found.OrderByDescending(judgment => judgment.Id);
            return Task.FromResult<IReadOnlyList<RecordedJudgment>>([
                .. sorted.Skip((int)Math.Min(filter.Skip, int.MaxValue)).Take(filter.Most),
            ]);
        }
    }

    public Task<RecordedJudgment?> FindAsync(long id)
    {
        lock (_lock)
        {
            return Task.FromResult(_judgments.TryGetValue(id, out (string Hash, RecordedJudgment Judgment) found) ? found.Judgment : null);
        }
    }

    public Task<bool> LabelAsync(long id, int? label)
    {
        lock (_lock)
        {
            if (!_judgments.TryGetValue(id, out (string Hash, RecordedJudgment Judgment) found))
            {
                return Task.FromResult(false);
            }

            _bytes -= found.Judgment.Size;
            Put(found.Hash, found.Judgment with { Label = label });
            return Task.FromResult(true);
        }
    }

    public Task<IReadOnlyList<LabelCount>> CountLabelsAsync()
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<LabelCount>>([
                .. _judgments
                    .Values.Where(one => one.Judgment.Label is not null)
                    .GroupBy(one => (Label: one.Judgment.Label ?? 0, Preferred: LabelCount.NumberOf(one.Judgment.Preferred)))
                    .Select(group => new LabelCount(group.Key.Label, group.Key.Preferred, group.Count())),
            ]);
        }
    }

    private static bool Holds(RecordedJudgment judgment, string text) =>
        judgment.Query.Contains(text, StringComparison.OrdinalIgnoreCase)
        || judgment.Response1.Contains(text, StringComparison.OrdinalIgnoreCase)
        || judgment.Response2.Contains(text, StringComparison.OrdinalIgnoreCase);

    private void Put(string hash, RecordedJudgment judgment)
    {
        _judgments[judgment.Id] = (hash, judgment);
        _bytes += judgment.Size;
        if (judgment.Label is null)
        {
            _unlabelled.Add(judgment.Id);
        }
        else
        {
            _unlabelled.Remove(judgment.Id);
        }
    }

    private void Forget(long id)
    {
        (string hash, RecordedJudgment judgment) = _judgments[id];
        _bytes -= judgment.Size;
        _judgments.Remove(id);
        _byHash.Remove(hash);
        _unlabelled.Remove(id);
    }
}
