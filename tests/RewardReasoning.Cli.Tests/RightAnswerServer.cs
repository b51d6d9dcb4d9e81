using System.Text.RegularExpressions;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>A server whose judge prefers the response that says "right", wherever it is shown.</summary>
internal static partial class RightAnswerServer
{
    public static Task<FakeOpenAIServer> StartAsync() => FakeOpenAIServer.StartAsync(Judge);

    public static FakeReply Judge(FakeRequest request)
    {
        Match shown = ShownFirst().Match(request.LastContent("user") ?? "");
        bool firstIsRight = shown.Success && shown.Groups[1].Value.Contains("right", StringComparison.Ordinal);
        return FakeReply.Completion($@"So \boxed{{Assistant {(firstIsRight ? 1 : 2)}}}", reasoning: "Let me see.");
    }

    [GeneratedRegex(@"### Assistant 1\n~~~~\n(.*?)\n~~~~", RegexOptions.Singleline)]
    private static partial Regex ShownFirst();
}
