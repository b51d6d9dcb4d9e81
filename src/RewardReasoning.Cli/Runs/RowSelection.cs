using System.CommandLine;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Runs;

/// <summary>IN with <c>--shard</c> and <c>--limit</c>: the rows that a verb works on.</summary>
internal sealed class RowSelection
{
    private const string StandardInput = "-";

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
    public async Task<RowSource> ReadAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        _limit.Check(parsed);
        return await OfAsync(parsed.GetRequiredValue(_in), terminal, cancellationToken) with
        {
            Shard = parsed.GetValue(_shard) is { } shard ? Shard.Parse(shard) : null,
            Limit = parsed.GetValue(_limit),
        };
    }

    /// <summary>The files that arguments stand for; those of the hub are loaded.</summary>
    /// <exception cref="FileNotFoundException">A name stands for no file.</exception>
    /// <exception cref="UsageException">Standard input is named beside files.</exception>
    public static async Task<RowSource> OfAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken) =>
        !arguments.Contains(StandardInput) ? RowSource.OfFiles(await HubArgument.AllLocalAsync(arguments, terminal, cancellationToken))
        : arguments.Count == 1 ? RowSource.OfStream(terminal.In, "standard input")
        : throw new UsageException("- (standard input) is named beside files; give one or the other.");
}
