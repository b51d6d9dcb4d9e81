using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Runs;

/// <summary><c>--out</c>: where a verb writes its rows.</summary>
internal sealed class OutOption : Option<string>
{
    private const string StandardOutput = "-";

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Replace OUT although rrm did not write it, or wrote it in a run with other settings.",
    };

    public OutOption(string description)
        : base("--out")
    {
        Description = description;
        HelpName = "OUT";
        Required = true;
    }

    /// <summary>Adds this option and <c>--force</c>.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(this);
        command.Options.Add(_force);
    }

    /// <summary>The file, or standard output.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="terminal">Has standard output.</param>
    /// <param name="printsJson">Whether <c>--json</c> writes to standard output too.</param>
    /// <exception cref="UsageException">Both write to standard output.</exception>
    /// <exception cref="NotSupportedException">Files of this ending are not written.</exception>
    public RowTarget Read(ParseResult parsed, Terminal terminal, bool printsJson)
    {
        string output = parsed.GetRequiredValue(this);
        if (output != StandardOutput)
        {
            return RowTarget.OfFile(output) with { Command = RecordedCommand.Of(parsed), Overwrite = parsed.GetValue(_force) };
        }

        return printsJson
            ? throw new UsageException("--json and --out - both write to standard output; write the rows to a file.")
            : RowTarget.OfStream(terminal.OutStream);
    }
}
