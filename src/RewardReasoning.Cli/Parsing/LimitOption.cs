using System.CommandLine;

namespace RewardReasoning.Cli.Parsing;

/// <summary><c>--limit N</c>: only the first of what a verb would work on.</summary>
internal sealed class LimitOption : Option<int?>
{
    public LimitOption(string description)
        : base("--limit")
    {
        Description = description;
        HelpName = "N";
    }

    /// <exception cref="UsageException">The limit is below 1.</exception>
    public void Check(ParseResult parsed)
    {
        if (parsed.GetValue(this) is < 1 and { } limit)
        {
            throw new UsageException($"--limit is {limit}; it is at least 1.");
        }
    }

    /// <summary>How many at the most.</summary>
    public int Most(ParseResult parsed) => parsed.GetValue(this) ?? int.MaxValue;
}
