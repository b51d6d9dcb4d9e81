using System.Text.Json.Nodes;
using RewardReasoning.Judging;
using RewardReasoning.Recipes;
using RewardReasoning.Testing;
using RewardReasoning.Training.Policies;
using RewardReasoning.Training.Runs;
using Xunit;

namespace RewardReasoning.Training.Tests.Policies;

public sealed class PolicyTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public PolicyTrainingTests()
    {
        TinyModel.Write(_folder["judge"]);
        WritePolicy(_folder["tiny"]);
        File.WriteAllLines(_folder["questions.jsonl"], Enumerable.Range(0, 12).Select(i => $$"""{"query":"{{i}}+1"}"""));
        File.WriteAllLines(
            _folder["heldout.jsonl"],
            Enumerable.Range(0, 4).Select(i => $$"""{"query":"{{i}}+20","answer":"{{i + 20}}"}""")
        );
    }

    [Fact]
    public void Run_KilledBetweenCheckpointsAndResumed_EndsInTheSameBytes()
    {
        List<TrainingProgress> steps = [];
        RunFolder undisturbed = Run(Recipe("a"), ScriptedJudge.Alphabetical(), steps.Add);
        Assert.Throws<TimeoutException>(() =>
            Run(
                Recipe("b"),
                ScriptedJudge.Alphabetical(),
                step =>
                {
                    if (step.Step == 3)
                    {
                        throw new TimeoutException("the machine went away");
                    }
                }
            )
        );
        Assert.Equal(Weights(undisturbed), Weights(Run(Recipe("b"), ScriptedJudge.Alphabetical())));
        Assert.Equal(File.ReadAllLines(_folder["a/held-out.jsonl"]), File.ReadAllLines(_folder["b/held-out.jsonl"]));
        Assert.NotEqual(File.ReadAllBytes(_folder["tiny/model.safetensors"]), Weights(undisturbed));
        Assert.Equal(0, steps[0].Step);
        steps.RemoveAt(0);
        Assert.All(
            steps,
            step =>
                Assert.Equal(
                    step.Metrics["guard/responses"],
                    step.Metrics["guard/empty"]
                        + step.Metrics["guard/too_long"]
                        + step.Metrics["guard/speaks_to_judge"]
                        + step.Metrics["guard/outside_domain"]
                )
        );
        Assert.True(steps.Sum(step => step.Metrics["guard/empty"]) > 0, "one response in five ends with its first token");
        Assert.True(steps[0].Metrics["judge/matches"] > 0);
        Assert.Equal(12 * steps[0].Metrics["judge/matches"], steps[0].Metrics["judge/tokens"]);
        Assert.InRange(steps[0].Metrics["reward/mean"], 0.4, 0.6);
        Assert.InRange(steps[^1].Metrics["evaluation/accuracy"], 0, 1);
    }

    [Fact]
    public void Run_HeldOutQuestions_AreAnsweredBeforeTheFirstStepAndComparedWithThat()
    {
        List<TrainingProgress> steps = [];
        Run(
            Recipe("a") with
            {
                Evaluation = new PolicyEvaluationOptions
                {
                    Data = _folder["heldout.jsonl"],
                    Every = 1,
                    Temperature = 1,
                },
            },
            ScriptedJudge.Alphabetical(),
            steps.Add
        );
        Assert.Equal([0, 1, 2, 3, 4], steps.Select(step => step.Step));
        Assert.Equal(["evaluation/accuracy", "evaluation/length", "evaluation/cut"], steps[0].Metrics.Keys);
        JsonNode[] rows = [.. File.ReadLines(_folder["a/held-out.jsonl"]).Select(line => JsonNode.Parse(line) ?? "")];
        Assert.Equal(5 * 4, rows.Length);
        foreach (TrainingProgress step in steps.Skip(1))
        {
            JsonNode[] now = [.. rows.Where(row => (int?)row["step"] == step.Step)];
            Assert.Equal(rows[..4].Select(row => (string?)row["query"]), now.Select(row => (string?)row["query"]));
            Assert.Equal(now.Count(row => (bool?)row["right"] == true) / 4.0, step.Metrics["evaluation/accuracy"]);
            Assert.Equal(
                4 * (step.Metrics["evaluation/accuracy"] - steps[0].Metrics["evaluation/accuracy"]),
                step.Metrics["evaluation/gained"] - step.Metrics["evaluation/lost"],
                1e-9
            );
        }
    }

    [Fact]
    public void Run_CancelledWhileMeasuringTheStart_MeasuresItWhenItGoesOn()
    {
        using CancellationTokenSource source = new();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() =>
            new PolicyTrainer(Recipe("a"), TimeProvider.System, ScriptedJudge.Alphabetical()).Run(null, source.Token)
        );
        List<TrainingProgress> steps = [];
        Run(Recipe("a"), ScriptedJudge.Alphabetical(), steps.Add);
        Assert.Equal([0, 1, 2, 3, 4], steps.Select(step => step.Step));
        Assert.True(steps[0].Metrics.ContainsKey("evaluation/accuracy"));
    }

    [Fact]
    public void Run_QuestionThatTheJudgeCannotJudge_NamesFileAndLine()
    {
        File.AppendAllText(_folder["questions.jsonl"], """{"query":"Why?"}""");
        RecipeException error = Assert.Throws<RecipeException>(() =>
            Run(Recipe("a") with { Judge = new PolicyJudgeOptions { Model = _folder["judge"] } }, null)
        );
        Assert.Contains("questions.jsonl:13", error.Message, StringComparison.Ordinal);
        Assert.Contains("calculator", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_JudgeWithoutVerdicts_TrainsNothingAndCountsTheGroups()
    {
        List<TrainingProgress> steps = [];
        File.Delete(Path.Combine(_folder["judge"], JudgeFiles.DomainFile));
        PolicyRecipe recipe = Recipe("a") with
        {
            Steps = 1,
            Responses = 6,
            Judge = new PolicyJudgeOptions { Model = _folder["judge"], MaxTokens = 2 },
        };
        RunFolder run = Run(recipe, null, steps.Add);
        steps.RemoveAt(0);
        Assert.Equal(steps[0].Metrics["judge/matches"], steps[0].Metrics["judge/missing_matches"]);
        Assert.True(steps[0].Metrics["judge/matches"] > 0);
        Assert.InRange(steps[0].Metrics["reward/missing_groups"], 1, 4);
        Assert.Equal(4 - steps[0].Metrics["reward/missing_groups"], steps[0].Metrics["grpo/groups"]);
        Assert.True(Directory.Exists(run.FinalModel));
    }

    [Fact]
    public void Run_JudgeNotMadeForTheResponses_SaysSo() =>
        Assert.Throws<OutOfDomainException>(() =>
            Run(
                Recipe("a") with
                {
                    Responses = 6,
                    Judge = new PolicyJudgeOptions { Model = _folder["judge"] },
                },
                null
            )
        );

    [Fact]
    public async Task Run_JudgeBehindAnEndpoint_IsAskedWithSeeds()
    {
        await using FakeOpenAIServer server = await FakeOpenAIServer.StartAsync(_ => FakeReply.Completion("\\boxed{Assistant 1}"));
        PolicyJudgeOptions judge = new()
        {
            Model = "rrm-7b",
            Endpoints = [server.Url.ToString()],
            Votes = 2,
        };
        List<TrainingProgress> steps = [];
        await Task.Run(() => Run(Recipe("a") with { Steps = 1, Judge = judge }, null, steps.Add), TestContext.Current.CancellationToken);
        Assert.NotEmpty(server.Requests);
        Assert.All(server.Requests, request => Assert.NotNull(request.Body["seed"]));
        Assert.True(server.Requests.Count >= 2 * steps[1].Metrics["judge/matches"]);
    }

    [Fact]
    public async Task Run_RewardsOfAService_TrainAsThoseOfAJudgeDo()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(answer => answer.Length % 2 == 0 ? null : 0.75);
        PolicyRecipe recipe = Recipe("a") with
        {
            Reward = Ratings.RewardKind.WinProbability,
            Judge = new PolicyJudgeOptions { Rewards = service.Url.ToString() },
        };
        List<TrainingProgress> steps = [];
        RunFolder run = await Task.Run(() => Run(recipe, null, steps.Add), TestContext.Current.CancellationToken);
        Assert.NotEqual(File.ReadAllBytes(_folder["tiny/model.safetensors"]), Weights(run));
        Assert.NotEmpty(service.Groups);
        Assert.True(steps.Skip(1).Sum(step => step.Metrics["reward/missing"]) > 0, "responses of even length have no reward");
        Assert.InRange(steps[1].Metrics["reward/mean"], 0, 1);
    }

    [Fact]
    public async Task Run_ServiceWhoseJudgeHasADomain_RefusesOtherQuestions()
    {
        await using FakeRewardService service = await FakeRewardService.StartAsync(_ => 0.5);
        service.Judge = """{"judge": {}, "domain": {"query": "[0-9+]+", "response": ".*", "says": "It judges sums."}}""";
        File.AppendAllText(_folder["questions.jsonl"], """{"query":"Why?"}""");
        PolicyRecipe recipe = Recipe("a") with
        {
            Reward = Ratings.RewardKind.WinProbability,
            Judge = new PolicyJudgeOptions { Rewards = service.Url.ToString() },
        };
        RecipeException error = await Assert.ThrowsAsync<RecipeException>(() => Task.Run(() => Run(recipe, null)));
        Assert.Contains("questions.jsonl:13", error.Message, StringComparison.Ordinal);
        Assert.Contains("It judges sums.", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_JudgingOptionsBesideAService_AreNamed()
    {
        RecipeException error = Assert.Throws<RecipeException>(() =>
            Run(
                Recipe("a") with
                {
                    Judge = new PolicyJudgeOptions
                    {
                        Rewards = "localhost",
                        Model = "m",
                        Votes = 3,
                    },
                },
                null
            )
        );
        Assert.Contains("judge.model, judge.votes beside judge.rewards", error.Message, StringComparison.Ordinal);
        Assert.Contains("judge.rewards is 'localhost'", error.Message, StringComparison.Ordinal);
        Assert.Contains("\"reward\": \"win_probability\"", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_NeitherModelNorService_SaysWhatToName()
    {
        RecipeException error = Assert.Throws<RecipeException>(() => Run(Recipe("a") with { Judge = new PolicyJudgeOptions() }, null));
        Assert.Contains("judge.model is missing", error.Message, StringComparison.Ordinal);
        Assert.Contains("judge.rewards", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_QuestionsWithoutAnswersHeldOut_NamesFileAndLine()
    {
        RecipeException error = Assert.Throws<RecipeException>(() =>
            Run(
                Recipe("a") with
                {
                    Evaluation = new PolicyEvaluationOptions { Data = _folder["questions.jsonl"] },
                },
                ScriptedJudge.Alphabetical()
            )
        );
        Assert.Contains("questions.jsonl:1", error.Message, StringComparison.Ordinal);
        Assert.Contains("query and answer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_FaultsOfAPolicy_AreAllListed()
    {
        RecipeException error = Assert.Throws<RecipeException>(() =>
            Run(
                Recipe("a") with
                {
                    Responses = 1,
                    Reward = Ratings.RewardKind.WinRate,
                    Guard = new GuardOptions { Phrases = ["(", "(?=look)"] },
                    Judge = new PolicyJudgeOptions
                    {
                        Model = "m",
                        Endpoints = ["nowhere"],
                        Store = "",
                        Votes = 0,
                        MaxTokens = 5,
                        ThinkingBudget = 6,
                    },
                },
                null
            )
        );
        foreach (
            string part in (string[])
                [
                    "8 faults:",
                    "judge.store is empty",
                    "responses is 1",
                    "reward is win_rate",
                    "guard.phrases holds '('",
                    "holds '(?=look)'",
                    "judge.votes is 0",
                    "judge.thinking_budget is 6",
                    "endpoints has 'nowhere'",
                ]
        )
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Run_FilesThatAreNotThere_AreAllNamedAndTheFolderTakesTheMendedRecipe()
    {
        PolicyRecipe recipe = Recipe("a") with
        {
            Data = "no-questions.jsonl",
            Evaluation = new PolicyEvaluationOptions { Data = "no-answers.jsonl" },
            Judge = new PolicyJudgeOptions { Model = "no-judge" },
        };
        RecipeException error = Assert.Throws<RecipeException>(() => Run(recipe, null));
        foreach (string part in (string[])["no-questions.jsonl (data)", "no-answers.jsonl (evaluation.data)", "no-judge (judge.model)"])
        {
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }

        Assert.True(Run(Recipe("a") with { Steps = 1 }, ScriptedJudge.Alphabetical()).IsFinished);
        Assert.Throws<RecipeException>(() => Run(Recipe("a"), ScriptedJudge.Alphabetical()));
    }

    [Fact]
    public void Load_JudgeOfARecipe_IsReadFromJson()
    {
        File.WriteAllText(
            _folder["recipe.json"],
            """
            {
              "out": "o", "model": "m", "data": "d", "steps": 1, "reward": "win_probability",
              "judge": { "model": "j", "endpoints": ["http://localhost:1/v1"], "server": "vllm" }
            }
            """
        );
        PolicyRecipe recipe = RecipeFile.Load<PolicyRecipe>(_folder["recipe.json"]);
        Assert.Equal(
            (Ratings.RewardKind.WinProbability, "j", 4, 8),
            (recipe.Reward, recipe.Judge.Model, recipe.Opponents, recipe.Responses)
        );
    }

    [Theory]
    [InlineData(TrainingKind.Grpo, """{"policy":{"judge":{"model":"j"}}}""", "Train a policy with `rrm train policy`")]
    [InlineData(TrainingKind.Policy, """{"policy":{"judge":{"model":"j"}}}""", "Move its fields")]
    [InlineData(TrainingKind.Policy, """{"pairs_per_step":3}""", "Write questions_per_step")]
    [InlineData(
        TrainingKind.Policy,
        """{"evaluation":{"data":"d","pairs":3}}""",
        "evaluation.pairs is no longer a field here. Write questions"
    )]
    public void Load_RecipeOfAnOlderVersion_SaysWhatToChange(TrainingKind kind, string json, string advice)
    {
        File.WriteAllText(_folder["recipe.json"], json);
        RecipeException error = Assert.Throws<RecipeException>(() => TrainingRun.Load(kind, _folder["recipe.json"]));
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static RunFolder Run(PolicyRecipe recipe, IJudge? judge, Action<TrainingProgress>? progress = null) =>
        new PolicyTrainer(recipe, TimeProvider.System, judge).Run(progress, TestContext.Current.CancellationToken);

    private static byte[] Weights(RunFolder run) => File.ReadAllBytes(Path.Combine(run.FinalModel, "model.safetensors"));

    /// <summary>
    /// A tiny model that does not think, and of whose 296 tokens 61 end its turn: random weights then write a few letters and stop.
    /// </summary>
    private static void WritePolicy(string folder)
    {
        TinyModel.Write(folder);
        string settings = Path.Combine(folder, "tokenizer_config.json");
        File.WriteAllText(settings, File.ReadAllText(settings).Replace("<think>", "", StringComparison.Ordinal));
        File.WriteAllText(
            Path.Combine(folder, "generation_config.json"),
            $$"""{"eos_token_id":[{{string.Join(',', Enumerable.Range(0, 60))}},287]}"""
        );
    }

    private PolicyRecipe Recipe(string name) =>
        new()
        {
            Out = _folder[name],
            Model = _folder["tiny"],
            Data = _folder["questions.jsonl"],
            Steps = 4,
            QuestionsPerStep = 4,
            MaxTokens = 24,
            LearningRate = 1e-2,
            CheckpointEvery = 2,
            MeasureFirst = true,
            Responses = 6,
            Judge = new PolicyJudgeOptions { Model = "not opened" },
            Evaluation = new PolicyEvaluationOptions { Data = _folder["heldout.jsonl"], Every = 2 },
        };
}
