using ModelContextProtocol.Server;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;

namespace RewardReasoning.Server.Mcp;

/// <summary>The judge's tools over two streams, as a program has them that another one starts.</summary>
internal static class JudgeStdio
{
    private const int MostResponses = 256;

    /// <summary>Answers until the input ends.</summary>
    /// <param name="judge">The judge.</param>
    /// <param name="ranking">How responses are ranked.</param>
    /// <param name="mostTokens">The most tokens that the judge may write for all calls together; null for no limit.</param>
    /// <param name="input">Messages of the client.</param>
    /// <param name="output">Messages to it.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(
        OpenedJudge judge,
        RankingOptions ranking,
        long? mostTokens,
        Stream input,
        Stream output,
        TimeProvider time,
        CancellationToken cancellationToken
    )
    {
        IReadOnlyList<McpServerTool> tools = JudgeTools.Of(judge, judge.Judge, ranking, MostResponses, new(mostTokens), time);
        await using StreamServerTransport transport = new(input, output);
        await using McpServer server = McpServer.Create(transport, McpRoutes.OptionsOf(tools));
        await server.RunAsync(cancellationToken);
    }
}
