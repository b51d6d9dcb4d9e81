using RewardReasoning.Data.Inspection;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Evaluation.Running;

/// <summary>The rows that a run works on: files, or a stream such as standard input; all of them, a shard, or the first ones.</summary>
public sealed record RowSource
{
    private readonly Stream? _stream;
    private readonly string _streamName = "";

    private RowSource() { }

    private RowSource(Stream stream, string name) => (_stream, _streamName) = (stream, name);

    /// <summary>The files, in the order in which they are read; none for a stream.</summary>
    public IReadOnlyList<string> Paths { get; private init; } = [];

    /// <summary>Only this part of the rows; all if null.</summary>
    public Shard? Shard { get; init; }

    /// <summary>Only the first rows (of the shard); all if null.</summary>
    public int? Limit { get; init; }

    /// <summary>Whether rows come from a stream, which can be read only once.</summary>
    public bool IsStream => _stream is not null;

    /// <summary>The rows of files, of folders with all data files below them, and of patterns.</summary>
    /// <exception cref="FileNotFoundException">There is no file of a name.</exception>
    public static RowSource OfFiles(params IEnumerable<string> names) => new() { Paths = [.. names.SelectMany(RowFiles.Find)] };

    /// <summary>The rows of a stream of JSON lines, which stays open.</summary>
    /// <param name="stream">What is read, once.</param>
    /// <param name="name">What messages call it.</param>
    public static RowSource OfStream(Stream stream, string name) => new(stream, name);

    /// <summary>Reads the rows.</summary>
    internal IAsyncEnumerable<DataRow> ReadAsync(CancellationToken cancellationToken = default)
    {
        IAsyncEnumerable<DataRow> rows = _stream is null
            ? RowReader.ReadAsync(Paths, cancellationToken)
            : RowReader.ReadAsync(_stream, _streamName, cancellationToken);
        return (Shard is null ? rows : Shard.Of(rows, cancellationToken)).Take(Limit ?? int.MaxValue);
    }

    /// <summary>How many rows there are, counted by reading the files; null for a stream.</summary>
    public async Task<long?> CountAsync(CancellationToken cancellationToken = default)
    {
        if (IsStream)
        {
            return null;
        }

        long rows = await RowSurvey.CountAsync(Paths, cancellationToken).ConfigureAwait(false);
        return Math.Min(Shard?.Of(rows) ?? rows, Limit ?? long.MaxValue);
    }

    /// <summary>What the files hold, found in one pass.</summary>
    internal Task<RowSurvey> SurveyAsync(CancellationToken cancellationToken) =>
        RowSurvey.OfAsync(Paths, Shard is null ? Limit : null, cancellationToken);
}
