using System.Numerics.Tensors;
using System.Runtime.Intrinsics.X86;
using LLama.Native;
using RewardReasoning.LlamaCpp;

namespace RewardReasoning.Bench;

/// <summary>
/// llama.cpp called directly: a prompt computed once, its keys and values shared by all votes behind it, and a token for each of them a
/// step, the likeliest.
/// </summary>
internal sealed class LlamaVotes : IDisposable
{
    private const int PromptBatch = 512;

    private readonly SafeLlamaModelHandle _model;
    private readonly SafeLLamaContextHandle _context;

    /// <param name="file">A GGUF file.</param>
    /// <param name="votes">The most votes.</param>
    /// <param name="cells">Tokens whose keys and values fit.</param>
    public LlamaVotes(string file, int votes, int cells)
    {
        if (!Avx512F.IsSupported && !NativeLibraryConfig.LLama.LibraryHasLoaded)
        {
            _ = NativeLibraryConfig.LLama.WithAvx(AvxLevel.Avx2); // also where AVX-512 is only switched off (DOTNET_EnableAVX512=0)
        }

        LlamaLibrary.Load();
        LLamaModelParams weights = LLamaModelParams.Default();
        weights.n_gpu_layers = 0;
        _model = SafeLlamaModelHandle.LoadFromFile(file, weights);
        LLamaContextParams parameters = LLamaContextParams.Default();
        (parameters.n_ctx, parameters.n_batch, parameters.n_seq_max) = ((uint)cells, PromptBatch, (uint)votes);
        parameters.n_ubatch = PromptBatch;
        parameters.n_threads = parameters.n_threads_batch = Environment.ProcessorCount;
        parameters.kv_unified = true;
        parameters.no_perf = true;
        _context = _model.CreateContext(parameters);
    }

    /// <summary>Times the prompt, then the votes.</summary>
    public (WorkTime Prompt, WorkTime Votes) Run(int[] prompt, int votes, int tokens)
    {
        for (int vote = 0; vote < votes; vote++)
        {
            _context.MemorySequenceRemove((LLamaSeqId)vote, 0, -1);
        }

        int first = 0;
        WorkTime prefill = WorkTime.Of(() => first = Compute(prompt));
        int[] last = new int[votes];
        Array.Fill(last, first);
        for (int vote = 1; vote < votes; vote++)
        {
            _context.MemorySequenceCopy((LLamaSeqId)0, (LLamaSeqId)vote, 0, prompt.Length);
        }

        return (prefill, tokens > 1 ? WorkTime.Of(() => Write(prompt.Length, last, tokens)) : new WorkTime(0, 0));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
    }

    private int Compute(int[] prompt)
    {
        int row = 0;
        for (int start = 0; start < prompt.Length; start += PromptBatch)
        {
            LLamaBatch batch = new();
            for (int at = start; at < Math.Min(start + PromptBatch, prompt.Length); at++)
            {
                row = batch.Add(prompt[at], at, (LLamaSeqId)0, logits: at == prompt.Length - 1);
            }

            Decode(batch);
        }

        return Likeliest(row);
    }

    private void Write(int position, int[] last, int tokens)
    {
        for (int step = 0; step < tokens; step++)
        {
            LLamaBatch batch = new();
            int[] rows = [.. last.Select((token, vote) => batch.Add(token, position + step, (LLamaSeqId)vote, logits: true))];
            Decode(batch);
            for (int vote = 0; vote < last.Length; vote++)
            {
                last[vote] = Likeliest(rows[vote]);
            }
        }
    }

    private void Decode(LLamaBatch batch)
    {
        if (_context.Decode(batch) is not DecodeResult.Ok and var result)
        {
            throw new InvalidOperationException($"llama.cpp could not compute a batch of {batch.TokenCount} tokens: {result}.");
        }
    }

    private int Likeliest(int row) => TensorPrimitives.IndexOfMax(_context.GetLogitsIth(row));
}
