using System.CommandLine;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>IN with <c>--shard</c> and <c>--limit</c>: the rows that a verb works on.</summary>
internal sealed class RowSelection
{
    private readonly Argument<string[]> _in = new("IN")
    {
        Description =
            "JSON lines, JSON lists or Parquet (.gz and .zst too), folders or patterns of them, or - for standard input (docs/data.md).",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly LimitOption _limit = new("Take only the first N rows (of the shard).");
    private readonly Option<string?> _shard = new("--shard")
    {
        Description = "Take only rows i, i+n, i+2n and so on, so that n runs share the work.",
        HelpName = "i/n",
    };

    public void AddTo(Command command)
    {
        command.Arguments.Add(_in);
        command.Options.Add(_shard);
        command.Options.Add(_limit);
    }

    /// <exception cref="UsageException">Values are out of range, or contradict each other.</exception>
    /// <exception cref="FileNotFoundException">A name stands for no file.</exception>
    public async Task<SelectedRows> ReadAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        _limit.Check(parsed);
        RowInput input = await RowInput.OfAsync(parsed.GetRequiredValue(_in), terminal, cancellationToken);
        return new SelectedRows(input, parsed.GetValue(_shard) is { } shard ? Shard.Parse(shard) : null, parsed.GetValue(_limit));
    }
}

/// <summary>Rows that were selected and not read yet.</summary>
internal sealed record SelectedRows(RowInput Input, Shard? Shard, int? Limit)
{
    public IAsyncEnumerable<DataRow> ReadAsync(CancellationToken cancellationToken)
    {
        IAsyncEnumerable<DataRow> rows = Input.ReadAsync(cancellationToken);
        return (Shard is null ? rows : Shard.Of(rows)).Take(Limit ?? int.MaxValue);
    }

    /// <summary>What the files hold, read for it in one pass.</summary>
    public Task<RowSurvey> SurveyAsync(CancellationToken cancellationToken) =>
        RowSurvey.OfAsync(Input.Paths, Shard is null ? Limit : null, cancellationToken);

    /// <summary>How many rows there are; null for standard input.</summary>
    public async Task<long?> CountAsync(CancellationToken cancellationToken)
    {
        if (Input.IsStandardInput)
        {
            return null;
        }

        long rows = await RowSurvey.CountAsync(Input.Paths, cancellationToken);
        return Math.Min(Shard?.Of(rows) ?? rows, Limit ?? long.MaxValue);
    }
}
