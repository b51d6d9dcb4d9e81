using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Testing;

namespace RewardReasoning.Cli.Tests;

public sealed class ModelCommandTests
{
    public static TheoryData<string> ParityFolders =>
        ["qwen2-untied", "qwen2-tied", "qwen2-bf16-sharded", "qwen3", "llama-rope-llama3", "llama-tied", "qwen2-yarn", "qwen3-f16"];

    [Theory]
    [MemberData(nameof(ParityFolders))]
    public async Task Check_AgainstTransformers_IsDone(string name)
    {
        string folder = Fixtures.PathOf($"hf-parity/{name}");
        RrmResult result = await Rrm.RunAsync(
            "model",
            "check",
            folder,
            "--against",
            Path.Combine(folder, "expected.safetensors"),
            "--json"
        );
        Assert.Equal(("", ExitCodes.Done), (result.Error, result.ExitCode));
        JsonElement check = JsonDocument.Parse(result.Out).RootElement;
        Assert.True(check.GetProperty("passed").GetBoolean());
        Assert.Contains(
            "logits (left padding)",
            check.GetProperty("quantities").EnumerateArray().Select(quantity => quantity.GetProperty("name").GetString())
        );
        Assert.All(
            check.GetProperty("quantities").EnumerateArray(),
            quantity => Assert.True(quantity.GetProperty("values").GetInt64() > 50)
        );
    }

    [Fact]
    public async Task Check_MisreadSetting_Differs()
    {
        string original = Fixtures.PathOf("hf-parity/qwen3");
        string folder = Directory.CreateTempSubdirectory("rrm-check-").FullName;
        try
        {
            File.Copy(Path.Combine(original, "model.safetensors"), Path.Combine(folder, "model.safetensors"));
            JsonNode config =
                JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(original, "config.json"), TestContext.Current.CancellationToken))
                ?? new JsonObject();
            config["rms_norm_eps"] = 1e-4;
            await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), config.ToJsonString(), TestContext.Current.CancellationToken);
            RrmResult result = await Rrm.RunAsync("model", "check", folder, "--against", Path.Combine(original, "expected.safetensors"));
            Assert.Equal(ExitCodes.Failed, result.ExitCode);
            Assert.Matches(@"logits \(right padding\) +largest difference .* DIFFERS", result.Out);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Check_FiguresOfAnotherModel_Fails()
    {
        string folder = Fixtures.PathOf("hf-parity/qwen3");
        RrmResult result = await Rrm.RunAsync(
            "model",
            "check",
            folder,
            "--against",
            Fixtures.PathOf("hf-parity/qwen2-untied/model.safetensors")
        );
        Assert.Equal(ExitCodes.Failed, result.ExitCode);
        Assert.Contains("right.input_ids", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("check", "no-such-folder", "--against", "no-such-file")]
    [InlineData("info", "no-such-folder")]
    [InlineData("info", "no-such.gguf")]
    [InlineData("check", "no-such.gguf")]
    [InlineData("tokenize", "no-such-folder")]
    public async Task Model_NoSuchFolder_IsBadInput(params string[] args)
    {
        RrmResult result = await Rrm.RunAsync(["model", .. args]);
        Assert.Equal((ExitCodes.BadUsage, ""), (result.ExitCode, result.Out));
        Assert.Contains("no-such", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_Json_CountsWhatTheHeadersSay()
    {
        RrmResult result = await Rrm.RunAsync("model", "info", Fixtures.PathOf("hf-parity/qwen2-bf16-sharded"), "--json");
        JsonElement info = JsonDocument.Parse(result.Out).RootElement;
        Assert.Equal(
            ("Qwen2", 3, 48, 320),
            (
                info.GetProperty("architecture").GetString(),
                info.GetProperty("layers").GetInt32(),
                info.GetProperty("hidden").GetInt32(),
                info.GetProperty("vocabulary").GetInt32()
            )
        );
        Assert.Equal(["BFloat16"], info.GetProperty("stored_as").EnumerateArray().Select(type => type.GetString()));
        Assert.Equal(2 * info.GetProperty("parameters").GetInt64(), info.GetProperty("weight_bytes").GetInt64());
    }

    [Fact]
    public async Task Tokenize_Plain_ReadsSpecialTokensAsText()
    {
        string folder = Fixtures.PathOf("smollm2-135m-instruct");
        string input = "\"<|im_end|>\"\n\"12\\n\"\n";
        RrmResult special = await Rrm.RunAsync(input, ["model", "tokenize", folder]);
        RrmResult plain = await Rrm.RunAsync(input, ["model", "tokenize", folder, "--plain"]);
        string[] lines = special.Out.Split('\n');
        Assert.Equal("[2]", lines[0]);
        Assert.Equal(3, JsonSerializer.Deserialize<int[]>(lines[1])?.Length);
        Assert.True(JsonSerializer.Deserialize<int[]>(plain.Out.Split('\n')[0])?.Length > 1);
        Assert.Equal(lines[1], plain.Out.Split('\n')[1]);
    }

    [Fact]
    public async Task Tokenize_LineThatIsNoString_IsNamed()
    {
        RrmResult result = await Rrm.RunAsync("\"a\"\n12\n", ["model", "tokenize", Fixtures.PathOf("smollm2-135m-instruct")]);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("standard input:2: not a JSON string", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_FolderWithoutFigures_SaysWhatIsMissing()
    {
        RrmResult result = await Rrm.RunAsync("model", "check", Fixtures.PathOf("hf-parity/qwen3"));
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains("--against EXPECTED is missing", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_FileThatIsNoGguf_Fails()
    {
        using TemporaryFolder folder = new();
        RrmResult result = await Rrm.RunAsync("model", "check", folder.Write("torn.gguf", "GGUF, but not for long"));
        Assert.Equal((ExitCodes.Failed, ""), (result.ExitCode, result.Out));
        Assert.Contains("torn.gguf", result.Error, StringComparison.Ordinal);
    }
}
