using RewardReasoning.Cli.Hub;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Cli.Scoring;

/// <summary>Rows that a verb was pointed at: files, folders and patterns, or standard input.</summary>
internal sealed class RowInput
{
    public const string StandardStream = "-";
    public const string StandardInputName = "standard input";

    private readonly Stream? _standardInput;

    private RowInput(IReadOnlyList<string> paths, Stream? standardInput)
    {
        Paths = paths;
        _standardInput = standardInput;
    }

    /// <summary>The files, in the order in which they are read; none for standard input.</summary>
    public IReadOnlyList<string> Paths { get; }

    public bool IsStandardInput => _standardInput is not null;

    /// <summary>The files that arguments stand for; those of the hub are loaded.</summary>
    /// <exception cref="FileNotFoundException">A name stands for no file.</exception>
    /// <exception cref="UsageException">Standard input is named beside files.</exception>
    public static async Task<RowInput> OfAsync(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken cancellationToken)
    {
        if (!arguments.Contains(StandardStream))
        {
            return new RowInput(
                [.. (await HubArgument.AllLocalAsync(arguments, terminal, cancellationToken)).SelectMany(RowFiles.Find)],
                null
            );
        }

        return arguments.Count == 1
            ? new RowInput([], terminal.In)
            : throw new UsageException("- (standard input) stands beside files; give one or the other.");
    }

    public IAsyncEnumerable<DataRow> ReadAsync(CancellationToken cancellationToken) =>
        _standardInput is { } stream
            ? RowReader.ReadAsync(stream, StandardInputName, cancellationToken)
            : RowReader.ReadAsync(Paths, cancellationToken);
}
