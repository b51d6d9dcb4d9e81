using System.Text;
using LLama.Native;

namespace RewardReasoning.LlamaCpp.Tests;

/// <summary>A GGUF file in llama.cpp with nothing of ours between: what an export is checked against.</summary>
internal sealed class NativeModel : IDisposable
{
    private const int Context = 1024;

    private readonly SafeLlamaModelHandle _model;
    private readonly SafeLLamaContextHandle _context;

    static NativeModel() => LlamaLibrary.Load();

    public NativeModel(string path)
    {
        _model = SafeLlamaModelHandle.LoadFromFile(path, LLamaModelParams.Default());
        LLamaContextParams parameters = LLamaContextParams.Default();
        (parameters.n_ctx, parameters.n_batch, parameters.n_ubatch) = (Context, Context, Context);
        (parameters.n_threads, parameters.n_threads_batch) = (2, 2);
        (parameters.type_k, parameters.type_v) = (GGMLType.GGML_TYPE_F32, GGMLType.GGML_TYPE_F32);
        // Its flash attention rounds more on the processor.
        parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        _context = _model.CreateContext(parameters);
    }

    public string Description => _model.Description;

    /// <summary>The ids that llama.cpp itself makes of a text.</summary>
    public int[] Tokenize(string text, bool special) =>
        [.. _model.Tokenize(text, false, special, Encoding.UTF8).Select(token => (int)token)];

    /// <summary>The logits behind every token of a text.</summary>
    public float[][] Logits(IReadOnlyList<int> ids)
    {
        _context.MemoryClear(true);
        Decode(ids, 0);
        return [.. Enumerable.Range(0, ids.Count).Select(at => _context.GetLogitsIth(at).ToArray())];
    }

    /// <summary>The most probable continuation.</summary>
    public int[] Greedy(IReadOnlyList<int> ids, int count)
    {
        List<int> all = [.. ids];
        float[] logits = Logits(ids)[^1];
        for (int i = 0; i < count; i++)
        {
            all.Add(Array.IndexOf(logits, logits.Max()));
            Decode([all[^1]], all.Count - 1);
            logits = _context.GetLogitsIth(0).ToArray();
        }

        return [.. all.Skip(ids.Count)];
    }

    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
    }

    private void Decode(IReadOnlyList<int> ids, int start)
    {
        LLamaBatch batch = new();
        for (int i = 0; i < ids.Count; i++)
        {
            batch.Add(ids[i], start + i, LLamaSeqId.Zero, logits: true);
        }

        if (_context.Decode(batch) is not DecodeResult.Ok and var result)
        {
            throw new InvalidOperationException($"llama.cpp answers {result}");
        }
    }
}
