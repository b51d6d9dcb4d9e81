using System.CommandLine;
using RewardReasoning.Endpoints;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Cli.Runs;

/// <summary><c>--out</c>: where a verb writes its rows.</summary>
internal sealed class OutOption : Option<string>
{
    private const string StandardOutput = "-";

    public OutOption(string description)
        : base("--out")
    {
        Description = description;
        HelpName = "OUT";
        Required = true;
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
            return RowTarget.OfFile(output) with { Command = ["rrm", .. parsed.Tokens.Select(token => EndpointOptions.Redacted(token.Value))] };
        }

        return printsJson
            ? throw new UsageException("--json and --out - both write to standard output; write the rows to a file.")
            : RowTarget.OfStream(terminal.OutStream);
    }
}
