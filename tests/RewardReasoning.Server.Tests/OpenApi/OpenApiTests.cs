using System.Text.Json;
using System.Text.RegularExpressions;
using RewardReasoning.Judging;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.OpenApi;

/// <summary>The OpenAPI document says what the server does.</summary>
public sealed partial class OpenApiTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private SqliteCompletionStore _store = null!;
    private ServedJudge _served = null!;
    private JsonElement _document;

    public async ValueTask InitializeAsync()
    {
        _store = SqliteCompletionStore.Open(_folder["store.db"]);
        _served = await ServedJudge.StartAsync(ScriptedChatClient.Of(@"\boxed{Assistant 1}"), store: _store);
        _document = (await _served.GetAsync("/openapi/v1.json")).Json;
    }

    public async ValueTask DisposeAsync()
    {
        await _served.DisposeAsync();
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Addresses_AreThoseOfTheServer()
    {
        using OpenedJudge judge = JudgeFactory.Open(ScriptedChatClient.Of(@"\boxed{Assistant 1}"));
        await using JudgeServer whole = await JudgeServer.StartAsync(
            new()
            {
                Name = "both",
                Judge = judge,
                Chat = judge.Client,
                Store = _store,
            },
            new() { Port = 0 },
            null,
            TestContext.Current.CancellationToken
        );
        string[] documented =
        [
            .. _document
                .GetProperty("paths")
                .EnumerateObject()
                .SelectMany(path => path.Value.EnumerateObject().Select(method => $"{method.Name.ToUpperInvariant()} {Unnamed(path.Name)}"))
                .Order(StringComparer.Ordinal),
        ];
        Assert.Equal(
            whole.Addresses.Select(address => $"{address.Method} {Unnamed(address.Path)}").Distinct().Order(StringComparer.Ordinal),
            documented
        );
    }

    [Fact]
    public void References_AllLeadSomewhere()
    {
        JsonElement components = _document.GetProperty("components");
        foreach (Match reference in Reference().Matches(_document.GetRawText()))
        {
            Assert.True(
                components.GetProperty(reference.Groups[1].Value).TryGetProperty(reference.Groups[2].Value, out _),
                reference.Value
            );
        }
    }

    [Fact]
    public async Task Answers_HaveTheDocumentedFieldsAndNoOthers()
    {
        JsonElement pair = (await _served.PostAsync("/v1/judge", """{"query": "q", "response_1": "a", "response_2": "b"}""")).Json;
        Holds("Judgment", pair);
        Holds("Vote", pair.GetProperty("votes")[0]);
        Holds("Usage", pair.GetProperty("usage"));
        Holds("Ranking", (await _served.PostAsync("/v1/rank", """{"query": "q", "responses": ["a", "b"]}""")).Json);
        Holds("Fingerprint", (await _served.GetAsync("/v1/judge")).Json.GetProperty("judge"));
        JudgeAnswer collecting = await _served.PostAsync(
            "/v1/rewards",
            """{"group": "g", "index": 0, "size": 2, "query": "q", "response": "a"}"""
        );
        Holds("RewardAnswer", collecting.Json);
        JudgeAnswer conflict = await _served.PostAsync(
            "/v1/rewards",
            """[{"group": "g", "index": 0, "size": 2, "query": "q", "response": "c"}]"""
        );
        Holds("RewardFailure", conflict.Json[0].GetProperty("failure"));
        Holds("Cohort", (await _served.GetAsync("/v1/cohorts")).Json.GetProperty("cohorts")[0]);
        Holds("Job", (await _served.PostAsync("/v1/jobs", """[{"query": "q", "response_1": "a", "response_2": "b"}]""")).Json);
        Holds("Agreement", (await _served.GetAsync("/v1/judgments/agreement")).Json);
        JsonElement problem = (await _served.PostAsync("/v1/judge", """{"query": 1, "stream": 3}""")).Json;
        HoldsAtMost("Problem", problem);
        JsonElement recorded;
        do
        {
            recorded = (await _served.GetAsync("/v1/judgments?q=q")).Json.GetProperty("judgments");
        } while (recorded.GetArrayLength() == 0);
        Holds("RecordedJudgment", (await _served.GetAsync($"/v1/judgments/{recorded[0].GetProperty("id").GetInt64()}")).Json);
    }

    private void Holds(string schema, JsonElement answer) =>
        Assert.Equal(FieldsOf(schema).Order(), answer.EnumerateObject().Select(field => field.Name).Order());

    private void HoldsAtMost(string schema, JsonElement answer) =>
        Assert.Empty(answer.EnumerateObject().Select(field => field.Name).Except(FieldsOf(schema)));

    private IEnumerable<string> FieldsOf(string schema) =>
        _document
            .GetProperty("components")
            .GetProperty("schemas")
            .GetProperty(schema)
            .GetProperty("properties")
            .EnumerateObject()
            .Select(field => field.Name);

    /// <summary>An address whose variable parts have no names.</summary>
    private static string Unnamed(string path) => Variable().Replace("/" + path.Trim('/'), "{}");

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Variable();

    [GeneratedRegex("#/components/([a-zA-Z]+)/([a-zA-Z]+)")]
    private static partial Regex Reference();
}
