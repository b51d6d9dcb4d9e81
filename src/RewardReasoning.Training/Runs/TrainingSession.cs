using RewardReasoning.Models;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Optimization;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Runs;

/// <summary>
/// The model of a run and everything that changes it: workers with a view of the weights each, the optimizer, the learning rate.
/// With bfloat16 weights there are two models, the one that computes and the float32 one that the optimizer moves.
/// </summary>
internal sealed class TrainingSession : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly LearningRateSchedule _schedule;
    private readonly DecoderModel _master;
    private readonly DecoderModel _working;
    private readonly FusedAdamW _optimizer;

    /// <summary>A session at the beginning, or as a checkpoint left it.</summary>
    /// <param name="recipe">A valid recipe.</param>
    /// <param name="load">Loads a folder as float32 or bfloat16.</param>
    /// <param name="checkpoint">Null at the beginning.</param>
    /// <param name="began">When the run began: the date for templates that write one.</param>
    public TrainingSession(
        TrainingRecipe recipe,
        Func<string, ScalarType, Device, DecoderModel> load,
        string? checkpoint,
        DateTimeOffset began
    )
    {
        _recipe = recipe;
        _schedule = recipe.RateSchedule;
        Device device = ComputeDevice.Of(recipe.Device);
        bool rounded = recipe.Weights == WeightType.Bfloat16;
        if (recipe.Lora is { } lora)
        {
            _working = _master = load(recipe.Model, rounded ? ScalarType.BFloat16 : ScalarType.Float32, device);
            _master.AddAdapters(lora, recipe.Seed);
        }
        else
        {
            _master = load(checkpoint ?? recipe.Model, ScalarType.Float32, device);
            _working = rounded ? _master.ConvertTo(ScalarType.BFloat16) : _master;
        }

        if (!rounded)
        {
            _working.ProductType = recipe.Products.ToScalarType();
        }

        if (recipe.Lora is { } adapters && (checkpoint ?? adapters.From) is { } trained)
        {
            AdapterFolder.Load(_master, trained, adapters);
        }

        _optimizer = new FusedAdamW(_master.Trainable, recipe.Optimizer);
        if (checkpoint is not null)
        {
            RunFolder.RestoreOptimizer(checkpoint, _optimizer);
        }

        Chat = new TrainedChat(recipe.Model, _working.Config, recipe.TemplateArgs, began);
        Workers = new ParallelWorkers(recipe.Workers);
        Replicas = new ModelReplicas(_working, recipe.Workers);
    }

    /// <summary>The model as it computes; its weights change with every update.</summary>
    public DecoderModel Model => _working;

    /// <summary>Its tokenizer and chat template.</summary>
    public TrainedChat Chat { get; }

    /// <summary>The threads that share a step.</summary>
    public ParallelWorkers Workers { get; }

    /// <summary>Each worker's view of the model.</summary>
    public ModelReplicas Replicas { get; }

    private ScalarType FinishedType => _recipe.Weights == WeightType.Bfloat16 ? ScalarType.BFloat16 : ScalarType.Float32;

    /// <summary>Updates since the session began.</summary>
    public long Updates { get; private set; }

    /// <summary>
    /// A forward and backward pass on a worker's view, by <paramref name="pass"/>, whose argument says whether layers are computed twice.
    /// </summary>
    public double Backpropagate(int worker, Func<DecoderModel, bool, double> pass)
    {
        double loss = pass(Replicas.Models[worker], _recipe.RecomputeLayers);
        Replicas.Collect(worker);
        return loss;
    }

    /// <summary>Ends an update: the workers' gradients summed, clipped, checked, applied at the step's rate and cleared.</summary>
    /// <param name="step">Steps done before this one.</param>
    /// <returns>The gradient's norm before clipping, and the rate.</returns>
    /// <exception cref="RewardReasoningException">The gradient is not finite.</exception>
    public (double Norm, double Rate) Update(int step)
    {
        using TorchSharp.DisposeScope scope = NewDisposeScope();
        IReadOnlyList<Tensor?> gradients = Replicas.SumGradients();
        double norm = GradientClip.ClipByNorm(gradients, _recipe.ClipNorm);
        if (!double.IsFinite(norm))
        {
            throw new RecipeException(
                $"The gradient of step {step + 1} is not finite; lower learning_rate ({_recipe.LearningRate}) or clip_norm "
                    + $"({_recipe.ClipNorm})."
            );
        }

        double rate = _schedule.At(step + 1);
        _optimizer.Step(gradients, rate);
        Replicas.ClearGradients();
        if (!ReferenceEquals(_working, _master))
        {
            _working.CopyWeights(_master);
        }

        Updates++;
        return (norm, rate);
    }

    /// <summary>Writes what training changed, in full precision: the whole model, or its adapters.</summary>
    public void SaveWeights(string folder)
    {
        if (_recipe.Lora is { } lora)
        {
            AdapterFolder.Save(_master, lora, _recipe.BaseName, folder, ScalarType.Float32);
        }
        else
        {
            ModelFolder.CarryFiles(_recipe.Model, folder);
            _master.Save(folder, ScalarType.Float32);
        }
    }

    /// <summary>Writes weights and moments.</summary>
    public void SaveCheckpoint<T>(string folder, T state)
    {
        SaveWeights(folder);
        RunFolder.WriteState(folder, state, _optimizer);
    }

    /// <summary>
    /// Takes back weights that <see cref="SaveWeights"/> wrote; the optimizer's moments are no longer those of the weights.
    /// </summary>
    public void LoadWeights(string folder)
    {
        if (_recipe.Lora is { } options)
        {
            AdapterFolder.Load(_master, folder, options);
            return;
        }

        using DecoderModel stored = DecoderModel.Load(folder, ScalarType.Float32, _master.Device);
        _master.CopyWeights(stored);
    }

    /// <summary>
    /// Writes the finished adapters, with the tokenizer, template and judge's files that they were trained with; of bfloat16 weights they
    /// are bfloat16 too.
    /// </summary>
    /// <param name="lora">The recipe's.</param>
    /// <param name="folder">Where to.</param>
    public void SaveAdapters(LowRankOptions lora, string folder)
    {
        ModelFolder.CarryFiles(_recipe.Model, folder);
        AdapterFolder.Save(_master, lora, _recipe.BaseName, folder, FinishedType);
    }

    /// <summary>Writes the finished model, adapters merged in; the session is at its end with that.</summary>
    public void SaveFinished(string folder)
    {
        if (_recipe.Lora is not null)
        {
            _master.MergeAdapters();
        }

        ModelFolder.CarryFiles(_recipe.Model, folder);
        _master.Save(folder, FinishedType);
        ModelFolder.WriteCard(folder, _recipe.Model);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Replicas.Dispose();
        Workers.Dispose();
        _optimizer.Dispose();
        if (!ReferenceEquals(_working, _master))
        {
            _working.Dispose();
        }

        _master.Dispose();
    }
}
