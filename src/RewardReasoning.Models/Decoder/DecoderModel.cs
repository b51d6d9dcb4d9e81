using System.Runtime.InteropServices;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Kernels;
using RewardReasoning.Models.Tensors;
using RewardReasoning.Text.Tokenization;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// A decoder-only language model (Qwen2, Qwen3 or Llama). A model belongs to one thread; <see cref="ShareWeights"/> gives another thread
/// its own over the same weights. What a method returns belongs to the caller's dispose scope: open one per step.
/// </summary>
internal sealed class DecoderModel : IDisposable
{
    private readonly ParameterSet _parameters;
    private DecoderLayer[] _layers;
    private readonly RotaryEmbedding _rotary;
    private readonly RmsNorm _norm;
    private readonly Tensor _embedding;
    private readonly Tensor _head;
    private DecodeStep? _decodeStep;

    private DecoderModel(DecoderConfig config, ParameterSet parameters)
    {
        (Config, _parameters) = (config, parameters);
        _embedding = parameters[ParameterSpecification.EmbeddingWeight];
        _head =
            config.ScalarHead ? parameters[ParameterSpecification.ScoreWeight]
            : config.TieWordEmbeddings ? _embedding
            : parameters[ParameterSpecification.HeadWeight];
        _norm = new RmsNorm(parameters["model.norm.weight"], config.RmsNormEpsilon);
        _layers = MakeLayers();
        _rotary = new RotaryEmbedding(config, Type, Device);
        ProductType = Type;
    }

    /// <summary>Shape and settings.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Type of the weights, and of every hidden state and logit.</summary>
    public ScalarType Type => _embedding.dtype;

    /// <summary>
    /// The type in which the layers multiply by their weights, <see cref="Type"/> at first. BFloat16 over Float32 weights is mixed
    /// precision: on processors with bf16 units about twice as fast, while weights, gradients, norms, softmax, residual stream and
    /// logits stay Float32.
    /// </summary>
    public ScalarType ProductType { get; set; }

    /// <summary>Device of the weights; inputs must be there too.</summary>
    public Device Device => _embedding.device;

    /// <summary>All parameters under their Hugging Face names, leaf tensors owned by the model. A tied head is absent.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Parameters => _parameters.Ordered;

    /// <summary>
    /// Weights of low-rank adapters, float32 leaf tensors owned by the model, named after their layers as in PEFT; empty at first.
    /// </summary>
    public IReadOnlyList<(string Name, Tensor Value)> Adapters => _parameters.Adapters;

    /// <summary>What training changes: all parameters; with adapters only those, and the row of a score.</summary>
    public IReadOnlyList<(string Name, Tensor Value)> Trainable =>
        Adapters.Count == 0
            ? Parameters
            : [.. Adapters, .. Parameters.Where(parameter => parameter.Name == ParameterSpecification.ScoreWeight)];

    /// <summary>Loads a Hugging Face folder, converting the weights to <paramref name="type"/>.</summary>
    /// <exception cref="RewardReasoningException">
    /// Config or weights are missing, damaged, of an unknown kind, or do not fit each other.
    /// </exception>
    public static DecoderModel Load(string folder, ScalarType type, Device device) =>
        Load(folder, DecoderConfig.Load(folder), headIsNew: false, type, device);

    /// <summary>
    /// The same, ending in a score: a stored reward model, or a language model with a new head of zeros. The latter gets a padding token,
    /// its end token if it names none, which transformers needs to find the end of a conversation.
    /// </summary>
    /// <inheritdoc cref="Load(string, ScalarType, Device)" path="/exception"/>
    public static DecoderModel LoadScalar(string folder, ScalarType type, Device device)
    {
        DecoderConfig config = DecoderConfig.Load(folder);
        DecoderConfig scalar = config with
        {
            ScalarHead = true,
            PadTokenId = config.PadTokenId ?? (config.EosTokenIds.Count > 0 ? config.EosTokenIds[0] : null),
        };
        return Load(folder, scalar, headIsNew: !config.ScalarHead, type, device);
    }

    private static DecoderModel Load(string folder, DecoderConfig config, bool headIsNew, ScalarType type, Device device)
    {
        using SafetensorsFolder weights = SafetensorsFolder.Open(folder);
        config = DecoderWeights.WithoutZeroOutputBias(config, weights);
        IReadOnlyList<ParameterSpecification> specifications = DecoderWeights.Specify(config, weights, headIsNew);
        DecoderModel model = new(config, ParameterSet.Allocate(specifications, type, device));
        try
        {
            DecoderWeights.Copy(weights, model.Parameters, headIsNew);
            return model;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A float32 model with fresh weights: matrices N(0, 1/fan-in), those that write into the residual stream also divided by
    /// sqrt(2 layers), embeddings of standard deviation 0.05, norms 1, biases 0. The same seed gives the same weights on every device.
    /// </summary>
    public static DecoderModel CreateRandom(DecoderConfig config, ulong seed, Device device)
    {
        config.Validate();
        IReadOnlyList<ParameterSpecification> specifications = ParameterSpecification.Of(config);
        DecoderModel model = new(config, ParameterSet.Allocate(specifications, ScalarType.Float32, device));
        DecoderWeights.Initialise(specifications, model.Parameters, config.LayerCount, seed);
        return model;
    }

    /// <summary>
    /// Writes config and weights; tokenizer files are the caller's, and are to be there first: a Qwen2 beside a <c>tokenizer.json</c> that
    /// is not Qwen2's own is written as a Llama with zero output biases, for readers replace the tokenizer of the type qwen2
    /// (<see cref="TokenizerReaders"/>). It computes the same to the bit.
    /// </summary>
    public void Save(string folder, ScalarType type)
    {
        bool misread =
            Config.Architecture == DecoderArchitecture.Qwen2
            && TokenizerReaders.Misread(folder, DecoderConfigReader.ModelType(DecoderArchitecture.Qwen2));
        DecoderConfig written = misread ? Config with { Architecture = DecoderArchitecture.Llama } : Config;
        written.Save(folder, type);
        using DisposeScope scope = NewDisposeScope();
        Safetensors.WriteFolder(folder, DecoderWeights.AsStored(written, Parameters), type);
    }

    /// <summary>
    /// A second model over the same memory whose parameters are leaf tensors with gradients of their own, so that two threads can each run
    /// forward and backward. A change of the weights is seen by both.
    /// </summary>
    public DecoderModel ShareWeights()
    {
        DecoderModel model = new(Config, _parameters.Share()) { ProductType = ProductType };
        model.SetRequiresGrad(true);
        return model;
    }

    /// <summary>A model of the same weights, rounded to another type; adapters are not carried over.</summary>
    public DecoderModel ConvertTo(ScalarType type)
    {
        DecoderModel model = new(Config, ParameterSet.Allocate(ParameterSpecification.Of(Config), type, Device));
        model.CopyWeights(this);
        return model;
    }

    /// <summary>Takes over another model's weights, rounding to this one's type.</summary>
    /// <param name="other">A model of the same config.</param>
    public void CopyWeights(DecoderModel other)
    {
        ArgumentNullException.ThrowIfNull(other);
        using IDisposable noGrad = no_grad();
        foreach (((_, Tensor mine), (_, Tensor theirs)) in Parameters.Zip(other.Parameters))
        {
            mine.copy_(theirs);
        }
    }

    /// <summary>Puts new adapters on every linear layer; the model computes what it did until they are trained.</summary>
    /// <param name="options">Rank and scale.</param>
    /// <param name="seed">Of A: uniform within ±sqrt(1 / in), as PEFT begins.</param>
    public void AddAdapters(LowRankOptions options, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(options);
        _parameters.SetAdapters(LowRankAdapters.Create(Parameters, options, seed, Device), options.Alpha / options.Rank);
        _layers = MakeLayers();
    }

    /// <summary>Adds the adapters' products into the weights and removes them: the model computes the same, but for rounding.</summary>
    public void MergeAdapters()
    {
        LowRankAdapters.Merge(_parameters);
        DropAdapters();
    }

    /// <summary>Removes the adapters; what they learnt is lost.</summary>
    public void DropAdapters()
    {
        _parameters.DropAdapters();
        _layers = MakeLayers();
    }

    /// <summary>Whether what is trained collects gradients; everything else never does.</summary>
    public void SetRequiresGrad(bool required)
    {
        foreach ((_, Tensor value) in Trainable)
        {
            value.requires_grad = required;
        }
    }

    /// <summary>Final-norm hidden states of whole sequences, without a cache: for training and scoring.</summary>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="positions">[B, T] int64; null counts from 0, or from the first real token of each row where a mask is given.</param>
    /// <param name="attentionMask">
    /// [B, T], nonzero where there is a token, padding on any side. Null is faster, and right for rows padded on the right, since no token
    /// attends to later ones.
    /// </param>
    /// <returns>[B, T, H]; values at padding are meaningless.</returns>
    public Tensor Hidden(Tensor ids, Tensor? positions = null, Tensor? attentionMask = null)
    {
        Tensor? real = attentionMask?.to(ScalarType.Bool);
        positions ??= real?.cumsum(1).Minus(1).AtLeast(0);
        (Tensor cosine, Tensor sine) = positions is null ? _rotary.ForLength(ids.shape[1]) : _rotary.ForPositions(positions);
        Tensor? mask = real is null ? null : AttentionMask.Of(real, ids.shape[1], Type);
        return Run(ids, new ForwardContext(cosine, sine, mask, Cache: null, ProductType), observe: null);
    }

    /// <summary>
    /// Final-norm hidden states of rows that hold several documents each; tokens attend within their document only.
    /// </summary>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="positions">[B, T] int64, counted from 0 in each document.</param>
    /// <param name="documents">[B, T] int64, the number of the document that a token belongs to; padding belongs to one of its own.</param>
    /// <returns>[B, T, H].</returns>
    public Tensor HiddenPacked(Tensor ids, Tensor positions, Tensor documents) =>
        Run(ids, PackedContext(positions, documents), observe: null);

    /// <summary>
    /// The residual stream after the embedding and after each layer, then the final-norm hidden states: for comparing models.
    /// </summary>
    /// <param name="ids">[B, T] int64, without padding.</param>
    /// <returns>Layers + 2 tensors [B, T, H].</returns>
    public IReadOnlyList<Tensor> HiddenStates(Tensor ids)
    {
        List<Tensor> states = [];
        (Tensor cosine, Tensor sine) = _rotary.ForLength(ids.shape[1]);
        states.Add(Run(ids, new ForwardContext(cosine, sine, Mask: null, Cache: null, ProductType), states.Add));
        return states;
    }

    /// <summary>
    /// Logits of hidden states of any leading shape; select the positions you need first, since the head is the largest product.
    /// </summary>
    /// <param name="hidden">[..., H].</param>
    /// <returns>[..., vocabulary].</returns>
    public Tensor Logits(Tensor hidden) => nn.functional.linear(hidden, _head);

    /// <summary>Final-norm hidden states of new tokens after those in the cache, to which they are added.</summary>
    /// <param name="ids">[B, T] int64; T of 1 is the fast path of decoding.</param>
    /// <param name="positions">[B, T] int64, each row's own count of real tokens.</param>
    /// <param name="keyMask">[B, cache length + T] bool, true where there is a token; null when no row has padding.</param>
    /// <param name="cache">Empty at first.</param>
    /// <returns>[B, T, H].</returns>
    internal Tensor HiddenCached(Tensor ids, Tensor positions, Tensor? keyMask, KvTensors cache) =>
        RunCached(ids, positions, keyMask, cache, lastOnly: false);

    /// <summary>The same for the last token only, which skips most of the last layer: for prefill.</summary>
    /// <returns>[B, 1, H].</returns>
    /// <inheritdoc cref="HiddenCached" path="/param"/>
    internal Tensor LastHiddenCached(Tensor ids, Tensor positions, Tensor? keyMask, KvTensors cache) =>
        RunCached(ids, positions, keyMask, cache, lastOnly: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetDecodeStep();
        _rotary.Dispose();
        _parameters.Dispose();
    }

    /// <summary>The error about an id that the embedding has no row for.</summary>
    internal static ArgumentException OutsideVocabulary(long id, int rows) =>
        new(
            $"The text holds token {id}; the model's embedding has {rows} rows, 0 to {rows - 1}. Its tokenizer was given tokens without "
                + "resizing the embedding."
        );

    private Tensor RunCached(Tensor ids, Tensor positions, Tensor? keyMask, KvTensors cache, bool lastOnly)
    {
        ThrowIfCollecting();
        long batch = ids.shape[0],
            length = ids.shape[1],
            keys = cache.Length + length;
        if (keyMask is not null && (keyMask.shape[0] != batch || keyMask.shape[1] != keys))
        {
            throw new ArgumentException(
                $"keyMask is [{string.Join(", ", keyMask.shape)}]; {length} tokens behind {cache.Length} cached ones need [{batch}, "
                    + $"{keys}].",
                nameof(keyMask)
            );
        }

        if (cache.Rows != 0 && cache.Rows != batch)
        {
            throw new ArgumentException(
                $"The cache holds {cache.Rows} rows, the batch has {batch}. Select the cache's rows first.",
                nameof(cache)
            );
        }

        (Tensor cosine, Tensor sine) = _rotary.ForPositions(positions);
        bool needsMask = keyMask is not null || (length > 1 && cache.Length > 0);
        Tensor? mask = !needsMask
            ? null
            : AttentionMask.Of(keyMask?.to(ScalarType.Bool) ?? ones([batch, keys], dtype: ScalarType.Bool, device: Device), length, Type);
        Tensor hidden = Run(ids, new ForwardContext(cosine, sine, mask, cache, ProductType), observe: null, lastOnly);
        cache.Advance(length);
        return hidden;
    }

    /// <summary>
    /// Whether next tokens are computed with weights in 8 bits, which are copied when the first one is: for models that do not change.
    /// </summary>
    internal bool EightBitDecoding
    {
        get;
        set
        {
            field = value;
            ForgetDecodeStep();
        }
    }

    /// <summary>Appends a token to each of several paged sequences, which the caller advances.</summary>
    /// <returns>Logits of what follows, [rows, vocabulary] float32.</returns>
    internal Tensor NextPaged(IReadOnlyList<int> ids, IReadOnlyList<PagedKvRow> rows)
    {
        ThrowIfCollecting();
        int threads = get_num_threads();
        if (_decodeStep?.Threads != threads)
        {
            ForgetDecodeStep();
            _decodeStep = new DecodeStep(Config, _parameters, _head, _rotary, RowKernels.Supported[0], threads, EightBitDecoding);
        }

        return _decodeStep.Next(ids, rows);
    }

    private void ThrowIfCollecting()
    {
        if (is_grad_enabled() && _embedding.requires_grad)
        {
            throw new InvalidOperationException(
                "Cached keys and values have no gradients. Open torch.no_grad() around decoding, or use Hidden."
            );
        }
    }

    internal IReadOnlyList<DecoderLayer> Layers => _layers;

    internal Tensor Embed(Tensor ids)
    {
        try
        {
            return _embedding.index_select(0, ids.reshape(-1)).view(ids.shape[0], ids.shape[1], Config.HiddenSize);
        }
        catch (ExternalException) when (ids.max().item<long>() is var largest && largest >= Config.VocabularySize)
        {
            throw OutsideVocabulary(largest, Config.VocabularySize);
        }
    }

    internal Tensor Normalise(Tensor x) => _norm.Apply(x);

    /// <summary>For rows that begin with their first token.</summary>
    internal ForwardContext PlainContext(long length)
    {
        (Tensor cosine, Tensor sine) = _rotary.ForLength(length);
        return new ForwardContext(cosine, sine, Mask: null, Cache: null, ProductType);
    }

    internal ForwardContext PackedContext(Tensor positions, Tensor documents)
    {
        (Tensor cosine, Tensor sine) = _rotary.ForPositions(positions);
        return new ForwardContext(cosine, sine, AttentionMask.WithinDocuments(documents, Type), Cache: null, ProductType);
    }

    /// <summary>For tokens behind those that the memory holds.</summary>
    internal ForwardContext MemoryContext(Tensor positions, Tensor keyMask, ILayerCache memory)
    {
        (Tensor cosine, Tensor sine) = _rotary.ForPositions(positions);
        return new ForwardContext(cosine, sine, AttentionMask.Of(keyMask, positions.shape[1], Type), memory, ProductType);
    }

    internal Tensor Run(Tensor ids, ForwardContext context, Action<Tensor>? observe, bool lastOnly = false)
    {
        Tensor x = Embed(ids);
        observe?.Invoke(x);
        foreach (DecoderLayer layer in _layers)
        {
            // What a layer leaves behind and autograd does not keep is freed at once: a long prompt would otherwise hold every layer's.
            using (DisposeScope scope = NewDisposeScope())
            {
                bool last = layer == _layers[^1];
                x = layer.Apply(x, last ? context with { LastOnly = lastOnly } : context).MoveToOuterDisposeScope();
            }

            observe?.Invoke(x);
        }

        return _norm.Apply(x);
    }

    private DecoderLayer[] MakeLayers()
    {
        ForgetDecodeStep();
        return [.. Enumerable.Range(0, Config.LayerCount).Select(layer => new DecoderLayer(Config, _parameters, layer))];
    }

    private void ForgetDecodeStep()
    {
        _decodeStep?.Dispose();
        _decodeStep = null;
    }
}
