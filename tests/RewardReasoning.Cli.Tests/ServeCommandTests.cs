using System.Diagnostics;
using System.Text;
using System.Text.Json;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

/// <summary><c>rrm serve</c> as the process that people start.</summary>
public sealed class ServeCommandTests(TinyJudge judge) : IClassFixture<TinyJudge>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("--cluster", "serve.db")]
    [InlineData("--cluster", "postgres://h/db", "--state", "serve.db")]
    [InlineData("--cluster", "postgres://h/db", "--store", "completions.db")]
    [InlineData("--cluster", "postgres://h/db", "--store", "none")]
    [InlineData("--cluster", "postgres://h/db", "--openai")]
    public async Task Cluster_WithWhatServersCannotShare_IsOneClearError(params string[] args)
    {
        RrmResult refused = await Rrm.RunAsync(["serve", .. args]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("the servers of a cluster share a PostgreSQL database", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_OpenAI_AnswersUntilItIsAskedToStop()
    {
        using Process process = Rrm.Start("serve", "--openai", "--port", "0", "--dtype", "f32");
        string told = await process.StandardError.ReadLineAsync(Cancellation) ?? "";
        Assert.StartsWith("rrm: rrm-mini answers at http://127.0.0.1:", told, StringComparison.Ordinal);
        string url = told["rrm: rrm-mini answers at ".Length..told.IndexOf(';', StringComparison.Ordinal)];
        RrmResult judged = await Rrm.RunAsync(
            "judge",
            "--endpoint",
            url,
            "--model",
            "rrm-mini",
            "--prompt",
            Path.Combine(SharedFolder.RepositoryRoot, "models", "rrm-mini", "judge-prompt.txt"),
            "--query",
            "12*4+7",
            "--response",
            "55",
            "--response",
            "54",
            "--store",
            "none",
            "--json"
        );
        Assert.Equal((ExitCodes.Done, ""), (judged.ExitCode, judged.Error));
        Assert.Equal(1, JsonDocument.Parse(judged.Out).RootElement.GetProperty("preferred").GetInt32());

        using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        Task<string> rest = process.StandardError.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal((ExitCodes.Done, ""), (process.ExitCode, await process.StandardOutput.ReadToEndAsync(Cancellation)));
        Assert.Equal("rrm: stopping; requests under way are answered first.\n", await rest);
    }

    [Fact]
    public async Task Serve_Judges_AsTheCommandDoes_AndAnswersWithOpenAIsInterfaceToo()
    {
        using Process process = Rrm.Start("serve", "--port", "0", "--dtype", "f32", "--store", "none");
        string told = await process.StandardError.ReadLineAsync(Cancellation) ?? "";
        string url = told["rrm: rrm-mini answers at ".Length..told.IndexOf(';', StringComparison.Ordinal)];
        using HttpClient http = new();
        using StringContent pair = new(
            """{"query": "12*4+7", "response_1": "55", "response_2": "54"}""",
            Encoding.UTF8,
            "application/json"
        );
        using HttpResponseMessage response = await http.PostAsync(new Uri($"{url}/judge"), pair, Cancellation);
        JsonElement served = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement;
        string models = await http.GetStringAsync(new Uri($"{url}/models"), Cancellation);
        RrmResult judged = await Rrm.RunAsync(
            "judge",
            "--query",
            "12*4+7",
            "--response",
            "55",
            "--response",
            "54",
            "--dtype",
            "f32",
            "--store",
            "none",
            "--json"
        );

        JsonElement direct = JsonDocument.Parse(judged.Out).RootElement;
        Assert.Equal(
            direct.GetProperty("votes")[0].GetProperty("reasoning").GetString(),
            served.GetProperty("votes")[0].GetProperty("reasoning").GetString()
        );
        Assert.Equal(1, served.GetProperty("preferred").GetInt32());
        Assert.Contains("rrm-mini", models, StringComparison.Ordinal);

        using Process kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(ExitCodes.Done, process.ExitCode);
    }

    [Theory]
    [InlineData("--deadline is -1", "--deadline", "-1")]
    [InlineData("no key is asked for", "--host", "0.0.0.0")]
    [InlineData("cannot be read", "--keys", "no-such-keys.json")]
    [InlineData("--port is 70000", "--openai", "--port", "70000")]
    [InlineData("--host is example.org", "--openai", "--host", "example.org")]
    [InlineData("RRM_TEST_NOT_SET is not set", "--openai", "--key-env", "RRM_TEST_NOT_SET")]
    public async Task Serve_BadUsage_SaysSo(string says, params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["serve", "--model", judge.Folder, .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_AddListRemove_PrintTheKeyOnceAndKeepItsHash()
    {
        using TemporaryFolder folder = new();
        string file = Path.Combine(folder.Path, "keys.json");
        RrmResult added = await Rrm.RunAsync("keys", "add", "trainer", "--keys", file, "--at-once", "8");
        RrmResult listed = await Rrm.RunAsync("keys", "list", "--keys", file);
        RrmResult again = await Rrm.RunAsync("keys", "add", "trainer", "--keys", file);
        RrmResult removed = await Rrm.RunAsync("keys", "remove", "trainer", "--keys", file);
        RrmResult missing = await Rrm.RunAsync("keys", "remove", "trainer", "--keys", file);

        Assert.Equal((ExitCodes.Done, ""), (added.ExitCode, added.Error));
        Assert.Matches("^rrm_[A-Za-z0-9_-]{43}\n$", added.Out);
        Assert.Matches("^trainer · made [0-9-]{10} · 8 at once\n$", listed.Out);
        Assert.Equal((ExitCodes.BadUsage, ExitCodes.Done, ExitCodes.BadUsage), (again.ExitCode, removed.ExitCode, missing.ExitCode));
        Assert.Contains("has no key named", missing.Error, StringComparison.Ordinal);
    }
}
