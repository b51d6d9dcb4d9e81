using RewardReasoning.Data.AnswerRows;
using RewardReasoning.Evaluation.Running;
using RewardReasoning.Evaluation.Scoring;
using RewardReasoning.IO;
using RewardReasoning.Testing;
using RewardReasoning.Verification;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Running;

/// <summary>What a run may write over, and what it notices of its input.</summary>
public sealed class OutputGuardTests : IDisposable
{
    private const string Row = """{"gold": "4", "prediction": "4"}""";

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string In => _folder["in.jsonl"];

    private string Out => _folder["out.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_OverAFileOfSomebodyElse_IsRefusedUnlessItMayBeReplaced()
    {
        _folder.Write("in.jsonl", Row);
        _folder.Write("out.jsonl", "notes of mine\n");

        RunException error = await Assert.ThrowsAsync<RunException>(() => VerifyAsync());
        Assert.Contains("nothing beside it (out.jsonl.run.json) says that rrm wrote it", error.Message, StringComparison.Ordinal);
        Assert.Contains("--force", error.Message, StringComparison.Ordinal);
        Assert.Equal("notes of mine\n", await File.ReadAllTextAsync(Out, Token));

        await VerifyAsync(overwrite: true);
        Assert.Contains("\"verdict\":\"equal\"", await File.ReadAllTextAsync(Out, Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OverItsOwnFile_ReplacesItUnderTheSameSettingsAlone()
    {
        _folder.Write("in.jsonl", Row);
        _folder.Write("out.jsonl", "");
        await VerifyAsync();
        await VerifyAsync();

        RunException error = await Assert.ThrowsAsync<RunException>(() => VerifyAsync(new VerifierOptions { Decimals = 2 }));
        Assert.Contains("is from a run with other settings: here decimals 2 instead of", error.Message, StringComparison.Ordinal);
        await VerifyAsync(new VerifierOptions { Decimals = 2 }, overwrite: true);
    }

    [Fact]
    public async Task Run_WhoseInputGrows_SaysSoAndIsNotComplete()
    {
        _folder.Write("in.jsonl", Row);
        List<string> warnings = [];
        RunOptions run = new() { OnWarning = warnings.Add, Progress = new Immediate(() => File.AppendAllText(In, "\n" + Row)) };

        await new FileVerifier(null, run).VerifyAsync(RowSource.OfFiles(In), RowTarget.OfFile(Out), null, Token);

        Assert.Contains("in.jsonl' changed while it was read", Assert.Single(warnings), StringComparison.Ordinal);
        Assert.Contains("\"complete\": false", await File.ReadAllTextAsync(Out + ".run.json", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_WhileAnotherWritesTheSameFile_IsRefusedTwentyTimesOutOfTwenty()
    {
        _folder.Write("in.jsonl", string.Join('\n', Enumerable.Repeat(Row, 50)));
        for (int attempt = 0; attempt < 20; attempt++)
        {
            FileInUseException? refused = null;
            RunOptions first = new()
            {
                Progress = new Immediate(() =>
                {
                    try
                    {
                        VerifyAsync().GetAwaiter().GetResult();
                    }
                    catch (FileInUseException error)
                    {
                        refused ??= error;
                    }
                }),
            };
            await new FileVerifier(null, first).VerifyAsync(RowSource.OfFiles(In), RowTarget.OfFile(Out), null, Token);

            Assert.Contains($"process {Environment.ProcessId}", refused?.Message, StringComparison.Ordinal);
            Assert.Equal(
                50,
                (await File.ReadAllLinesAsync(Out, Token)).Count(line => line.EndsWith("\"verdict\":\"equal\"}", StringComparison.Ordinal))
            );
        }
    }

    [Fact]
    public async Task LineFile_OfAFolderInUse_IsRefused()
    {
        await using LineFile held = LineFile.Create(_folder.Path, "judgments.jsonl");
        Assert.Throws<FileInUseException>(() => LineFile.Create(_folder.Path, "judgments.jsonl"));
    }

    private Task<VerificationSummary> VerifyAsync(VerifierOptions? options = null, bool overwrite = false) =>
        new FileVerifier(options).VerifyAsync(RowSource.OfFiles(In), RowTarget.OfFile(Out) with { Overwrite = overwrite }, null, Token);

    private sealed class Immediate(Action action) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => action();
    }
}
