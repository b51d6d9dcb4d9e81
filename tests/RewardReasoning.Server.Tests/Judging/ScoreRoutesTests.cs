using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Evaluation.Scoring;
using RewardReasoning.Judging;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Judging;

/// <summary><c>/v1/score</c> over the wire: the rows of <c>rrm score</c>, while they come.</summary>
public sealed class ScoreRoutesTests
{
    private const string Lines = "application/x-ndjson";
    private const string Rows = """
        {"id": 7, "query": "q", "response_1": "a", "response_2": "b"}

        {"query": "q", "responses": ["a", "b", "c"]}
        not JSON
        {"query": "alone"}
        {"query": "p", "chosen": "a", "rejected": "<b>", "label": 1}
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static ScriptedChatClient First => ScriptedChatClient.Of(@"\boxed{Assistant 1}");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Lines_GiveWhatTheCommandWrites(bool reasoning)
    {
        using OpenedJudge direct = JudgeFactory.Open(First);
        using MemoryStream expected = new();
        await new FileScorer(direct, new ScoreOptions { KeepReasoning = reasoning }).ScoreAsync(
            RowSource.OfStream(new MemoryStream(Encoding.UTF8.GetBytes(Rows)), "request"),
            RowTarget.OfStream(expected),
            Cancellation
        );
        await using ServedJudge served = await ServedJudge.StartAsync(First);

        JudgeAnswer answer = await served.PostAsync(reasoning ? "/v1/score?reasoning=true" : "/v1/score", Rows, Lines);

        Assert.Equal((200, Lines), (answer.Status, answer.MediaType));
        Assert.Equal(WithoutTimes(Encoding.UTF8.GetString(expected.ToArray())), WithoutTimes(answer.Body));
    }

    [Fact]
    public async Task List_GivesAListOfTheSameRows()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        JudgeAnswer answer = await served.PostAsync(
            "/v1/score",
            """[{"query": "q", "response_1": "a", "response_2": "b"}, {"query": "q"}]"""
        );
        Assert.Equal("application/json", answer.MediaType);
        JsonElement[] rows = [.. answer.Json.EnumerateArray()];
        Assert.Equal(1, rows[0].GetProperty("judgment").GetProperty("preferred").GetInt32());
        Assert.Contains("two responses", rows[1].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", Lines, "")]
    [InlineData("[]", "application/json", "[]\n")]
    public async Task NoRows_GiveNone(string body, string type, string expected)
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        JudgeAnswer answer = await served.PostAsync("/v1/score", body, type);
        Assert.Equal((200, expected), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task Body_ThatIsNotDeclaredAsRows_IsRefused()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        Assert.Equal(415, (await served.PostAsync("/v1/score", Rows, "text/csv")).Status);
        Assert.Equal(400, (await served.PostAsync("/v1/score?reasoning=perhaps", Rows, Lines)).Status);
    }

    [Fact]
    public async Task Row_SentAlone_IsAnsweredBeforeTheNextIsSent()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(First);
        using TcpClient socket = new();
        await socket.ConnectAsync(served.Server.Url.Host, served.Server.Url.Port, Cancellation);
        NetworkStream stream = socket.GetStream();
        await stream.WriteAsync(
            Encoding.ASCII.GetBytes(
                $"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: {Lines}\r\nTransfer-Encoding: chunked\r\n\r\n"
            ),
            Cancellation
        );
        using StreamReader answers = new(stream);
        for (int i = 0; i < 3; i++)
        {
            string row = $$"""{"id": {{i}}, "query": "q", "response_1": "a", "response_2": "b"}""" + "\n";
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"{row.Length:x}\r\n{row}\r\n"), Cancellation);
            string line = "";
            while (!line.StartsWith($$"""{"id":{{i}}""", StringComparison.Ordinal))
            {
                line = await answers.ReadLineAsync(Cancellation) ?? throw new EndOfStreamException($"Row {i} was not answered.");
            }
        }
    }

    [Fact]
    public async Task Judge_ThatFailsAtOnce_IsAProblem()
    {
        using ScriptedChatClient client = ScriptedChatClient.Of(new ScriptedReply { Fault = new HttpRequestException("no server") });
        await using ServedJudge served = await ServedJudge.StartAsync(client);
        JudgeAnswer answer = await served.PostAsync("/v1/score", Rows, Lines);
        Assert.Equal((500, "internal_error"), (answer.Status, answer.Json.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Judge_ThatFailsForGood_BreaksTheAnswerOff()
    {
        using ScriptedChatClient client = new(request =>
            request.Index == 0
                ? @"\boxed{Assistant 1}"
                : new ScriptedReply { Fault = new HttpRequestException("unpaid", null, HttpStatusCode.PaymentRequired) }
        );
        await using ServedJudge served = await ServedJudge.StartAsync(client, judging: new JudgeOptions { Concurrency = 1 });
        using HttpClient http = new();
        using StringContent content = new(
            string.Concat(Enumerable.Repeat("""{"query": "q", "response_1": "a", "response_2": "b"}""" + "\n", 20)),
            Encoding.UTF8,
            Lines
        );
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(served.Server.Url, "/v1/score")) { Content = content };
        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using StreamReader answers = new(await response.Content.ReadAsStreamAsync(Cancellation));
        List<string> lines = [];
        await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            while (await answers.ReadLineAsync(Cancellation) is { } line)
            {
                lines.Add(line);
            }
        });
        Assert.Contains("\"judgment\"", lines[0], StringComparison.Ordinal);
        Assert.True(lines.Count < 20);
    }

    private static string WithoutTimes(string rows) =>
        System.Text.RegularExpressions.Regex.Replace(rows, "\"seconds\":[0-9.eE+-]+", "\"seconds\":0");
}
