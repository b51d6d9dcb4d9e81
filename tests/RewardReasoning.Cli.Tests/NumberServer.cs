using System.Globalization;
using System.Text.RegularExpressions;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary>A server whose judge prefers the higher of two numbers, wherever it is shown.</summary>
internal static partial class NumberServer
{
    public static Task<FakeOpenAIServer> StartAsync() => FakeOpenAIServer.StartAsync(Judge);

    public static FakeReply Judge(FakeRequest request)
    {
        int[] shown =
        [
            .. Shown()
                .Matches(request.LastContent("user") ?? "")
                .Select(match => int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)),
        ];
        return FakeReply.Completion($@"So \boxed{{Assistant {(shown[0] > shown[1] ? 1 : 2)}}}", reasoning: "Let me see.");
    }

    [GeneratedRegex(@"### Assistant [12]\n~~~~\n(\d+)\n~~~~")]
    private static partial Regex Shown();
}
