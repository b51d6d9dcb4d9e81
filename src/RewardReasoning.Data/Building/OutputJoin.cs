using RewardReasoning.Data.Rows;

namespace RewardReasoning.Data.Building;

/// <summary>
/// Finds the outputs of one file for one question after another, in one pass: the file is in the order of the questions, though either may
/// lack some. What is read ahead of a question is held until its own comes, at most <see cref="Window"/> questions.
/// </summary>
internal sealed class OutputJoin(string path, string key, SourceCounts counts, CancellationToken cancellationToken) : IAsyncDisposable
{
    /// <summary>Questions whose outputs are held at most.</summary>
    public const int Window = 2048;

    private readonly IAsyncEnumerator<DataRow> _rows = RowReader.ReadAsync(path, cancellationToken).GetAsyncEnumerator(cancellationToken);
    private readonly Dictionary<string, List<DataRow>> _ahead = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private string? _last;
    private int _misses;
    private bool _ended;

    /// <summary>Told of rows that cannot be read.</summary>
    public required Action<DataRow, string> Complain { get; init; }

    /// <summary>All outputs for a question that stand together in the file; none where it lacks them.</summary>
    public async Task<IReadOnlyList<DataRow>> TakeAsync(string question)
    {
        // The first row of another question shows that there are no more of this one.
        while (!_ended && (!_ahead.ContainsKey(question) || _last == question) && _order.Count < Window)
        {
            await ReadOneAsync().ConfigureAwait(false);
        }

        if (_ahead.Remove(question, out List<DataRow>? found))
        {
            _misses = 0;
            Forget(question);
            return found;
        }

        // An output that none of the last questions asked for belongs to no later one either: it is dropped.
        if (++_misses >= Window)
        {
            _misses = 0;
            while (_order.Count > 0)
            {
                DropOldest();
            }
        }

        return [];
    }

    public async ValueTask DisposeAsync()
    {
        counts.UnmatchedResponses += _ahead.Values.Sum(rows => (long)rows.Count);
        await _rows.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReadOneAsync()
    {
        if (!await _rows.MoveNextAsync().ConfigureAwait(false))
        {
            _ended = true;
            return;
        }

        DataRow row = _rows.Current;
        if (row.Error is not null || row.Field(key) is not { } question)
        {
            counts.FaultyRows++;
            Complain(row, row.Error ?? $"The row has no '{key}'.");
            return;
        }

        if (!_ahead.TryGetValue(question, out List<DataRow>? rows))
        {
            _ahead[question] = rows = [];
            _order.Enqueue(question);
        }

        rows.Add(row);
        _last = question;
    }

    private void DropOldest()
    {
        if (_order.TryDequeue(out string? oldest) && _ahead.Remove(oldest, out List<DataRow>? rows))
        {
            counts.UnmatchedResponses += rows.Count;
        }
    }

    /// <summary>Leaves a question behind, and those that came before it: in the same order, theirs do not come any more.</summary>
    private void Forget(string question)
    {
        while (_order.Peek() != question)
        {
            DropOldest();
        }

        _order.Dequeue();
    }
}
