using System.Text.Json;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Testing;
using TorchSharp;

namespace RewardReasoning.Cli.Tests;

/// <summary>A folder of adapters wherever a model folder may stand.</summary>
public sealed class AdapterModelTests(TinyJudge judge) : IClassFixture<TinyJudge>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Adapter => _folder["adapter"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Judge_Adapter_VotesAsTheModelThatItIsMergedInto()
    {
        string merged = Write(judge.Folder);
        JsonElement found = Votes(await JudgeAsync(Adapter));
        Assert.Equal(Votes(await JudgeAsync(merged)).GetRawText(), found.GetRawText());
        Assert.NotEqual(Votes(await JudgeAsync(judge.Folder)).GetRawText(), found.GetRawText());
    }

    [Fact]
    public async Task Judge_BaseBesideTheAdapter_IsFound()
    {
        Write("../base");
        Directory.CreateSymbolicLink(_folder["base"], judge.Folder);
        Assert.Equal("adapter", JsonDocument.Parse((await JudgeAsync(Adapter)).Out).RootElement.GetProperty("model").GetString());
    }

    [Theory]
    [InlineData("no/such/folder/anywhere", "is no folder here and no name on the hub")]
    [InlineData(null, "names itself as the base")]
    public async Task Judge_BaseThatIsNowhere_SaysWhatToDo(string? named, string says)
    {
        Write(named ?? Adapter);
        RrmResult result = await JudgeAsync(Adapter);
        Assert.Equal(ExitCodes.BadUsage, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recipe_ModelThatIsAnAdapter_BecomesAModelFolder()
    {
        Write(judge.Folder);
        string recipe = _folder.Write("recipe.json", $$"""{ "model": {{JsonSerializer.Serialize(Adapter)}}, "steps": 3 }""");
        using Terminal terminal = new(Stream.Null, Stream.Null, TextWriter.Null);
        JsonElement read = JsonDocument
            .Parse(await HubRecipe.TextAsync(recipe, terminal, TestContext.Current.CancellationToken) ?? "")
            .RootElement;
        string model = read.GetProperty("model").GetString() ?? "";
        Assert.NotEqual(Adapter, model);
        using DecoderModel loaded = DecoderModel.Load(model, torch.ScalarType.Float32, torch.CPU);
        Assert.Equal(3, read.GetProperty("steps").GetInt32());
    }

    [Fact]
    public async Task Recipe_AdapterThatIsTrainedFurther_StaysItself()
    {
        Write(judge.Folder);
        string recipe = _folder.Write("recipe.json", $$"""{ "lora": { "from": {{JsonSerializer.Serialize(Adapter)}} } }""");
        using Terminal terminal = new(Stream.Null, Stream.Null, TextWriter.Null);
        Assert.Null(await HubRecipe.TextAsync(recipe, terminal, TestContext.Current.CancellationToken));
    }

    /// <summary>Adapters of the judge that change its verdicts; a folder of the model with them merged in.</summary>
    private string Write(string baseName)
    {
        LowRankOptions options = new() { Rank = 2, Alpha = 4 };
        using DecoderModel model = DecoderModel.Load(judge.Folder, torch.ScalarType.Float32, torch.CPU);
        model.AddAdapters(options, seed: 3);
        using (torch.no_grad())
        using (torch.NewDisposeScope())
        {
            foreach ((_, torch.Tensor value) in model.Adapters)
            {
                value.copy_(torch.linspace(-1, 1, value.numel()).sin().reshape(value.shape));
            }
        }

        AdapterFolder.Save(model, options, baseName, Adapter, torch.ScalarType.Float32);
        model.MergeAdapters();
        string merged = _folder["merged"];
        Models.ModelFolder.CarryFiles(judge.Folder, merged);
        model.Save(merged, torch.ScalarType.Float32);
        return merged;
    }

    private static Task<RrmResult> JudgeAsync(string model) =>
        Rrm.RunAsync(
            "judge",
            "--query",
            "1+1",
            "--response",
            "2",
            "--response",
            "3",
            "--votes",
            "4",
            "--thinking-budget",
            "0",
            "--dtype",
            "f32",
            "--store",
            "none",
            "--json",
            "--model",
            model
        );

    private static JsonElement Votes(RrmResult result) => JsonDocument.Parse(result.Out).RootElement.GetProperty("votes");
}
