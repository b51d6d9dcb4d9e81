using System.CommandLine;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Runs;

/// <summary><c>--summary</c> and <c>--json</c>: where the figures of a run go as JSON, beside the words for people.</summary>
internal sealed class SummaryArguments
{
    private readonly Option<string?> _summary = new("--summary")
    {
        Description = "Write the summary to a file, as JSON.",
        HelpName = "FILE",
    };
    private readonly Option<bool> _json = new("--json") { Description = "Print the summary to standard output as JSON." };

    public void AddTo(Command command)
    {
        command.Options.Add(_summary);
        command.Options.Add(_json);
    }

    public bool GoesToOutput(ParseResult parsed) => parsed.GetValue(_json);

    public async Task WriteAsync(ParseResult parsed, string json, Terminal terminal, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_summary) is { } file)
        {
            await File.WriteAllTextAsync(file, json + "\n", cancellationToken);
        }

        if (GoesToOutput(parsed))
        {
            terminal.Out.WriteLine(json);
        }
    }
}
