using System.Diagnostics;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Tests.Rewards;
using RewardReasoning.Server.Trainers;
using RewardReasoning.Testing;

namespace RewardReasoning.Server.Tests.Trainers;

/// <summary>
/// The client files under Python, called as their trainers call them (the shapes are those of tests/Fixtures/trainers), against a real
/// server whose judge prefers the greater number.
/// </summary>
public sealed class RewardClientTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly NumberJudge _judge = new();
    private RewardHost _host = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _host = await RewardHost.StartAsync(_judge.ToRewardJudge());
        foreach (string name in RewardClients.Names)
        {
            _folder.Write(RewardClients.FileNameOf(name), RewardClients.Read(name));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void Files_AreThere_AndUseTheStandardLibraryOnly()
    {
        Assert.Equal(["openrlhf", "slime", "trl", "verl"], RewardClients.Names);
        Assert.All(RewardClients.Names, name => Assert.InRange(RewardClients.Read(name).Split('\n').Length, 40, 110));
        Assert.All(
            RewardClients.Names,
            name => Assert.DoesNotContain("import requests", RewardClients.Read(name), StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Trl_TwoProcessesWithHalvesOfAGroup_AreJudgedTogether()
    {
        const string Script = """
            import json, pickle, sys
            from types import SimpleNamespace
            from rrm_trl import RrmReward
            f = pickle.loads(pickle.dumps(RrmReward(sys.argv[1], num_generations=4, run="test")))
            texts = sys.argv[2].split(",")
            prompts = [[{"role": "user", "content": "q"}]] * len(texts)
            completions = [[{"role": "assistant", "content": text}] for text in texts]
            logged = {}
            rewards = f(prompts=prompts, completions=completions, completion_ids=[[1]] * len(texts), uid=["sum-0"] * len(texts),
                trainer_state=SimpleNamespace(global_step=int(sys.argv[3])), log_extra=lambda name, values: logged.update({name: values}),
                log_metric=lambda name, value: None, answer=["9"] * len(texts))
            print(json.dumps({"rewards": rewards, "rank": logged["rrm_rank"], "name": f.__name__}))
            """;
        JsonElement[] halves = await Task.WhenAll(
            PythonAsync(Script, [("RANK", "0"), ("WORLD_SIZE", "2")], Url, "a 1,b 2", "0"),
            PythonAsync(Script, [("RANK", "1"), ("WORLD_SIZE", "2")], Url, "c 4,d 3", "0")
        );
        Assert.Equal([4, 3, 1, 2], halves.SelectMany(half => Numbers(half, "rank")));
        Assert.True(Numbers(halves[1], "rewards")[0] > 0.9);
        Assert.Equal(6, _judge.Asked.Count);
    }

    [Fact]
    public async Task Trl_AsyncGrpo_OneGroupACall_AndAFailedMemberIsNone()
    {
        const string Script = """
            import json, sys
            from rrm_trl import RrmReward
            f = RrmReward(sys.argv[1])
            print(json.dumps(f(prompts=["q"] * 3, completions=["a 1", "b 2", "bad"], completion_ids=[[1]] * 3, uid=["u"] * 3)))
            """;
        _judge.Answer = comparison => comparison.Response1 == "bad" || comparison.Response2 == "bad" ? NumberJudge.Decided(null) : null;
        JsonElement rewards = await PythonAsync(Script, [], Url);
        Assert.True(rewards[1].GetDouble() > rewards[0].GetDouble());
        Assert.Equal(JsonValueKind.Null, rewards[2].ValueKind);
    }

    [Fact]
    public async Task Verl_RewardManager_JoinsMembersByUid_AndRaisesOnFailure()
    {
        const string Script = """
            import asyncio, json, sys
            from types import SimpleNamespace
            from rrm_verl import RrmRewardManager
            class Tokenizer:
                def decode(self, ids, skip_special_tokens): return "".join(ids)
            class Ids(list):
                def __getitem__(self, key):
                    got = list.__getitem__(self, key)
                    return Ids(got) if isinstance(key, slice) else got
                def sum(self): return sum(self)
            config = SimpleNamespace(actor_rollout_ref=SimpleNamespace(rollout=SimpleNamespace(n=3)))
            manager = RrmRewardManager(config, Tokenizer(), None, reward_router_address=None)
            def data(session, text):
                row = {"raw_prompt": [{"role": "user", "content": "q"}], "uid": "u-1", "session_id": session, "global_steps": 3,
                    "extra_info": {"index": 7}, "data_source": "sums"}
                ids = Ids(list(text) + ["<pad>"] * 2)
                mask = Ids([1] * (5 + len(text)) + [0] * 2)
                return [SimpleNamespace(non_tensor_batch=row, batch={"responses": ids, "attention_mask": mask})]
            async def one(session, text):
                try:
                    return await manager.run_single(data(session, text))
                except RuntimeError as error:
                    return {"error": str(error)}
            async def main():
                return await asyncio.gather(one(2, "c 3"), one(0, "a 1"), one(1, "bad"))
            print(json.dumps(asyncio.run(main())))
            """;
        _judge.Answer = comparison => comparison.Response1 == "bad" || comparison.Response2 == "bad" ? NumberJudge.Decided(null) : null;
        JsonElement members = await PythonAsync(Script, [("RRM_URL", Url)]);
        Assert.True(members[0].GetProperty("reward_score").GetDouble() > members[1].GetProperty("reward_score").GetDouble());
        Assert.Equal(1, members[0].GetProperty("reward_extra_info").GetProperty("rank").GetInt32());
        Assert.Contains("unparsable", members[2].GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verl_ComputeScore_AsyncFunctionAlone_GroupsByThePrompt()
    {
        const string Script = """
            import asyncio, json
            from rrm_verl import compute_score
            async def main():
                return await asyncio.gather(*(compute_score(data_source="sums", solution_str=text, ground_truth="9",
                    extra_info={"prompt": "q", "index": 7, "num_turns": None}) for text in ["a 1", "b 3", "c 2"]))
            print(json.dumps(asyncio.run(main())))
            """;
        JsonElement scores = await PythonAsync(Script, [("RRM_URL", Url), ("RRM_GROUP_SIZE", "3")]);
        Assert.Equal([3, 1, 2], scores.EnumerateArray().Select(score => score.GetProperty("rank").GetInt32()));
    }

    [Fact]
    public async Task OpenRlhf_AgentExecutor_NumbersTheCallsForAPrompt()
    {
        const string Script = """
            import asyncio, json
            from types import SimpleNamespace
            from rrm_openrlhf import AgentExecutor
            class Row(list):
                def tolist(self): return list(self)
            class Tokenizer:
                def __call__(self, text, **kw): return {"input_ids": [Row(text)]}
                def decode(self, ids, skip_special_tokens): return "".join(ids)
            class Engine:
                def __init__(self, texts): self.texts = iter(texts)
                async def generate(self, ids, params):
                    text = next(self.texts)
                    await asyncio.sleep(0.05 if text.endswith("1") else 0.01)
                    return SimpleNamespace(outputs=[SimpleNamespace(token_ids=list(text), text=text, logprobs=None)])
            async def main():
                executor, params = AgentExecutor(), SimpleNamespace(max_tokens=10, logprobs=None, temperature=1.0)
                outputs = []
                for texts in (["a 1", "b 3", "c 2"], ["d 5", "e 4", "f 6"]):
                    engine = Engine(texts)
                    outputs += await asyncio.gather(*(executor.execute("q", "9", params, 100, Tokenizer(), engine) for _ in texts))
                return outputs
            print(json.dumps(asyncio.run(main())))
            """;
        JsonElement outputs = await PythonAsync(Script, [("RRM_URL", Url), ("RRM_GROUP_SIZE", "3")]);
        Assert.Equal(
            [3, 1, 2, 2, 3, 1],
            outputs.EnumerateArray().Select(output => output.GetProperty("extra_logs").GetProperty("rank").GetDouble())
        );
        Assert.Equal(outputs[0].GetProperty("reward").GetDouble(), outputs[0].GetProperty("scores").GetDouble());
        Assert.Equal(4, outputs[0].GetProperty("action_ranges")[0][1].GetInt32());
    }

    [Fact]
    public async Task OpenRlhf_EvaluationOfTheSamePromptInBetween_IsAGroupOfItsOwn()
    {
        const string Script = """
            import asyncio, json
            from types import SimpleNamespace
            from rrm_openrlhf import AgentExecutor
            class Row(list):
                def tolist(self): return list(self)
            class Tokenizer:
                def __call__(self, text, **kw): return {"input_ids": [Row(text)]}
                def decode(self, ids, skip_special_tokens): return "".join(ids)
            class Engine:
                def __init__(self, text): self.text = text
                async def generate(self, ids, params):
                    return SimpleNamespace(outputs=[SimpleNamespace(token_ids=list(self.text), text=self.text, logprobs=None)])
            async def main():
                executor, outputs = AgentExecutor(), []
                for temperature, texts in ((1.0, ["a 1", "b 3", "c 2"]), (0.6, ["e 9", "f 8"]), (1.0, ["d 5", "e 4", "f 6"])):
                    params = SimpleNamespace(max_tokens=10, logprobs=None, temperature=temperature)
                    outputs += await asyncio.gather(*(executor.execute("q", "9", params, 100, Tokenizer(), Engine(t)) for t in texts))
                return outputs
            print(json.dumps(asyncio.run(main())))
            """;
        JsonElement outputs = await PythonAsync(Script, [("RRM_URL", Url), ("RRM_GROUP_SIZE", "3"), ("RRM_EVAL_GROUP_SIZE", "2")]);
        Assert.Equal(
            [3, 1, 2, 1, 2, 2, 3, 1],
            outputs.EnumerateArray().Select(output => output.GetProperty("extra_logs").GetProperty("rank").GetDouble())
        );
    }

    [Fact]
    public async Task Slime_AListForAList_AndAFailedSampleIsRemovedWithTheMeanOfTheOthers()
    {
        const string Script = """
            import asyncio, json
            from types import SimpleNamespace
            from rrm_slime import rm
            samples = [SimpleNamespace(group_index=1, index=4 + at, prompt="q", response=text, label="9", remove_sample=False)
                for at, text in enumerate(["a 1", "b 2", "bad", "c 3"])]
            rewards = asyncio.run(rm(SimpleNamespace(group_rm=True, n_samples_per_prompt=4), samples))
            print(json.dumps({"rewards": rewards, "removed": [sample.remove_sample for sample in samples]}))
            """;
        _judge.Answer = comparison => comparison.Response1 == "bad" || comparison.Response2 == "bad" ? NumberJudge.Decided(null) : null;
        JsonElement result = await PythonAsync(Script, [("RRM_URL", Url)]);
        double[] rewards = Numbers(result, "rewards");
        Assert.Equal([false, false, true, false], result.GetProperty("removed").EnumerateArray().Select(removed => removed.GetBoolean()));
        Assert.Equal((rewards[0] + rewards[1] + rewards[3]) / 3, rewards[2], 9);
    }

    [Fact]
    public async Task Slime_OneSampleACall_IsJoinedByItsGroup()
    {
        const string Script = """
            import asyncio, json
            from types import SimpleNamespace
            from rrm_slime import rm
            args = SimpleNamespace(group_rm=False, n_samples_per_prompt=2)
            samples = [SimpleNamespace(group_index=5, index=10 + at, prompt=[{"role": "user", "content": "q"}], response=text, label=None)
                for at, text in enumerate(["a 1", "b 2"])]
            async def main():
                return await asyncio.gather(*(rm(args, sample) for sample in samples))
            print(json.dumps({"rewards": asyncio.run(main())}))
            """;
        double[] rewards = Numbers(await PythonAsync(Script, [("RRM_URL", Url)]), "rewards");
        Assert.True(rewards[1] > rewards[0]);
    }

    [Fact]
    public async Task Clients_WaitThroughAnOutageOfTheServer()
    {
        const string Script = """
            import asyncio, json
            from types import SimpleNamespace
            from rrm_slime import rm
            samples = [SimpleNamespace(group_index=1, index=at, prompt="q", response=text) for at, text in enumerate(["a 1", "b 2"])]
            print(json.dumps({"rewards": asyncio.run(rm(SimpleNamespace(group_rm=True), samples))}))
            """;
        int asked = 0;
        await using LoopbackServer unsteady = await LoopbackServer.StartAsync(async context =>
        {
            if (Interlocked.Increment(ref asked) <= 2)
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                return;
            }

            using StreamReader body = new(context.Request.Body);
            RewardReply reply = await _host.PostAsync(context.Request.Path, await body.ReadToEndAsync(Cancellation));
            (context.Response.StatusCode, context.Response.ContentType) = (reply.Status, reply.MediaType);
            await context.Response.WriteAsync(reply.Body, Cancellation);
        });
        double[] rewards = Numbers(await PythonAsync(Script, [("RRM_URL", unsteady.Url.ToString())]), "rewards");
        Assert.True(rewards[1] > rewards[0]);
    }

    private string Url => _host.Url.ToString().TrimEnd('/');

    private static double[] Numbers(JsonElement json, string name) =>
        [.. json.GetProperty(name).EnumerateArray().Select(number => number.GetDouble())];

    /// <summary>What a script printed as JSON.</summary>
    private async Task<JsonElement> PythonAsync(string script, (string Name, string Value)[] environment, params string[] arguments)
    {
        ProcessStartInfo start = new("python3")
        {
            WorkingDirectory = _folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])["-c", script, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["PYTHONPATH"] = _folder.Path;
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        Process process;
        try
        {
            process = Process.Start(start) ?? throw new InvalidOperationException("Python was not started.");
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Skip("python3 is not found.");
            throw;
        }

        using (process)
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(Cancellation);
            Task<string> errors = process.StandardError.ReadToEndAsync(Cancellation);
            await process.WaitForExitAsync(Cancellation);
            string said = await errors;
            Assert.True(process.ExitCode == 0, said);
            return JsonDocument.Parse(await output).RootElement;
        }
    }
}
