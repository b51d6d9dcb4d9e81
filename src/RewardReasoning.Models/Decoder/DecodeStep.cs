using RewardReasoning.Models.Kernels;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>
/// One token more for each of several paged sequences, on the processor, without tensors: with few rows, libtorch spends more time on the
/// calls and on rearranging weights than on the products. Weights are read where the model's tensors have them, so that a change is seen at
/// the next step; residual stream, activations and logits are float32 whatever the type of the weights. Belongs to one thread, which a team
/// helps.
/// </summary>
internal sealed unsafe class DecodeStep : IDisposable
{
    private readonly DecoderConfig _config;
    private readonly RowKernels _kernels;
    private readonly WorkTeam _team;
    private readonly RotaryEmbedding _rotary;
    private readonly PagedAttention _attention;
    private readonly WeightMatrix _embedding;
    private readonly WeightMatrix _norm;
    private readonly RowProjection _head;
    private readonly Layer[] _layers;
    private readonly AlignedFloats _room = new();
    private readonly ShortRows? _shorts;

    // What the parts of a loop share; set by the thread that owns the step.
    private int _rows;
    private Layer _layer;
    private AttentionLayer _attending;
    private float* _stream; // [rows, H]
    private float* _normed; // [rows, H]
    private float* _wide; // [rows, (heads + 2 kv heads) D] or [rows, 2 I]
    private float* _mixed; // [rows, heads D] or [rows, I]
    private float* _logits; // [rows, vocabulary]

    /// <param name="config">The model.</param>
    /// <param name="parameters">Its weights, float32 or bfloat16 on the processor, which must outlive the step.</param>
    /// <param name="head">Weight of the head.</param>
    /// <param name="rotary">Its positions.</param>
    /// <param name="kernels">Arithmetic.</param>
    /// <param name="threads">Threads that compute, the caller's included.</param>
    /// <param name="eightBit">
    /// Whether projections and head are copied in 8 bits (<see cref="ByteMatrix"/>), and later changes of the weights are not seen.
    /// </param>
    public DecodeStep(
        DecoderConfig config,
        ParameterSet parameters,
        Tensor head,
        RotaryEmbedding rotary,
        RowKernels kernels,
        int threads,
        bool eightBit = false
    )
    {
        _shorts = eightBit ? new ShortRows() : null;
        (_config, _rotary, _kernels) = (config, rotary, kernels);
        _embedding = new WeightMatrix(parameters[ParameterSpecification.EmbeddingWeight]);
        _norm = new WeightMatrix(parameters["model.norm.weight"]);
        _head = new RowProjection(head, bias: null, [], _shorts);
        _layers = [.. Enumerable.Range(0, config.LayerCount).Select(layer => new Layer(config, parameters, layer, _shorts))];
        _layer = _layers[0];
        _attention = new PagedAttention(new KvPageLayout(config), kernels, threads);
        _team = new WorkTeam(threads);
    }

    /// <summary>Threads that compute, the caller's included.</summary>
    public int Threads => _team.Threads;

    /// <summary>Whether a model's next tokens can be computed here.</summary>
    public static bool Supports(DecoderModel model) =>
        model.Parameters.All(parameter => WeightMatrix.CanHold(parameter.Value)) && PagedAttention.Supports(model.Config);

    /// <summary>Appends a token to each sequence; the caller advances them.</summary>
    /// <param name="ids">A token for each.</param>
    /// <param name="rows">The sequences.</param>
    /// <returns>Logits of what follows, [rows, vocabulary] float32.</returns>
    public Tensor Next(IReadOnlyList<int> ids, IReadOnlyList<PagedKvRow> rows)
    {
        int queries = _config.HeadCount * _config.HeadDimension,
            keys = _config.KeyValueHeadCount * _config.HeadDimension,
            hidden = _config.HiddenSize,
            inner = _config.IntermediateSize;
        _rows = rows.Count;
        _stream = _room.For(_rows * ((2L * hidden) + Math.Max(queries + (2L * keys), 2L * inner) + Math.Max(queries, inner)));
        _normed = _stream + ((nint)_rows * hidden);
        _wide = _normed + ((nint)_rows * hidden);
        _mixed = _wide + ((nint)_rows * Math.Max(queries + (2 * keys), 2 * inner));
        for (int row = 0; row < _rows; row++)
        {
            if (ids[row] < 0 || ids[row] >= _embedding.Outputs)
            {
                throw DecoderModel.OutsideVocabulary(ids[row], _embedding.Outputs);
            }

            _kernels.CopyRow(_embedding, ids[row], _stream + ((nint)row * hidden));
        }

        _attention.Begin(rows);
        (float[] cosine, float[] signedSine) = _rotary.Numbers(rows.Max(row => row.Length) + 1);
        fixed (
            float* cosines = cosine,
                sines = signedSine
        )
        {
            for (int layer = 0; layer < _layers.Length; layer++)
            {
                _layer = _layers[layer];
                _attending = _layer.Attending(layer, _wide, _mixed, cosines, sines, _config.RmsNormEpsilon);
                Run();
            }
        }

        Normalise(_norm);
        Tensor logits = empty([_rows, _head.Outputs], dtype: ScalarType.Float32);
        _logits = (float*)new WeightMatrix(logits).Data;
        _head.Prepare(_kernels, _normed, _rows);
        Project(_head, _head.Outputs, HeadPart);
        return logits;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _team.Dispose();
        _attention.Dispose();
        _room.Dispose();
        _head.Dispose();
        _shorts?.Dispose();
        Array.ForEach(_layers, layer => layer.Dispose());
    }

    private void Run()
    {
        Normalise(_layer.AttentionNorm);
        _layer.QueryKeyValue.Prepare(_kernels, _normed, _rows);
        Project(_layer.QueryKeyValue, _layer.QueryKeyValue.Outputs, QueryKeyValuePart);
        _team.For(_attention.Parts, AttentionPart);
        _layer.Output.Prepare(_kernels, _mixed, _rows);
        Project(_layer.Output, _layer.Output.Outputs, OutputPart);
        Normalise(_layer.MlpNorm);
        _layer.GateUp.Prepare(_kernels, _normed, _rows);
        Project(_layer.GateUp, _config.IntermediateSize, GateUpPart);
        _layer.Down.Prepare(_kernels, _mixed, _rows);
        Project(_layer.Down, _layer.Down.Outputs, DownPart);
    }

    private void Normalise(in WeightMatrix weight)
    {
        for (int row = 0; row < _rows; row++)
        {
            nint at = (nint)row * _config.HiddenSize;
            _kernels.Normalise(_stream + at, weight, _config.RmsNormEpsilon, _normed + at);
        }
    }

    private void Project(RowProjection projection, int outputs, Action<int, int> part) =>
        _team.For(RowProjection.Parts(outputs, projection.PartSize), part);

    private void QueryKeyValuePart(int thread, int part) => Apply(_layer.QueryKeyValue, part, _normed, _wide, add: false);

    private void AttentionPart(int thread, int part) => _attention.Attend(thread, part, _attending);

    private void OutputPart(int thread, int part) => Apply(_layer.Output, part, _mixed, _stream, add: true);

    private void DownPart(int thread, int part) => Apply(_layer.Down, part, _mixed, _stream, add: true);

    private void HeadPart(int thread, int part) => Apply(_head, part, _normed, _logits, add: false);

    private void Apply(RowProjection projection, int part, float* x, float* y, bool add)
    {
        int from = part * projection.PartSize,
            to = Math.Min(from + projection.PartSize, projection.Outputs);
        projection.Apply(_kernels, from, to, x, _rows, y, projection.Outputs, add);
    }

    /// <summary>Some columns of the MLP's inside: their gates, what these let through, and both together.</summary>
    private void GateUpPart(int thread, int part)
    {
        RowProjection projection = _layer.GateUp;
        int inner = _config.IntermediateSize,
            from = part * projection.PartSize,
            to = Math.Min(from + projection.PartSize, inner);
        projection.Apply(_kernels, from, to, _normed, _rows, _wide, 2 * inner, add: false);
        projection.Apply(_kernels, inner + from, inner + to, _normed, _rows, _wide, 2 * inner, add: false);
        for (int row = 0; row < _rows; row++)
        {
            float* gate = _wide + ((nint)row * 2 * inner) + from;
            _kernels.GateUp(gate, gate + inner, to - from, _mixed + ((nint)row * inner) + from);
        }
    }

    /// <summary>The weights of one layer.</summary>
    private sealed class Layer : IDisposable
    {
        private readonly WeightMatrix? _queryNorm;
        private readonly WeightMatrix? _keyNorm;

        public Layer(DecoderConfig config, ParameterSet parameters, int layer, ShortRows? shorts)
        {
            string prefix = DecoderLayer.Prefix(layer);
            AttentionNorm = new WeightMatrix(parameters[prefix + "input_layernorm.weight"]);
            MlpNorm = new WeightMatrix(parameters[prefix + "post_attention_layernorm.weight"]);
            if (config.QkNorm)
            {
                _queryNorm = new WeightMatrix(parameters[prefix + "self_attn.q_norm.weight"]);
                _keyNorm = new WeightMatrix(parameters[prefix + "self_attn.k_norm.weight"]);
            }

            QueryKeyValue = Stack("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");
            Output = Single("self_attn.o_proj");
            GateUp = Stack("mlp.gate_proj", "mlp.up_proj");
            Down = Single("mlp.down_proj");

            RowProjection Single(string name) =>
                new(parameters[$"{prefix}{name}.weight"], parameters.Find($"{prefix}{name}.bias"), Adapters([name]), shorts);

            RowProjection Stack(params string[] names) =>
                new(
                    parameters.Stack($"{prefix}{names[0]}.weight"),
                    parameters.FindStack($"{prefix}{names[0]}.bias"),
                    Adapters(names),
                    shorts
                );

            List<(LowRankAdapter, int)> Adapters(string[] names)
            {
                List<(LowRankAdapter, int)> adapters = [];
                int first = 0;
                foreach (string name in names)
                {
                    if (LowRankAdapter.Find(parameters, prefix + name) is { } adapter)
                    {
                        adapters.Add((adapter, first));
                    }

                    first += (int)parameters[$"{prefix}{name}.weight"].shape[0];
                }

                return adapters;
            }
        }

        public WeightMatrix AttentionNorm { get; }

        public WeightMatrix MlpNorm { get; }

        public RowProjection QueryKeyValue { get; }

        public RowProjection Output { get; }

        public RowProjection GateUp { get; }

        public RowProjection Down { get; }

        public AttentionLayer Attending(int index, float* queryKeyValue, float* mixed, float* cosine, float* sine, double epsilon) =>
            new()
            {
                Index = index,
                QueryKeyValue = queryKeyValue,
                Mixed = mixed,
                Cosine = cosine,
                SignedSine = sine,
                QueryNorm = _queryNorm,
                KeyNorm = _keyNorm,
                Epsilon = epsilon,
            };

        public void Dispose()
        {
            foreach (RowProjection projection in new[] { QueryKeyValue, Output, GateUp, Down })
            {
                projection.Dispose();
            }
        }
    }
}
