using System.IO.Compression;
using System.Text.Json.Nodes;
using RewardReasoning.Models;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Text.Tokenization;
using RewardReasoning.Training.Losses;
using RewardReasoning.Training.Runs;
using RewardReasoning.Training.Sft;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Tests.Sft;

public sealed class SftTrainerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SftTrainerTests()
    {
        TinyModel.Write(_folder["tiny"]);
        File.WriteAllLines(
            _folder["data.jsonl"],
            Enumerable.Range(0, 40).Select(i => $$"""{"prompt":"{{i}}+1","completion":"{{i}}+1={{i + 1}}</think>{{i + 1}}"}""")
        );
    }

    [Fact]
    public void Run_SmallData_LowersTheLoss()
    {
        List<double> losses = [];
        Run(Recipe("a", 30), step => losses.Add(step.Metrics["train/loss"]));
        Assert.Equal(30, losses.Count);
        Assert.True(losses[^1] < losses[0] * 0.7, $"loss went from {losses[0]} to {losses[^1]}");
    }

    [Fact]
    public void Run_KilledBetweenCheckpointsAndResumed_EndsInTheSameBytes()
    {
        RunFolder undisturbed = Run(Recipe("a"));
        Assert.Throws<TimeoutException>(() => Run(Recipe("b"), step => Crash(step, at: 5)));
        RunFolder resumed = Run(Recipe("b"));
        Assert.Equal(Weights(undisturbed), Weights(resumed));
        Assert.Equal(Losses("a"), Losses("b"));
    }

    [Fact]
    public void Run_CancelledByTheUser_KeepsEveryFinishedStep()
    {
        using CancellationTokenSource source = new();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            new SftTrainer(Recipe("a"), TimeProvider.System).Run(
                step =>
                {
                    if (step.Step == 3)
                    {
                        source.Cancel();
                    }
                },
                source.Token
            )
        );
        Assert.True(Directory.Exists(_folder["a/step-3"]));
    }

    [Fact]
    public void Run_RecipeChangedHalfway_IsRefusedAndNamesWhatChanged()
    {
        Assert.Throws<TimeoutException>(() => Run(Recipe("a"), step => Crash(step, at: 3)));
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a") with { LearningRate = 1e-4 }));
        Assert.Contains("learning_rate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_FewerRowsAtOnce_GiveTheSameLosses()
    {
        List<double> whole = [];
        List<double> parts = [];
        Run(Recipe("a", 4) with { RowsPerPass = 4 }, step => whole.Add(step.Metrics["train/loss"]));
        Run(Recipe("b", 4) with { RowsPerPass = 1 }, step => parts.Add(step.Metrics["train/loss"]));
        Assert.All(whole.Zip(parts), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
    }

    [Fact]
    public void Run_RowWithoutCompletion_NamesFileAndDocument()
    {
        File.AppendAllText(_folder["data.jsonl"], "{\"prompt\":\"1\"}\n");
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a")));
        Assert.Contains("data.jsonl, document 41", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ValuesOutOfRange_AreAllListed()
    {
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a", 0) with { ClipNorm = -1 }));
        Assert.Contains("2 faults:", error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static void Crash(TrainingProgress step, int at)
    {
        if (step.Step == at)
        {
            throw new TimeoutException("the machine went away");
        }
    }

    private static RunFolder Run(SftRecipe recipe, Action<TrainingProgress>? progress = null) =>
        new SftTrainer(recipe, TimeProvider.System).Run(progress, TestContext.Current.CancellationToken);

    private static byte[] Weights(RunFolder run) => File.ReadAllBytes(Path.Combine(run.FinalModel, "model.safetensors"));

    [Fact]
    public void Run_CancelledWhileItMeasures_MeasuresThatStepFirstWhenItGoesOn()
    {
        File.WriteAllLines(
            _folder["held-out.jsonl"],
            Enumerable.Range(0, 4).Select(i => $$"""{"prompt":"{{i}}+1","answer":"{{i + 1}}"}""")
        );
        SftRecipe Measured(string name) =>
            Recipe(name) with
            {
                Evaluation = new ExactMatchOptions
                {
                    Data = _folder["held-out.jsonl"],
                    Every = 3,
                    MaxTokens = 8,
                },
            };
        RunFolder undisturbed = Run(Measured("a"));
        using CancellationTokenSource source = new();
        CancellingClock clock = new(source, at: 6); // asked twice a step, so in the third, after its rows were taken and before it is measured
        Assert.ThrowsAny<OperationCanceledException>(() => new SftTrainer(Measured("b"), clock).Run(null, source.Token));
        Assert.True(Directory.Exists(_folder["b/step-3"]));
        RunFolder resumed = Run(Measured("b"));
        Assert.Equal(Weights(undisturbed), Weights(resumed));
        Assert.Equal(Losses("a"), Losses("b"));
    }

    [Fact]
    public void Run_RowsAlone_GiveTheGradientThatDocumentsHaveInRowsOfTheirOwn()
    {
        using DecoderModel model = DecoderModel.CreateRandom(TinyModel.Config, 3, CPU);
        SftDocument[] documents = [Document(5, 7), Document(20, 4), Document(40, 9)];
        float[] packed = Gradient(model, [PackedRow.Of(documents, 24)]);
        float[] padded = Gradient(model, [.. documents.Select(document => PackedRow.Of([document], 24))]);
        Assert.All(packed.Zip(padded), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));

        static SftDocument Document(int first, int length) =>
            new([.. Enumerable.Range(first, length)], [.. Enumerable.Range(0, length).Select(i => i < 2 ? 0f : 1f)]);

        static float[] Gradient(DecoderModel model, PackedRow[] rows)
        {
            using DecoderModel view = model.ShareWeights();
            using DisposeScope scope = NewDisposeScope();
            Tensor ids = Rows(rows, row => row.Ids);
            Tensor weights = tensor(rows.SelectMany(row => row.Weights).ToArray(), rows.Length, 24);
            (Tensor positions, Tensor targets, Tensor targetWeights) = NextTokenTargets.Select(ids, weights);
            _ = view.BackpropagatePacked(
                ids,
                Rows(rows, row => row.Positions),
                Rows(rows, row => row.Documents),
                hidden =>
                    CrossEntropy.Compute(
                        view.Logits(hidden.reshape(-1, hidden.shape[2]).index_select(0, positions)),
                        targets,
                        targetWeights,
                        14
                    )
            );
            return
            [
                .. view
                    .Parameters.SelectMany(parameter => ReferenceNumbers.Flat(Assert.IsType<Tensor>(parameter.Value.grad)))
                    .Select(value => (float)value),
            ];
        }

        static Tensor Rows(PackedRow[] rows, Func<PackedRow, long[]> part) => tensor(rows.SelectMany(part).ToArray(), rows.Length, 24);
    }

    [Fact]
    public void Run_LayersComputedAgain_GiveTheSameLosses()
    {
        Run(Recipe("a", 4));
        Run(Recipe("b", 4) with { RecomputeLayers = true });
        Assert.All(LossValues("a").Zip(LossValues("b")), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public void Run_RoundedWeights_LearnOverMasterCopiesAndResumeToTheSameBytes()
    {
        RunFolder undisturbed = Run(Recipe("a", 30) with { Weights = WeightType.Bfloat16 });
        Assert.Throws<TimeoutException>(() => Run(Recipe("b", 30) with { Weights = WeightType.Bfloat16 }, step => Crash(step, at: 5)));
        RunFolder resumed = Run(Recipe("b", 30) with { Weights = WeightType.Bfloat16 });
        Assert.Equal(Weights(undisturbed), Weights(resumed));
        Assert.True(LossValues("a")[^1] < LossValues("a")[0] * 0.7);
        Assert.InRange(Weights(undisturbed).Length, 0, (new FileInfo(_folder["tiny/model.safetensors"]).Length / 2) + 2048);
    }

    [Fact]
    public void Run_AdaptersFromAFolder_GoOnWhereTheseEnded()
    {
        LowRankOptions adapters = new() { Rank = 4, Alpha = 8 };
        Run(Recipe("a", 20) with { Lora = adapters, LearningRate = 2e-2 });
        Run(Recipe("b", 20) with { Lora = adapters with { From = _folder["a/adapter"] }, LearningRate = 2e-2 });
        Assert.True(LossValues("b")[0] < LossValues("a")[0] * 0.95);
        RewardReasoningException error = Assert.ThrowsAny<RewardReasoningException>(() =>
            Run(Recipe("c", 20) with { Lora = adapters with { Alpha = 16, From = _folder["a/adapter"] } })
        );
        Assert.Contains("lora_alpha", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Adapters_LearnResumeAndComputeTheSameOnceMerged()
    {
        SftRecipe Adapted(string name) =>
            Recipe(name, 20) with
            {
                Lora = new LowRankOptions { Rank = 4, Alpha = 8 },
                LearningRate = 2e-2,
            };
        RunFolder undisturbed = Run(Adapted("a"));
        Assert.Throws<TimeoutException>(() => Run(Adapted("b"), step => Crash(step, at: 5)));
        Assert.Equal(Weights(undisturbed), Weights(Run(Adapted("b"))));
        Assert.True(LossValues("a")[^1] < LossValues("a")[0] * 0.95);

        using DecoderModel merged = DecoderModel.Load(undisturbed.FinalModel, ScalarType.Float32, CPU);
        using DecoderModel adapted = DecoderModel.Load(_folder["tiny"], ScalarType.Float32, CPU);
        adapted.AddAdapters(new LowRankOptions { Rank = 4, Alpha = 8 }, 1);
        AdapterFolder.Load(adapted, _folder["a/adapter"], new LowRankOptions { Rank = 4, Alpha = 8 });
        using Tensor ids = tensor(
            new long[,]
            {
                { 5, 6, 7, 8 },
            }
        );
        using IDisposable noGradients = no_grad();
        ReferenceNumbers.AssertClose(
            ReferenceNumbers.Flat(adapted.Hidden(ids)),
            ReferenceNumbers.Flat(merged.Hidden(ids)),
            1e-5,
            "hidden states"
        );

        ModelFolder.ApplyAdapter(_folder["a/adapter"], _folder["tiny"], _folder["applied"]);
        using DecoderModel applied = DecoderModel.Load(_folder["applied"], ScalarType.Float32, CPU);
        ReferenceNumbers.AssertClose(
            ReferenceNumbers.Flat(applied.Hidden(ids)),
            ReferenceNumbers.Flat(merged.Hidden(ids)),
            1e-5,
            "hidden states of the adapters applied to their base"
        );
    }

    [Fact]
    public void Run_KeepEvery_LeavesThoseCheckpointsAndTheLast()
    {
        Run(Recipe("a", 7) with { CheckpointEvery = 1, KeepEvery = 3 });
        Assert.Equal(["step-3", "step-6", "step-7"], Directory.GetDirectories(_folder["a"], "step-*").Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Run_MeasurementsThatNoLongerImprove_EndTheRunWithTheBestModel()
    {
        File.WriteAllLines(_folder["held-out.jsonl"], ["""{"prompt":"1+1","answer":"no such answer"}"""]);
        RunFolder run = Run(
            Recipe("a", 40) with
            {
                Evaluation = new ExactMatchOptions
                {
                    Data = _folder["held-out.jsonl"],
                    Every = 2,
                    MaxTokens = 8,
                },
                EarlyStop = new EarlyStopOptions { Patience = 2 },
            }
        );
        Assert.Equal(6, LossValues("a").Length);
        Assert.Equal(File.ReadAllBytes(_folder["a/best-2/model.safetensors"]), Weights(run));
    }

    [Fact]
    public void Run_Metrics_AreAlsoTensorBoardEvents()
    {
        Assert.Throws<TimeoutException>(() => Run(Recipe("a", 4), step => Crash(step, at: 3)));
        Run(Recipe("a", 4));
        Assert.Equal(0xE3069283, EventReader.Checksum("123456789"u8));
        IReadOnlyList<(long Step, string Tag, float Value)> events = EventReader.Read(_folder["a/tensorboard"]);
        Assert.Equal([1, 2, 3, 4], events.Where(scalar => scalar.Tag == "train/loss").Select(scalar => scalar.Step));
        Assert.All(
            events.Where(scalar => scalar.Tag == "train/loss").Zip(LossValues("a")),
            pair => Assert.Equal(pair.Second, pair.First.Value, 1e-5)
        );
    }

    [Fact]
    public void Run_FolderOfAnOlderVersion_GoesOnWhereNewFieldsHaveTheirDefaults()
    {
        Assert.Throws<TimeoutException>(() => Run(Recipe("a"), step => Crash(step, at: 3)));
        string kept = File.ReadAllText(_folder["a/recipe.json"]);
        File.WriteAllLines(
            _folder["a/recipe.json"],
            kept.Split('\n').Where(line => !line.Contains("keep_every", StringComparison.Ordinal))
        );
        Assert.True(Run(Recipe("a")).IsFinished);
    }

    [Fact]
    public void Run_HeldOutDocuments_AreMeasuredOneByOneFromTheStartAndNotTrainedOn()
    {
        SftRecipe Measured(string name) =>
            Recipe(name, 30) with
            {
                HeldOut = new HeldOutOptions
                {
                    Documents = 8,
                    Every = 10,
                    Answers = 4,
                    MaxTokens = 8,
                    TokensPerPass = 64,
                },
                MeasureFirst = true,
            };
        RunFolder undisturbed = Run(Measured("a"));
        JsonNode[] metrics = Rows("a/metrics.jsonl");
        JsonNode[] items = Rows("a/held-out.jsonl");
        Assert.Equal(Enumerable.Range(0, 31), metrics.Select(row => row["step"]?.GetValue<int>() ?? -1));
        Assert.Equal(
            [.. Enumerable.Repeat(0, 8), .. Enumerable.Repeat(10, 8), .. Enumerable.Repeat(20, 8), .. Enumerable.Repeat(30, 8)],
            items.Select(Step)
        );
        double[] before = [.. items.Take(8).Select(Loss)],
            after = [.. items.TakeLast(8).Select(Loss)];
        Assert.Equal(before.Average(), metrics[0]["evaluation/loss"]?.GetValue<double>() ?? double.NaN, 1e-5);
        double spread = Math.Sqrt(before.Sum(loss => Math.Pow(loss - before.Average(), 2)) / 7 / 8);
        Assert.Equal(spread, metrics[0]["evaluation/loss_error"]?.GetValue<double>() ?? double.NaN, 1e-5);
        Assert.All(before.Zip(after), pair => Assert.True(pair.Second < pair.First, $"{pair.First} became {pair.Second}"));
        Assert.Equal(4, items.Take(8).Count(item => item["right"] is not null));

        Assert.Throws<TimeoutException>(() => Run(Measured("b"), step => Crash(step, at: 11)));
        Assert.Equal(Weights(undisturbed), Weights(Run(Measured("b"))));
        Assert.Equal(File.ReadAllText(_folder["a/held-out.jsonl"]), File.ReadAllText(_folder["b/held-out.jsonl"]));

        static int Step(JsonNode item) => item["step"]?.GetValue<int>() ?? -1;
        static double Loss(JsonNode item) => item["loss"]?.GetValue<double>() ?? double.NaN;
    }

    [Fact]
    public void TakeOut_SomeDocuments_LeavesTheOthersAlone()
    {
        using SftDocuments documents = Documents(_folder["data.jsonl"]);
        string[] all = Completions(documents);
        string[] taken = [.. documents.TakeOut(10, 100, 7).Select(document => document.Completion)];
        Assert.Equal(30, documents.Count);
        Assert.Equal(all.Order(), taken.Concat(Completions(documents)).Order());
        Assert.NotEqual(all[..10], taken);
        RecipeException error = Assert.Throws<RecipeException>(() => documents.TakeOut(30, 100, 7));
        Assert.Contains("30 cannot be held out", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_PackedRowsOfOtherKinds_LearnTheAnswerTheBetterResponseAndTheLastTurn()
    {
        using (GZipStream packed = new(File.Create(_folder["rows.jsonl.gz"]), CompressionLevel.Fastest))
        {
            packed.Write(
                """
                {"question":"2+2","answer":"4"}

                {"prompt":"2+3","response_1":"6","response_2":"5","label":2}
                {"messages":[{"role":"user","content":"1"},{"role":"assistant","content":"1"},{"role":"user","content":"7"},{"role":"assistant","content":"9"}]}
                {"query":"alone"}
                """u8
            );
        }

        using SftDocuments documents = Documents(_folder["rows.jsonl.gz"]);
        Assert.Equal(4, documents.Count);
        Assert.Equal(["4", "5", "9"], Enumerable.Range(0, 3).Select(index => documents.Read(index).Completion));
        File.WriteAllText(_folder["one.jsonl"], """{"prompt":"2+2","completion":"4"}""");
        using SftDocuments one = Documents(_folder["one.jsonl"]);
        Assert.Equal(one.Read(0).Ids, documents.Read(0).Ids);
        Assert.Equal(one.Read(0).Weights, documents.Read(0).Weights);
        Assert.True(documents.Read(2).Ids.Length > documents.Read(0).Ids.Length);
        RecipeException error = Assert.Throws<RecipeException>(() => documents.Read(3));
        Assert.Contains("rows.jsonl.gz, document 4", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_TwoKindsOfMeasurementAtDifferentSteps_IsRefused()
    {
        RecipeException error = Assert.Throws<RecipeException>(() =>
            Run(
                Recipe("a") with
                {
                    Evaluation = new ExactMatchOptions { Data = _folder["data.jsonl"], Every = 3 },
                    HeldOut = new HeldOutOptions { Every = 4 },
                }
            )
        );
        Assert.Contains("give them one number", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ADocumentThatIsTooLong_IsLeftOutInEveryEpochAndCounted()
    {
        File.WriteAllLines(
            _folder["data.jsonl"],
            Enumerable.Range(0, 10).Select(i => $$"""{"prompt":"{{i}}+1","completion":"{{(i == 0 ? new string('7', 60) : "7")}}"}""")
        );
        List<TrainingProgress> steps = [];
        RunFolder run = Run(Recipe("a", 40) with { PackingPool = 160 }, steps.Add);
        Assert.True(run.IsFinished);
        Assert.Equal(1, steps[^1].Metrics["documents/too_long"]);
    }

    [Fact]
    public void Run_Finished_WritesACardWithoutPathsOfThisMachine()
    {
        File.WriteAllText(_folder["tiny/README.md"], "---\nlanguage: en\nlicense: apache-2.0\n---\n# Tiny\n");
        RunFolder run = Run(
            Recipe("a", 3) with
            {
                Lora = new LowRankOptions { Rank = 2 },
                GivenModel = "org/tiny",
            }
        );
        foreach (string folder in (string[])["model", "adapter"])
        {
            string card = File.ReadAllText(_folder[$"a/{folder}/README.md"]);
            Assert.Contains("base_model: org/tiny\nlicense: apache-2.0\n", card, StringComparison.Ordinal);
            Assert.Contains("supervised training, 3 steps", card, StringComparison.Ordinal);
            Assert.Contains("- Data: `data.jsonl`", card, StringComparison.Ordinal);
            Assert.Contains("| `train/loss` |", card, StringComparison.Ordinal);
            Assert.DoesNotContain(_folder.Path, card, StringComparison.Ordinal);
        }

        Assert.Contains(
            "\"base_model_name_or_path\": \"org/tiny\"",
            File.ReadAllText(_folder["a/adapter/adapter_config.json"]),
            StringComparison.Ordinal
        );
        Assert.True(run.IsFinished);
    }

    [Fact]
    public void Run_NoDocumentFits_SaysSo()
    {
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a") with { RowTokens = 8 }));
        Assert.Contains("Every document is longer than row_tokens (8)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_RowsLongerThanTheContext_AreRefused()
    {
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a") with { RowTokens = 1_025 }));
        Assert.Contains("row_tokens is 1025", error.Message, StringComparison.Ordinal);
        Assert.Contains("1024 tokens", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_ThreeStepsWithTheDefaultWarmup_Trains()
    {
        SftRecipe recipe = new()
        {
            Out = _folder["a"],
            Model = _folder["tiny"],
            Data = _folder["data.jsonl"],
            Steps = 3,
            RowTokens = 48,
        };
        List<TrainingProgress> steps = [];
        Run(recipe, steps.Add);
        Assert.All(steps, step => Assert.True(step.Metrics["train/learning_rate"] > 0));
    }

    [Fact]
    public void Run_TemplateThatWritesTheDate_ResumesLaterToTheSameBytes()
    {
        string settings = Path.Combine(_folder["tiny"], "tokenizer_config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(settings)) ?? new JsonObject();
        config["chat_template"] = "{{ strftime_now('%d') }}" + (string?)config["chat_template"];
        File.WriteAllText(settings, config.ToJsonString());
        RunFolder undisturbed = new SftTrainer(Recipe("a"), new Day(1)).Run(null, TestContext.Current.CancellationToken);
        Assert.Throws<TimeoutException>(() =>
            new SftTrainer(Recipe("b"), new Day(1)).Run(step => Crash(step, at: 5), TestContext.Current.CancellationToken)
        );
        RunFolder resumed = new SftTrainer(Recipe("b"), new Day(5)).Run(null, TestContext.Current.CancellationToken);
        Assert.Equal(Weights(undisturbed), Weights(resumed));
        Assert.NotEqual(
            Weights(undisturbed),
            Weights(new SftTrainer(Recipe("c"), new Day(5)).Run(null, TestContext.Current.CancellationToken))
        );
    }

    [Fact]
    public void Read_ConversationalPromptAndCompletion_AreOneConversation()
    {
        File.WriteAllLines(
            _folder["rows.jsonl"],
            [
                """{"prompt":[{"role":"user","content":"2+2"}],"completion":[{"role":"assistant","content":"4"}]}""",
                """{"prompt":"2+2","completion":"4"}""",
                """{"prompt":"2+2","completion":[{"role":"assistant","content":"4"}]}""",
                """{"prompt":7,"completion":"4"}""",
            ]
        );
        using SftDocuments documents = Documents(_folder["rows.jsonl"]);
        Assert.Equal(documents.Read(1).Ids, documents.Read(0).Ids);
        Assert.Equal(documents.Read(1).Weights, documents.Read(0).Weights);
        Assert.Contains(
            "document 3: completion is a list of messages, so prompt must be one too",
            Assert.Throws<RecipeException>(() => documents.Read(2)).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "document 4: prompt is missing or not a text",
            Assert.Throws<RecipeException>(() => documents.Read(3)).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Read_ReasoningGivenApart_IsLearnt()
    {
        File.WriteAllText(
            _folder["rows.jsonl"],
            """{"messages":[{"role":"user","content":"2+2"},{"role":"assistant","content":"4","reasoning_content":"2+2=4"}]}"""
        );
        using SftDocuments documents = Documents(_folder["rows.jsonl"]);
        SftDocument document = documents.Read(0);
        string learnt = Tokenizer.Load(_folder["tiny"]).Decode([.. document.Ids.Where((_, index) => document.Weights[index] > 0)]);
        Assert.Equal("2+2=4\n</think>\n\n4<|end|>", learnt.TrimStart('\n'));
    }

    private static string[] Completions(SftDocuments documents) =>
        [.. Enumerable.Range(0, documents.Count).Select(index => documents.Read(index).Completion)];

    private SftDocuments Documents(string path) =>
        new(path, new TrainedChat(_folder["tiny"], TinyModel.Config, null, DateTimeOffset.UnixEpoch));

    private JsonNode[] Rows(string name) =>
        [.. File.ReadLines(_folder[name]).Select(line => Assert.IsType<JsonObject>(JsonNode.Parse(line)))];

    private double[] LossValues(string name) =>
        [
            .. File.ReadLines(_folder[$"{name}/metrics.jsonl"])
                .Select(line => JsonNode.Parse(line)?["train/loss"]?.GetValue<double>() ?? double.NaN),
        ];

    /// <summary>Noon of a day in May.</summary>
    private sealed class Day(int day) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2025, 5, day, 12, 0, 0, TimeSpan.Zero);
    }

    /// <summary>Cancels when it is asked for the time for the n-th time.</summary>
    private sealed class CancellingClock(CancellationTokenSource source, int at) : TimeProvider
    {
        private int _asked;

        public override long GetTimestamp()
        {
            if (++_asked == at)
            {
                source.Cancel();
            }

            return _asked * 1_000_000L;
        }
    }

    private SftRecipe Recipe(string name, int steps = 8) =>
        new()
        {
            Out = _folder[name],
            Model = _folder["tiny"],
            Data = _folder["data.jsonl"],
            Steps = steps,
            RowsPerStep = 4,
            RowTokens = 48,
            PackingPool = 8,
            WarmupSteps = 2,
            LearningRate = 5e-3,
            CheckpointEvery = 2,
        };

    private string[] Losses(string name) =>
        [.. File.ReadLines(_folder[$"{name}/metrics.jsonl"]).Select(line => line[..line.IndexOf("\"time/", StringComparison.Ordinal)])];
}
