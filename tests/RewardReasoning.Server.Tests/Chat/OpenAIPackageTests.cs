using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Chat;

/// <summary>Other people's client against our server: the official <c>openai</c> package for Node.js, in <c>openai-client/</c>.</summary>
public sealed class OpenAIPackageTests(ShippedModel model) : IClassFixture<ShippedModel>
{
    private const int OldestNode = 18;

    private static readonly string Folder = Path.Combine(
        SharedFolder.RepositoryRoot,
        "tests",
        "RewardReasoning.Server.Tests",
        "openai-client"
    );

    [Fact]
    public async Task OfficialClient_AsPeopleUseIt_Understands()
    {
        await RequireNodeAsync();
        (int exitCode, string output, string error) = await RunAsync(
            "node",
            "check.mjs",
            model.Served.Server.Url.ToString(),
            "rrm-mini",
            ShippedModel.Key
        );
        Assert.True(exitCode == 0, error);
        JsonElement found = JsonDocument.Parse(output).RootElement;

        Assert.Equal("""["rrm-mini"]""", found.GetProperty("models").GetRawText());
        JsonElement whole = found.GetProperty("whole"),
            streamed = found.GetProperty("streamed"),
            usage = found.GetProperty("usage");
        Assert.Matches(@"^\\boxed\{Assistant [12]\}$", Text(whole, "content"));
        Assert.Equal((Text(whole, "content"), Text(whole, "reasoning")), (Text(streamed, "content"), Text(streamed, "reasoning")));
        Assert.Equal(Text(whole, "content"), Text(found, "accumulated"));
        Assert.Equal("stop", Text(found, "finish"));
        Assert.Equal(
            usage.GetProperty("completion_tokens").GetInt32(),
            found.GetProperty("streamedUsage").GetProperty("completion_tokens").GetInt32()
        );
        Assert.Equal(usage.GetProperty("completion_tokens").GetInt32(), found.GetProperty("logprobs").GetArrayLength());
        Assert.All(
            found.GetProperty("logprobs").EnumerateArray(),
            token => Assert.True(token[1].GetDouble() <= 0 && token[2].GetInt32() == 2)
        );
        Assert.Equal(3, found.GetProperty("several").GetArrayLength());
        Assert.Equal(
            """[["NotFoundError",404,"model"],["BadRequestError",400,null],["BadRequestError",400,"messages"],["AuthenticationError",401,"invalid_api_key"]]""",
            found.GetProperty("errors").GetRawText()
        );
    }

    private static async Task RequireNodeAsync()
    {
        try
        {
            (_, string version, _) = await RunAsync("node", "--version");
            if (!int.TryParse(version.TrimStart('v').Split('.')[0], CultureInfo.InvariantCulture, out int major) || major < OldestNode)
            {
                Assert.Skip($"Node.js is {version.Trim()}; the openai package needs {OldestNode}.");
            }
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("Node.js is not installed.");
        }

        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "openai")))
        {
            Assert.Skip(
                $"The openai package is not installed; `npm ci` in {Path.GetRelativePath(SharedFolder.RepositoryRoot, Folder)} does it."
            );
        }
    }

    private static async Task<(int ExitCode, string Out, string Error)> RunAsync(string program, params string[] args)
    {
        ProcessStartInfo start = new(program, args)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output, await error);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString() ?? "";
}
