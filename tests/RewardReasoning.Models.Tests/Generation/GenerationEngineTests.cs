using CsCheck;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Models.Generation;
using RewardReasoning.Models.Tests.Checkpoints;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Tests.Generation;

/// <summary>Everything that a caller may expect of the engine, whichever way the sequences are kept.</summary>
public abstract class GenerationEngineTests : IDisposable
{
    private static readonly EngineOptions OneWorker = new() { Workers = 1, TensorThreads = 1 };

    private readonly int _headDimension;
    private readonly ChatFolder _folder;
    private readonly LocalModel _model;

    protected GenerationEngineTests(int headDimension)
    {
        _headDimension = headDimension;
        _folder = ChatFolder.Random(headDimension: headDimension);
        set_num_threads(1);
        _model = LocalModel.Load(_folder.Path);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Generate_Greedy_EqualsRecomputingEverything()
    {
        await using GenerationEngine engine = Engine();
        int[] prompt = Prompt(1, 30);

        Completion completion = await engine.GenerateAsync(
            Request(prompt, 40) with
            {
                Sampling = SamplingOptions.Greedy,
                LogProbs = 3,
            },
            Cancellation
        );

        (int[] ids, float[] logProbs) = Recompute(_model.Decoder, prompt, 40);
        Assert.Equal(ids, completion.Ids);
        Assert.Equal(CompletionEnd.Length, completion.End);
        Assert.NotNull(completion.LogProbs);
        Assert.NotNull(completion.TopLogProbs);
        Assert.All(completion.LogProbs.Zip(logProbs), pair => Assert.Equal(pair.Second, pair.First, 2e-4));
        Assert.All(completion.TopLogProbs.Zip(ids), place => Assert.Equal((place.Second, 3), (place.First[0].Id, place.First.Length)));
        Assert.Equal((30, 40, 0), (completion.PromptTokens, completion.GeneratedTokens, completion.CachedPromptTokens));
    }

    [Fact]
    public async Task Generate_BFloat16_StaysNearFloat32()
    {
        using DecoderModel half = DecoderModel.Load(_folder.Path, ScalarType.BFloat16, CPU);
        GenerationRequest[] requests =
        [
            .. Enumerable
                .Range(0, 4)
                .Select(i => Request(Prompt(i, 10 + (9 * i)), 1) with { LogProbs = 256, Sampling = SamplingOptions.Greedy }),
        ];

        Completion[] exact = await RunAll(_model.Decoder, requests),
            rounded = await RunAll(half, requests);

        foreach ((Completion expected, Completion found) in exact.Zip(rounded))
        {
            Dictionary<int, float> known = expected.TopLogProbs?[0].ToDictionary(token => token.Id, token => token.LogProb) ?? [];
            TokenLogProb[] top = Assert.IsType<TokenLogProb[]>(found.TopLogProbs?[0]);
            Assert.All(top[..5], token => Assert.Equal(known[token.Id], token.LogProb, 0.25));
        }
    }

    [Theory]
    [MemberData(nameof(ParityFolder.Names), MemberType = typeof(ParityFolder))]
    public async Task Generate_Greedy_GivesTheIdsOfTransformersAloneAndTogether(string name)
    {
        ParityFolder folder = ParityFolder.Get(name);
        using DecoderModel model = DecoderModel.Load(folder.Path, ScalarType.Float32, CPU);
        using SafetensorsFile expected = folder.OpenExpected();
        long[,] ids = Longs(expected.Read("left.input_ids")),
            mask = Longs(expected.Read("left.attention_mask")),
            greedy = Longs(expected.Read("greedy.ids"));
        GenerationRequest[] requests =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(row => new GenerationRequest
                {
                    Prompt = [.. Enumerable.Range(0, ids.GetLength(1)).Where(i => mask[row, i] != 0).Select(i => (int)ids[row, i])],
                    MaxTokens = greedy.GetLength(1),
                    Sampling = SamplingOptions.Greedy,
                }),
        ];

        Completion[] together = await RunAll(model, requests);
        for (int row = 0; row < 3; row++)
        {
            int[] wanted = [.. Enumerable.Range(0, greedy.GetLength(1)).Select(i => (int)greedy[row, i])];
            Assert.Equal(wanted, together[row].Ids);
            Assert.Equal(wanted, (await RunAll(model, [requests[row]]))[0].Ids);
        }
    }

    [Fact]
    public async Task Generate_SameSeedAloneAndInACrowd_GivesTheSameTokens()
    {
        GenerationRequest[] requests =
        [
            .. Enumerable
                .Range(0, 40)
                .Select(i =>
                    Request(Prompt(i, 5 + (i * 7 % 60)), 10 + (i * 5 % 50)) with
                    {
                        LogProbs = 0,
                        Sampling = new SamplingOptions { Seed = (ulong)i, TopP = i % 2 == 0 ? 1 : 0.9f },
                    }
                ),
        ];
        await using GenerationEngine engine = Engine(OneWorker with { MaxSequences = 12, MaxPrefillTokens = 100 });

        Completion[] crowd = await Task.WhenAll(requests.Select(request => engine.GenerateAsync(request, Cancellation)));

        for (int i = 0; i < requests.Length; i++)
        {
            Completion alone = await engine.GenerateAsync(requests[i], Cancellation);
            Assert.NotNull(alone.LogProbs);
            Assert.NotNull(crowd[i].LogProbs);
            Assert.Equal(alone.Ids, crowd[i].Ids);
            Assert.All(alone.LogProbs.Zip(crowd[i].LogProbs ?? []), pair => Assert.Equal(pair.First, pair.Second, 2e-4));
        }
    }

    [Fact]
    public async Task Generate_Deterministic_GivesTheSameBitsAloneAndInACrowd()
    {
        EngineOptions options = OneWorker with { Deterministic = true, MaxSequences = 12, MaxPrefillTokens = 100 };
        if (_headDimension != 16)
        {
            ArgumentException error = Assert.Throws<ArgumentException>(() => Engine(options));
            Assert.Contains("multiple of 16", error.Message, StringComparison.Ordinal);
            return;
        }

        int[] beginning = Prompt(99, 40);
        foreach (ScalarType type in new[] { ScalarType.Float32, ScalarType.BFloat16 })
        {
            // More tokens than the sampler reads as a whole.
            DecoderConfig config = _model.Decoder.Config with
            {
                VocabularySize = 5_000,
            };
            using DecoderModel single = DecoderModel.CreateRandom(config, seed: 8, CPU);
            using DecoderModel model = single.ConvertTo(type);
            GenerationRequest[] requests =
            [
                .. Enumerable
                    .Range(0, 20)
                    .Select(i =>
                        Request([.. beginning, .. Prompt(i % 15, 5 + (i % 15 * 7 % 60))], 10 + (i * 5 % 50)) with
                        {
                            LogProbs = 0,
                            Sampling = new SamplingOptions { Seed = (ulong)i, Temperature = i % 3 == 0 ? 1 : 0.3f },
                        }
                    ),
            ];
            await using GenerationEngine engine = new(model, _model.Tokenizer, options);

            Completion[] crowd = await Task.WhenAll(requests.Select(request => engine.GenerateAsync(request, Cancellation)));

            foreach ((GenerationRequest request, Completion together) in requests.Zip(crowd))
            {
                Completion alone = await engine.GenerateAsync(request, Cancellation);
                Assert.Equal(alone.Ids, together.Ids);
                Assert.Equal(alone.LogProbs, together.LogProbs);
            }
        }
    }

    [Fact]
    public async Task Generate_DifferentSeeds_GivesDifferentTokens()
    {
        await using GenerationEngine engine = Engine();
        int[] prompt = Prompt(3, 12);

        Completion[] completions = await Task.WhenAll(
            Enumerable
                .Range(0, 8)
                .Select(i =>
                    engine.GenerateAsync(Request(prompt, 20) with { Sampling = new SamplingOptions { Seed = (ulong)i } }, Cancellation)
                )
        );

        Assert.Equal(8, completions.Select(completion => string.Join(',', completion.Ids)).Distinct().Count());
    }

    [Fact]
    public async Task Generate_RepeatedAndSharedPrompts_AreComputedOnce()
    {
        await using GenerationEngine engine = Engine(OneWorker with { MaxSequences = 6 });
        using CancellationTokenSource blocking = new();
        Task<Completion>[] blockers =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(i => engine.GenerateAsync(Request(Prompt(9, 5), 240) with { Sampling = SamplingOptions.Greedy }, blocking.Token)),
        ];
        int[] common = Prompt(4, 50);
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 6).Select(i => Request([.. common, .. Prompt(i % 3, 3 + (i % 3))], 5) with { LogProbs = 0 }),
        ];
        Task<Completion>[] tasks = [.. requests.Select(request => engine.GenerateAsync(request, Cancellation))];
        await blocking.CancelAsync();
        Completion[] completions = await Task.WhenAll(tasks);

        Assert.All(blockers, blocker => Assert.True(blocker.IsCompleted));
        Assert.Equal([0, 50, 50, 53, 54, 55], completions.Select(completion => completion.CachedPromptTokens));
        for (int i = 0; i < requests.Length; i++)
        {
            Completion alone = await engine.GenerateAsync(requests[i], Cancellation);
            Assert.Equal(alone.Ids, completions[i].Ids);
        }
    }

    [Fact]
    public async Task Generate_BeginningSeenBefore_IsRemembered()
    {
        await using GenerationEngine engine = Engine(),
            fresh = Engine();
        int[] common = Prompt(4, 80);
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 3).Select(i => Request([.. common, .. Prompt(i, 10)], 20) with { Sampling = SamplingOptions.Greedy }),
        ];
        List<Completion> completions = [];
        foreach (GenerationRequest request in requests.Append(requests[0]))
        {
            completions.Add(await engine.GenerateAsync(request, Cancellation));
        }

        Assert.Equal([0, 80, 80, 89], completions.Select(completion => completion.CachedPromptTokens));
        Assert.Equal((await fresh.GenerateAsync(requests[2], Cancellation)).Ids, completions[2].Ids);
        Assert.Equal(completions[0].Ids, completions[3].Ids);
    }

    [Fact]
    public async Task Generate_LittleCacheMemory_StepsBackAndGivesTheSameTokens()
    {
        long perToken = 2L * 2 * 2 * _headDimension * 4;
        GenerationRequest[] requests =
        [
            .. Enumerable.Range(0, 10).Select(i => Request(Prompt(i, 10), 60) with { Sampling = new SamplingOptions { Seed = (ulong)i } }),
        ];
        await using GenerationEngine ample = Engine(),
            scarce = Engine(OneWorker with { MaxCacheBytes = perToken * 200 });

        Completion[] expected = await Task.WhenAll(requests.Select(request => ample.GenerateAsync(request, Cancellation)));
        Completion[] found = await Task.WhenAll(requests.Select(request => scarce.GenerateAsync(request, Cancellation)));

        Assert.Equal(expected.Select(completion => completion.Ids), found.Select(completion => completion.Ids));
    }

    [Fact]
    public async Task Generate_AllowedFirstTokens_DrawsOneOfThem()
    {
        await using GenerationEngine engine = Engine();
        GenerationRequest request = Request(Prompt(1, 8), 3) with { AllowedFirstTokens = [65, 66], LogProbs = 0 };

        Completion[] completions = await Task.WhenAll(
            Enumerable
                .Range(0, 60)
                .Select(i => engine.GenerateAsync(request with { Sampling = new SamplingOptions { Seed = (ulong)i } }, Cancellation))
        );
        Completion only = await engine.GenerateAsync(request with { AllowedFirstTokens = [66] }, Cancellation);

        Assert.Equal([65, 66], completions.Select(completion => completion.Ids[0]).Distinct().Order());
        Assert.NotNull(only.LogProbs);
        Assert.Equal(LogProbOf(_model.Decoder, request.Prompt, 66), only.LogProbs[0], 2e-4);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Generate_AnySchedule_GivesTokensWithTheLogProbsOfTheModel(int workers)
    {
        await using GenerationEngine engine = Engine(
            new EngineOptions
            {
                Workers = workers,
                TensorThreads = 1,
                MaxSequences = 5,
                MaxPrefillTokens = 64,
            }
        );
        await Gen.Select(Gen.Int[1, 70], Gen.Int[1, 25], Gen.ULong, Gen.Int[0, 3])
            .List[1, 14]
            .SampleAsync(
                async plan =>
                {
                    List<Task> tasks = [];
                    foreach ((int length, int tokens, ulong seed, int pause) in plan)
                    {
                        GenerationRequest request = Request(Prompt(length, length), tokens) with
                        {
                            LogProbs = 0,
                            Sampling = new SamplingOptions { Seed = seed },
                        };
                        tasks.Add(Check(request, cancelled: pause == 3));
                        if (pause == 1)
                        {
                            await Task.WhenAny(tasks);
                        }
                    }

                    await Task.WhenAll(tasks);
                },
                iter: 25,
                threads: 1
            );

        async Task Check(GenerationRequest request, bool cancelled)
        {
            using CancellationTokenSource source = new();
            Task<Completion> task = engine.GenerateAsync(request, source.Token);
            if (cancelled)
            {
                await source.CancelAsync();
                await Task.WhenAny(task);
                Assert.True(task.IsCanceled || task.IsCompletedSuccessfully);
                return;
            }

            Completion completion = await task;
            Assert.Equal(request.MaxTokens, completion.Ids.Length);
            Assert.All(
                LogProbsOf(_model.Decoder, request.Prompt, completion.Ids).Zip(completion.LogProbs ?? []),
                pair => Assert.Equal(pair.First, pair.Second, 2e-4)
            );
            Assert.Equal(request.MaxTokens, completion.LogProbs?.Length);
        }
    }

    [Fact]
    public async Task Generate_Cancelled_FreesItsPlace()
    {
        await using GenerationEngine engine = Engine(OneWorker with { MaxSequences = 1 });
        using CancellationTokenSource source = new();
        IAsyncEnumerator<GenerationEvent> stream = engine
            .StreamAsync(Request(Prompt(2, 5), 240), source.Token)
            .GetAsyncEnumerator(source.Token);
        Assert.True(await stream.MoveNextAsync());
        Task<Completion> waiting = engine.GenerateAsync(Request(Prompt(3, 5), 200), source.Token);
        Task<Completion> last = engine.GenerateAsync(Request(Prompt(4, 5), 3), Cancellation);

        await source.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await stream.MoveNextAsync()) { }
        });
        await stream.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(3, (await last).Ids.Length);
    }

    [Fact]
    public async Task Stream_AnyRequest_AddsUpToTheCompletion()
    {
        await using GenerationEngine engine = Engine();
        for (ulong seed = 0; seed < 6; seed++)
        {
            GenerationRequest request = Request(Prompt(2, 9), 60) with
            {
                Sampling = new SamplingOptions { Seed = seed },
                Tags = _model.Tags,
                ReasoningOpen = seed % 2 == 0 ? true : null,
            };
            Dictionary<CompletionPart, string> texts = new() { [CompletionPart.Answer] = "", [CompletionPart.Reasoning] = "" };
            Completion? last = null;
            await foreach (GenerationEvent step in engine.StreamAsync(request, Cancellation))
            {
                Assert.Null(last);
                texts[step.Part] += step.Text;
                last = step.Completion;
            }

            Completion whole = await engine.GenerateAsync(request, Cancellation);
            Assert.NotNull(last);
            Assert.Equal(whole.Ids, last.Ids);
            Assert.Equal((whole.Reasoning, whole.Answer), (texts[CompletionPart.Reasoning], texts[CompletionPart.Answer]));
        }
    }

    [Fact]
    public async Task Generate_FailingModel_FailsTheRequestsWithTheCause()
    {
        using DecoderModel broken = DecoderModel.Load(_folder.Path, ScalarType.Float32, CPU);
        await using GenerationEngine engine = new(broken, _model.Tokenizer, OneWorker);
        await engine.GenerateAsync(Request(Prompt(1, 5), 2), Cancellation);
        broken.Dispose();

        Task<Completion>[] tasks = [.. Enumerable.Range(0, 3).Select(i => engine.GenerateAsync(Request(Prompt(i, 5), 5), Cancellation))];

        foreach (Task<Completion> task in tasks)
        {
            Assert.NotNull((await Assert.ThrowsAsync<GenerationException>(() => task)).InnerException);
        }
    }

    [Fact]
    public async Task Dispose_WithRequestsUnderWay_FailsThemAndRefusesMore()
    {
        GenerationEngine engine = Engine(OneWorker with { MaxSequences = 1 });
        Task<Completion>[] tasks =
        [
            .. Enumerable
                .Range(0, 3)
                .Select(i => engine.GenerateAsync(Request(Prompt(i, 5), 240) with { Sampling = SamplingOptions.Greedy }, Cancellation)),
        ];

        await engine.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => tasks[^1]);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => engine.GenerateAsync(Request(Prompt(1, 5), 2), Cancellation));
    }

    [Fact]
    public async Task Generate_PromptBeyondTheContext_NamesBothLengths()
    {
        await using GenerationEngine engine = Engine();

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() =>
            engine.GenerateAsync(Request(Prompt(1, 256), 2), Cancellation)
        );

        Assert.Equal((256, 256), (error.Data["prompt_tokens"], error.Data["context_tokens"]));
    }

    [Fact]
    public async Task Generate_PromptWithATokenThatTheModelLacks_NamesTheToken()
    {
        await using GenerationEngine engine = Engine();

        PromptException error = await Assert.ThrowsAsync<PromptException>(() =>
            engine.GenerateAsync(Request([1, 2, 100_000], 2), Cancellation)
        );

        Assert.Contains("the token 100000, and the model has embeddings for 0 to", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Generate_UpToTheContext_EndsByLength()
    {
        await using GenerationEngine engine = Engine();
        Completion completion = await engine.GenerateAsync(Request(Prompt(1, 250), 100), Cancellation);
        Assert.Equal((6, CompletionEnd.Length), (completion.Ids.Length, completion.End));
    }

    private static GenerationRequest Request(int[] prompt, int tokens) => new() { Prompt = prompt, MaxTokens = tokens };

    private static int[] Prompt(int seed, int length) =>
        [.. Enumerable.Range(0, length).Select(i => (int)(Sampler.Uniform((ulong)seed, i) * 256))];

    private static long[,] Longs(Tensor tensor)
    {
        using DisposeScope scope = NewDisposeScope();
        long[] flat = tensor.to(ScalarType.Int64).contiguous().data<long>().ToArray();
        long[,] rows = new long[tensor.shape[0], tensor.shape[1]];
        Buffer.BlockCopy(flat, 0, rows, 0, flat.Length * sizeof(long));
        return rows;
    }

    private static float LogProbOf(DecoderModel model, int[] prompt, int id)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = tensor(prompt, dtype: ScalarType.Int64).unsqueeze(0);
        return model.Logits(model.Hidden(ids)[0, -1]).log_softmax(-1)[id].item<float>();
    }

    private static float[] LogProbsOf(DecoderModel model, int[] prompt, int[] completion)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Tensor ids = tensor([.. prompt, .. completion], dtype: ScalarType.Int64);
        Tensor hidden = model.Hidden(ids.unsqueeze(0))[0].narrow(0, prompt.Length - 1, completion.Length);
        return model
            .Logits(hidden)
            .log_softmax(-1)
            .gather(1, ids.narrow(0, prompt.Length, completion.Length).unsqueeze(1))
            .squeeze(1)
            .data<float>()
            .ToArray();
    }

    private static (int[] Ids, float[] LogProbs) Recompute(DecoderModel model, int[] prompt, int count)
    {
        using IDisposable noGrad = no_grad();
        using DisposeScope scope = NewDisposeScope();
        List<int> tokens = [.. prompt];
        List<float> logProbs = [];
        for (int i = 0; i < count; i++)
        {
            Tensor all = model.Logits(model.Hidden(tensor(tokens.ToArray(), dtype: ScalarType.Int64).unsqueeze(0))[0, -1]).log_softmax(-1);
            int best = (int)all.argmax().item<long>();
            tokens.Add(best);
            logProbs.Add(all[best].item<float>());
        }

        return ([.. tokens.Skip(prompt.Length)], [.. logProbs]);
    }

    private async Task<Completion[]> RunAll(DecoderModel model, GenerationRequest[] requests)
    {
        await using GenerationEngine engine = new(model, _model.Tokenizer, OneWorker);
        return await Task.WhenAll(requests.Select(request => engine.GenerateAsync(request, Cancellation)));
    }

    private GenerationEngine Engine(EngineOptions? options = null) => new(_model.Decoder, _model.Tokenizer, options ?? OneWorker);
}

/// <summary>Heads of whole vectors: sequences in pages.</summary>
public sealed class GenerationEngineInPagesTests() : GenerationEngineTests(headDimension: 16);

/// <summary>Other heads, and devices other than the processor: sequences in tensors.</summary>
public sealed class GenerationEngineInTensorsTests() : GenerationEngineTests(headDimension: 6);
