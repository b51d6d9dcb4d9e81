using System.Diagnostics;
using RewardReasoning.Models.Checking;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Tests.Checkpoints;
using RewardReasoning.Testing;
using TorchSharp;
using Xunit;

namespace RewardReasoning.Models.Tests.Checking;

public sealed class ModelCheckTests(ITestOutputHelper output)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(ParityFolder.Names), MemberType = typeof(ParityFolder))]
    public void Run_ReferenceOfTheModel_PassesEveryQuantity(string name)
    {
        ParityFolder folder = ParityFolder.Get(name);

        ModelCheckReport report = ModelCheck.Run(folder.Path, Path.Combine(folder.Path, "expected.safetensors"), torch.CPU, Cancellation);

        Print(report);
        Assert.True(report.Passed);
        Assert.Equal(
            [
                "hidden.embed",
                "hidden.norm",
                "logits (right padding)",
                "log-probs",
                "logits (left padding)",
                "greedy.ids",
                "greedy.logprobs",
            ],
            report
                .Quantities.Select(quantity => quantity.Name)
                .Where(quantity => !quantity.StartsWith("hidden.layer", StringComparison.Ordinal))
        );
        Assert.All(report.Quantities, quantity => Assert.True(quantity.ValueCount > 0));
    }

    [Theory]
    [InlineData("qwen2-untied", "\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 1e-05")]
    [InlineData("qwen3", "\"rope_theta\": 1000000.0", "\"rope_theta\": 10000.0")]
    [InlineData("qwen2-yarn", "\"factor\": 4.0", "\"factor\": 1.0")]
    public void Run_SettingMisread_Fails(string name, string right, string wrong)
    {
        ParityFolder folder = ParityFolder.Get(name);
        using TemporaryFolder copy = folder.Copy();
        string config = File.ReadAllText(copy["config.json"]);
        Assert.Contains(right, config, StringComparison.Ordinal);
        File.WriteAllText(copy["config.json"], config.Replace(right, wrong, StringComparison.Ordinal));

        ModelCheckReport report = ModelCheck.Run(copy.Path, Path.Combine(folder.Path, "expected.safetensors"), torch.CPU, Cancellation);

        Assert.False(report.Passed);
        Assert.True(report.Quantities.Single(quantity => quantity.Name == "hidden.embed").Passed);
        Assert.False(report.Quantities.Single(quantity => quantity.Name == "logits (right padding)").Passed);
    }

    [Fact]
    public void Run_ReferenceOfAnotherModel_SaysSo()
    {
        ParityFolder folder = ParityFolder.Get("qwen2-untied"),
            other = ParityFolder.Get("qwen2-tied");

        CheckpointException error = Assert.Throws<CheckpointException>(() =>
            ModelCheck.Run(folder.Path, Path.Combine(other.Path, "expected.safetensors"), torch.CPU, Cancellation)
        );

        Assert.Contains("this reference is of another model", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("e.json", "{", "is no list of prompts")]
    [InlineData("e.json", "[]", "holds no prompts")]
    [InlineData("e.json", """[{"text":"x"}]""", "is no list of prompts")]
    [InlineData("e.json", """[{"ids":[5,999]}]""", "names token 999, the model's vocabulary has 320")]
    [InlineData("e.txt", "x", "is no known reference")]
    [InlineData("e.safetensors", "x", "too few for a safetensors header")]
    public void Run_BrokenReference_NamesIt(string file, string content, string problem)
    {
        ParityFolder folder = ParityFolder.Get("qwen2-untied");
        using TemporaryFolder own = new();
        File.WriteAllText(own[file], content);

        CheckpointException error = Assert.Throws<CheckpointException>(() =>
            ModelCheck.Run(folder.Path, own[file], torch.CPU, Cancellation)
        );

        Assert.Equal(own[file], error.FilePath);
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SmolLm2_ReproducesItsExpectedNumbers()
    {
        string folder = SmolLm2Folder.Get();
        Stopwatch watch = Stopwatch.StartNew();

        ModelCheckReport report = ModelCheck.Run(folder, Path.Combine(folder, "expected.json"), torch.CPU, Cancellation);

        Print(report);
        output.WriteLine(
            $"{watch.Elapsed.TotalSeconds:F0} s, peak memory of the process {Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:F2} GB"
        );
        Assert.True(report.Passed);
        Assert.Equal(
            ["prompt_log_prob", "next_top5", "log_prob_of_1", "log_prob_of_2", "greedy"],
            report.Quantities.Select(quantity => quantity.Name)
        );
        Assert.Equal([24, 120, 24, 24, 157], report.Quantities.Select(quantity => quantity.ValueCount));
    }

    private void Print(ModelCheckReport report)
    {
        foreach (ModelCheckQuantity quantity in report.Quantities)
        {
            output.WriteLine($"{quantity.Name}: {quantity.LargestDifference:E2} of {quantity.Tolerance:E0} ({quantity.ValueCount} values)");
        }
    }
}
