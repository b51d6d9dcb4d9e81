using System.Text.Json;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Storage;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Judgments;

/// <summary><c>/v1/judgments</c> over the wire.</summary>
public sealed class JudgmentRoutesTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private SqliteCompletionStore _store = null!;
    private ServedJudge _served = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Prefers the response that holds "good", and has no verdict where none does.</summary>
    public async ValueTask InitializeAsync()
    {
        _store = SqliteCompletionStore.Open(_folder["store.db"]);
        ScriptedChatClient model = new(request =>
        {
            int good = request.UserText.IndexOf("good", StringComparison.Ordinal);
            int other = request.UserText.IndexOf("other", StringComparison.Ordinal);
            return good < 0 ? "no verdict" : $"<b>because</b> \\boxed{{Assistant {(good < other ? 1 : 2)}}}";
        });
        _served = await ServedJudge.StartAsync(model, store: _store);
    }

    public async ValueTask DisposeAsync()
    {
        await _served.DisposeAsync();
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Judge_Rank_AndStream_AreAllRecorded()
    {
        await JudgeAsync("one", "good", "other");
        await _served.PostAsync("/v1/judge", """{"query": "two", "response_1": "other", "response_2": "good", "stream": true}""");
        await _served.PostAsync("/v1/rank", """{"query": "three", "responses": ["good", "other"]}""");
        JsonElement[] recorded = await ListAsync("", 3);
        Assert.Equal(["three", "two", "one"], recorded.Select(judgment => judgment.GetProperty("query").GetString()));
        Assert.Equal([2, 1], recorded[1..].Select(judgment => judgment.GetProperty("preferred").GetInt32()));
    }

    [Fact]
    public async Task Show_HasTheWholeJudgment()
    {
        await JudgeAsync("one", "good", "other");
        long id = (await ListAsync("", 1))[0].GetProperty("id").GetInt64();
        JsonElement shown = (await _served.GetAsync($"/v1/judgments/{id}")).Json;
        Assert.Equal(1, shown.GetProperty("judgment").GetProperty("preferred").GetInt32());
        Assert.Contains(
            "because",
            shown.GetProperty("judgment").GetProperty("votes")[0].GetProperty("answer").GetString(),
            StringComparison.Ordinal
        );
        Assert.Equal(404, (await _served.GetAsync("/v1/judgments/4711")).Status);
        Assert.Equal(404, (await _served.GetAsync("/v1/judgments/x")).Status);
    }

    [Fact]
    public async Task SameComparisonAgain_TakesThePlaceOfTheFirst()
    {
        await JudgeAsync("one", "good", "other");
        await JudgeAsync("one", "good", "other");
        await JudgeAsync("two", "good", "other");
        Assert.Equal(2, (await ListAsync("", 2)).Length);
    }

    [Fact]
    public async Task List_IsFilteredPagedAndOrdered()
    {
        await JudgeAsync("50% of x_1", "good", "other");
        await JudgeAsync("500 of xy1", "other", "good");
        await JudgeAsync("unclear", "bad", "other");
        await ListAsync("", 3);

        Assert.Equal(["50% of x_1"], await QueriesAsync("?q=" + Uri.EscapeDataString("50% OF X_1")));
        Assert.Equal(["unclear"], await QueriesAsync("?preferred=none"));
        Assert.Equal(["500 of xy1"], await QueriesAsync("?preferred=2"));
        Assert.Equal("unclear", (await QueriesAsync("?order=unsure"))[0]);
        Assert.Equal(["unclear", "500 of xy1"], await QueriesAsync("?limit=2"));
        JsonElement page = (await _served.GetAsync("/v1/judgments?limit=2")).Json;
        Assert.Equal(["50% of x_1"], await QueriesAsync($"?limit=2&skip={page.GetProperty("next_skip").GetInt64()}"));
        Assert.Equal(400, (await _served.GetAsync("/v1/judgments?preferred=3")).Status);
        Assert.Equal(400, (await _served.GetAsync("/v1/judgments?limit=501")).Status);
        Assert.Equal(400, (await _served.GetAsync("/v1/judgments?order=oldest")).Status);
    }

    [Fact]
    public async Task Label_IsCountedInTheAgreement_AndExported()
    {
        await JudgeAsync("one", "good", "other");
        await JudgeAsync("two", "other", "good");
        await JudgeAsync("unclear", "bad", "other");
        long[] ids = [.. (await ListAsync("", 3)).Select(judgment => judgment.GetProperty("id").GetInt64())];

        await LabelAsync(ids[2], "1"); // as the judge
        await LabelAsync(ids[1], "1"); // not as the judge
        JsonElement agreement = await LabelAsync(ids[0], "0");
        Assert.Equal(
            (2L, 1L, 1L),
            (
                agreement.GetProperty("labels").GetInt64(),
                agreement.GetProperty("agreed").GetInt64(),
                agreement.GetProperty("undecided").GetInt64()
            )
        );
        Assert.Equal(["unclear", "two", "one"], await QueriesAsync("?labelled=true"));
        Assert.Equal(
            ["""{"query":"two","chosen":"other","rejected":"good"}""", """{"query":"one","chosen":"good","rejected":"other"}"""],
            (await _served.GetAsync("/v1/judgments/labelled")).Body.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        );

        await LabelAsync(ids[0], "null");
        Assert.Equal(["unclear"], await QueriesAsync("?labelled=false"));
        Assert.Equal(400, (await _served.PutAsync($"/v1/judgments/{ids[0]}/label", """{"label": 3}""")).Status);
        Assert.Equal(404, (await _served.PutAsync("/v1/judgments/4711/label", """{"label": 1}""")).Status);
    }

    [Fact]
    public async Task WithoutAStore_JudgmentsAreKeptInMemory_AndItSaysSo()
    {
        await using ServedJudge served = await ServedJudge.StartAsync(ScriptedChatClient.Of(@"\boxed{Assistant 1}"));
        await served.PostAsync("/v1/judge", """{"query": "q", "response_1": "a", "response_2": "b"}""");
        JsonElement list = (await served.GetAsync("/v1/judgments")).Json;
        Assert.False(list.GetProperty("durable").GetBoolean());
        Assert.Equal("q", list.GetProperty("judgments")[0].GetProperty("query").GetString());
    }

    private async Task JudgeAsync(string query, string first, string second)
    {
        string body = JsonSerializer.Serialize(
            new
            {
                query,
                response_1 = first,
                response_2 = second,
            }
        );
        Assert.Equal(200, (await _served.PostAsync("/v1/judge", body)).Status);
    }

    private async Task<JsonElement> LabelAsync(long id, string label) =>
        (await _served.PutAsync($"/v1/judgments/{id}/label", $$"""{"label": {{label}}}""")).Json;

    private async Task<string?[]> QueriesAsync(string filter) =>
        [
            .. (await _served.GetAsync("/v1/judgments" + filter))
                .Json.GetProperty("judgments")
                .EnumerateArray()
                .Select(judgment => judgment.GetProperty("query").GetString()),
        ];

    /// <summary>The list once it has so many: nobody who judges waits for the record.</summary>
    private async Task<JsonElement[]> ListAsync(string filter, int count)
    {
        while (true)
        {
            JsonElement[] listed = [.. (await _served.GetAsync("/v1/judgments" + filter)).Json.GetProperty("judgments").EnumerateArray()];
            if (listed.Length >= count)
            {
                return listed;
            }

            await Task.Delay(20, Cancellation);
        }
    }
}
