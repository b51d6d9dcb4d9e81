using System.CommandLine;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Ranking;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Server.Mcp;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm mcp</c>: the judge as tools for agents, over standard input and output.</summary>
internal sealed class McpCommand
{
    private readonly Terminal _terminal;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly RankingArguments _ranking = new();
    private readonly Option<long?> _maxTokens = ToolTokens.Option();

    private McpCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        McpCommand mcp = new(terminal);
        Command command = Verb.Create(
            terminal,
            "mcp",
            "Offer the judge as tools (judge, rank, explain_disagreement) of the Model Context Protocol, over standard input and output.",
            """
            rrm mcp
            rrm mcp --votes 5 --max-tool-tokens 1000000
            rrm mcp --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B
            """
        );
        command.Options.Add(mcp._maxTokens);
        mcp._ranking.AddTo(command);
        mcp._judging.AddTo(command);
        mcp._model.AddTo(command);
        command.SetAction(mcp.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        long? most = ToolTokens.Read(parsed, _maxTokens);
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        JudgeOptions judging = _judging.Read(parsed, source);
        RankingOptions ranking = _ranking.Read(parsed, judging, _judging.MayTie(parsed));
        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, judging, _terminal, cancellationToken);
        await JudgeStdio.RunAsync(judge, ranking, most, _terminal.In, _terminal.OutStream, TimeProvider.System, cancellationToken);
        return ExitCodes.Done;
    }
}

/// <summary>What tools may spend, as an option.</summary>
internal static class ToolTokens
{
    public static Option<long?> Option() =>
        new("--max-tool-tokens")
        {
            Description =
                "Most tokens that the judge may write for tools, all calls together; further calls are refused (default: no limit).",
            HelpName = "N",
        };

    /// <exception cref="UsageException">It is below 1.</exception>
    public static long? Read(ParseResult parsed, Option<long?> option) =>
        parsed.GetValue(option) is not { } most || most >= 1
            ? parsed.GetValue(option)
            : throw new UsageException(FormattableString.Invariant($"{option.Name} is {most}; it is at least 1."));
}
