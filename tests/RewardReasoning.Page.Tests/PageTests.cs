using System.Text.Json;
using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using RewardReasoning.Judging;
using RewardReasoning.Server.Tests.Judging;
using RewardReasoning.Server.Tests.Runs;
using RewardReasoning.Storage;
using RewardReasoning.Testing;
using static Microsoft.Playwright.Assertions;

namespace RewardReasoning.Page.Tests;

/// <summary>
/// The page in a browser. Where RRM_SCREENSHOTS names a folder, what is seen is kept there for people to look at.
/// </summary>
public sealed class PageTests(Browser browser) : IAsyncLifetime
{
    private const string Script = "<img src=x onerror=\"window.taken=1\"><script>window.taken=1</script>";

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _complaints = [];
    private SqliteCompletionStore _store = null!;
    private ServedJudge _served = null!;
    private IBrowserContext? _window;

    /// <summary>Prefers the response that holds "good", and has no verdict where none does.</summary>
    public async ValueTask InitializeAsync()
    {
        _store = SqliteCompletionStore.Open(_folder["store.db"]);
        ScriptedChatClient model = new(request =>
        {
            int good = request.UserText.IndexOf("good", StringComparison.Ordinal);
            int other = request.UserText.IndexOf("other", StringComparison.Ordinal);
            return new ScriptedReply
            {
                Reasoning = $"Both were read. {(good < other ? "The first" : "The second")} is better. {Script}",
                Text = good < 0 ? "no verdict" : $"\\boxed{{Assistant {(good < other ? 1 : 2)}}}",
            };
        });
        Directory.CreateDirectory(_folder["runs"]);
        _served = await ServedJudge.StartAsync(
            model,
            options => options with { RunsFolder = _folder["runs"] },
            judging: new JudgeOptions { Votes = 3 },
            store: _store
        );
    }

    public async ValueTask DisposeAsync()
    {
        await (_window?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _served.DisposeAsync();
        _store.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Judge_TwoResponses_ShowsVotesReasoningAndVerdict_AndRunsNoScriptOfThem()
    {
        IPage page = await OpenAsync("");
        await page.GetByLabel("Query").FillAsync($"Which is better? {Script}");
        await page.GetByLabel("Response 1").FillAsync($"the same good {Script}");
        await page.GetByLabel("Response 2").FillAsync("the same other");
        await page.GetByRole(AriaRole.Button, new() { Name = "Judge", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Response 1 is better")).ToBeVisibleAsync();
        await Expect(page.Locator(".votes li")).ToHaveCountAsync(3);
        await page.GetByText("Vote 1: 1").ClickAsync();
        await Expect(page.GetByLabel("Reasoning of vote 1")).ToContainTextAsync("<script>window.taken=1</script>");
        await Expect(page.Locator(".only-two")).ToHaveTextAsync(["other"]);
        Assert.Null(await page.EvaluateAsync<int?>("window.taken ?? null"));
        await KeepAsync(page, "judge");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Judge_ThreeResponses_FillsAMatrixAndRanks()
    {
        IPage page = await OpenAsync("#judge");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add a response" }).ClickAsync();
        await page.GetByLabel("Query").FillAsync("Which is best?");
        await page.GetByLabel("Response 1").FillAsync("other");
        await page.GetByLabel("Response 2").FillAsync("good");
        await page.GetByLabel("Response 3").FillAsync("an other one");
        await page.GetByRole(AriaRole.Button, new() { Name = "Judge", Exact = true }).ClickAsync();
        await Expect(page.GetByText("Response 2 is the best")).ToBeVisibleAsync();
        await Expect(page.Locator(".matrix td.won")).ToHaveCountAsync(2); // the other two have no verdict
        await KeepAsync(page, "rank");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Judge_ServerRefuses_SaysWhy()
    {
        IPage page = await OpenAsync("#judge");
        await page.RouteAsync(
            "**/v1/judge",
            route => route.FulfillAsync(new() { Status = 429, Body = """{"detail": "The server is full.", "code": "queue_full"}""" })
        );
        await page.GetByLabel("Query").FillAsync("q");
        await page.GetByRole(AriaRole.Button, new() { Name = "Judge", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The server is full.");
    }

    [Fact]
    public async Task Review_LabelsByKey_BeforeItShowsTheChoice_AndCountsKappa()
    {
        // Judged 1, 1, 2, 2 and labelled 1, 2, 2, 2: p_o = 0.75, p_e = (1·2 + 3·2)/16 = 0.5, kappa = 0.5.
        (string Query, string First, string Second)[] pairs =
        [
            ("q1", "good", "other"),
            ("q2", "good", "other"),
            ("q3", "other", "good"),
            ("q4", "other", "good"),
        ];
        foreach ((string query, string first, string second) in pairs)
        {
            await JudgeAsync(query, first, second);
        }

        IPage page = await OpenAsync("#review");
        for (int label = 0; label < pairs.Length; label++)
        {
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "1 Response 1 is better" })).ToBeVisibleAsync();
            await Expect(page.GetByText("confidence")).ToHaveCountAsync(0);
            string query = await page.Locator("main .panel .text").First.InnerTextAsync();
            await page.Keyboard.PressAsync(query == "q1" ? "1" : "2");
            await Expect(page.GetByText("confidence")).ToBeVisibleAsync();
            if (label == 0)
            {
                await KeepAsync(page, "review");
            }

            await page.Keyboard.PressAsync("Enter");
            await Expect(page.GetByText("confidence")).ToHaveCountAsync(0);
        }

        await Expect(page.GetByText("Nothing is left to label here.")).ToBeVisibleAsync();
        await Expect(page.GetByText("4 labels, 3 as the judge. Cohen's kappa 0.50")).ToBeVisibleAsync();
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Cohorts_ShowWhoIsMissing()
    {
        await _served.PostAsync("/v1/rewards", """{"group": "run/step-7", "index": 1, "size": 4, "query": "q", "response": "good"}""");
        IPage page = await OpenAsync("#cohorts");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "run/step-7" })).ToContainTextAsync("1 of 4");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "run/step-7" })).ToContainTextAsync("0, 2, 3");
        await KeepAsync(page, "cohorts");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Jobs_ShowTheirProgress()
    {
        await _served.PostAsync("/v1/jobs", """[{"query": "q", "response_1": "good", "response_2": "other"}, {"query": "q"}]""");
        IPage page = await OpenAsync("#jobs");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "job-" })).ToContainTextAsync("2 of 2");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "job-" })).ToContainTextAsync("done");
        await KeepAsync(page, "jobs");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Runs_TwoBenchmarks_AreShownSideBySide_WithTheItemsThatFlipped()
    {
        await ExampleRuns.BenchAsync(_folder["runs/before"], "good");
        await ExampleRuns.BenchAsync(_folder["runs/after"], "bad");
        IPage page = await OpenAsync("#runs");
        await page.GetByLabel("Choose before").CheckAsync();
        await page.GetByLabel("Choose after").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show side by side" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "before and after" })).ToBeVisibleAsync();
        await Expect(page.Locator("figure img").First).ToBeVisibleAsync();
        Assert.True(
            await page.Locator("figure img").First.EvaluateAsync<bool>("picture => picture.decode().then(() => picture.naturalWidth > 0)")
        );
        IDownload saved = await page.RunAndWaitForDownloadAsync(() =>
            page.GetByRole(AriaRole.Button, new() { Name = "Save the report" }).ClickAsync()
        );
        Assert.Equal("before-and-after.html", saved.SuggestedFilename);
        await KeepAsync(page, "runs-bench");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Runs_TrainingThatGoesOn_IsDrawnAnew()
    {
        ExampleRuns.Train(_folder["runs/policy"], 3);
        IPage page = await OpenAsync("#runs");
        await page.GetByLabel("Choose policy").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
        await Expect(page.GetByText("its last step is 3.")).ToBeVisibleAsync();
        ExampleRuns.Train(_folder["runs/policy"], 4, isFinished: true);
        await Expect(page.GetByText("The run is finished; its last step is 4.")).ToBeVisibleAsync();
        await KeepAsync(page, "runs-training");
        Assert.Empty(_complaints);
    }

    [Fact]
    public async Task Judgments_AreSearchedAndOpened()
    {
        await JudgeAsync($"apples {Script}", "good", "other");
        await JudgeAsync("pears", "other", "good");
        IPage page = await OpenAsync("#judgments");
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(3);
        await page.GetByLabel("Text").FillAsync("apples");
        await page.GetByRole(AriaRole.Button, new() { Name = "Search" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
        await page.GetByRole(AriaRole.Button, new() { Name = "Open judgment" }).ClickAsync();
        await Expect(page.GetByText("Response 1 is better")).ToBeVisibleAsync();
        Assert.Null(await page.EvaluateAsync<int?>("window.taken ?? null"));
        await KeepAsync(page, "judgments");
        Assert.Empty(_complaints);
    }

    [Theory]
    [InlineData("judge", ColorScheme.Light, 1_200)]
    [InlineData("judge", ColorScheme.Dark, 390)]
    [InlineData("review", ColorScheme.Dark, 1_200)]
    [InlineData("review", ColorScheme.Light, 390)]
    [InlineData("cohorts", ColorScheme.Dark, 390)]
    [InlineData("jobs", ColorScheme.Light, 390)]
    [InlineData("runs", ColorScheme.Dark, 1_200)]
    [InlineData("runs", ColorScheme.Light, 390)]
    [InlineData("judgments", ColorScheme.Dark, 1_200)]
    [InlineData("judgments", ColorScheme.Light, 390)]
    public async Task EveryPage_HasNoSeriousFindingOfAxe_AndFitsItsWindow(string name, ColorScheme scheme, int width)
    {
        await JudgeAsync("a query", "good", "other");
        await _served.PostAsync("/v1/rewards", """{"group": "g", "index": 1, "size": 4, "query": "q", "response": "good"}""");
        await _served.PostAsync("/v1/jobs", """[{"query": "q", "response_1": "good", "response_2": "other"}]""");
        ExampleRuns.Train(_folder["runs/policy"], 40);
        IPage page = await OpenAsync(
            "#" + name,
            new()
            {
                ColorScheme = scheme,
                ViewportSize = new() { Width = width, Height = 800 },
            }
        );
        if (name == "judge")
        {
            await page.GetByLabel("Query").FillAsync("Which is better?");
            await page.GetByLabel("Response 1").FillAsync("the good one");
            await page.GetByLabel("Response 2").FillAsync("the other one");
            await page.GetByRole(AriaRole.Button, new() { Name = "Judge", Exact = true }).ClickAsync();
            await Expect(page.GetByText("Response 1 is better")).ToBeVisibleAsync();
        }
        else if (name == "review")
        {
            await Expect(page.GetByRole(AriaRole.Button, new() { Name = "1 Response 1 is better" })).ToBeVisibleAsync();
            await page.Keyboard.PressAsync("1");
            await Expect(page.GetByText("confidence")).ToBeVisibleAsync();
        }
        else if (name == "runs")
        {
            await page.GetByLabel("Choose policy").CheckAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Show", Exact = true }).ClickAsync();
            await Expect(page.Locator("figure img").Last).ToBeVisibleAsync();
        }
        else
        {
            await Expect(page.GetByRole(AriaRole.Row).Nth(1)).ToBeVisibleAsync();
        }

        await KeepAsync(page, $"{name}-{scheme}-{width}");
        AxeResult found = await page.RunAxe();
        Assert.Empty(
            found
                .Violations.Where(finding => finding.Impact is "serious" or "critical")
                .Select(finding => $"{finding.Id}: {finding.Help}; {string.Join(", ", finding.Nodes.Select(node => node.Html))}")
        );
        Assert.Equal(width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
    }

    [Fact]
    public async Task ServerWithKeys_IsAskedWithTheKeyThatThePageAsksFor()
    {
        const string Variable = "RRM_PAGE_KEY";
        Environment.SetEnvironmentVariable(Variable, "sk-of-the-page");
        await using ServedJudge locked = await ServedJudge.StartAsync(
            ScriptedChatClient.Of(@"\boxed{Assistant 1}"),
            options => options with { KeyVariable = Variable }
        );
        _window = await browser.OpenAsync();
        IPage page = await _window.NewPageAsync();
        await page.GotoAsync(new Uri(locked.Server.Url, "/#cohorts").ToString());
        await page.GetByLabel("API key").FillAsync("sk-of-the-page");
        await page.GetByRole(AriaRole.Button, new() { Name = "Use it" }).ClickAsync();
        await Expect(page.GetByText("No group has come yet.")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task Files_ComeWithAPolicyThatRunsNothingElse()
    {
        foreach (string path in (string[])["/", "/page/app.js", "/page/style.css"])
        {
            JudgeAnswer file = await _served.GetAsync(path);
            Assert.Equal(200, file.Status);
            string policy = Assert.Single(file.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        }

        foreach (string path in (string[])["/page/none.js", "/page/..%2findex.html", "/page/%2e%2e/openapi.json"])
        {
            Assert.Equal(404, (await _served.GetAsync(path)).Status);
        }
    }

    private async Task<IPage> OpenAsync(string hash, BrowserNewContextOptions? options = null)
    {
        _window = await browser.OpenAsync(options);
        IPage page = await _window.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning")
            {
                _complaints.Add(message.Text);
            }
        };
        page.PageError += (_, error) => _complaints.Add(error);
        await page.GotoAsync(new Uri(_served.Server.Url, "/" + hash).ToString());
        await Expect(page.Locator("#fingerprint")).ToContainTextAsync("3 votes");
        return page;
    }

    private async Task JudgeAsync(string query, string first, string second) =>
        Assert.Equal(
            200,
            (
                await _served.PostAsync(
                    "/v1/judge",
                    JsonSerializer.Serialize(
                        new
                        {
                            query,
                            response_1 = first,
                            response_2 = second,
                        }
                    )
                )
            ).Status
        );

    private static async Task KeepAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("RRM_SCREENSHOTS") is { Length: > 0 } folder)
        {
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
        }
    }
}
