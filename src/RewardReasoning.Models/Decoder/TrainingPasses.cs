using RewardReasoning.Models.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Decoder;

/// <summary>Forward and backward passes that only training needs.</summary>
internal static class TrainingPasses
{
    /// <summary>
    /// One forward and backward pass over rows padded on the right: gradients are added to those of the model's trainable weights.
    /// </summary>
    /// <param name="model">A model whose trainable weights require gradients.</param>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="loss">From final-norm hidden states [B, T, H] to a number (0-dim) that depends on them.</param>
    /// <param name="recomputeLayers">Store only the input of each layer and compute the layer again in the backward pass: a third more
    /// work, and the activations of one layer at a time.</param>
    /// <returns>The loss.</returns>
    public static double Backpropagate(this DecoderModel model, Tensor ids, Func<Tensor, Tensor> loss, bool recomputeLayers = false)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(loss);
        return Backpropagate(model, ids, model.PlainContext(ids.shape[1]), loss, recomputeLayers);
    }

    /// <summary>The same for rows that hold several documents each; see <see cref="DecoderModel.HiddenPacked"/>.</summary>
    /// <param name="model">A model whose trainable weights require gradients.</param>
    /// <param name="ids">[B, T] int64.</param>
    /// <param name="positions">[B, T] int64, counted from 0 in each document.</param>
    /// <param name="documents">[B, T] int64, the number of each token's document.</param>
    /// <param name="loss">From final-norm hidden states [B, T, H] to a number (0-dim) that depends on them.</param>
    /// <param name="recomputeLayers">Store only the input of each layer, and compute layers again in the backward pass.</param>
    /// <returns>The loss.</returns>
    public static double BackpropagatePacked(
        this DecoderModel model,
        Tensor ids,
        Tensor positions,
        Tensor documents,
        Func<Tensor, Tensor> loss,
        bool recomputeLayers = false
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(ids);
        ArgumentNullException.ThrowIfNull(loss);
        return Backpropagate(model, ids, model.PackedContext(positions, documents), loss, recomputeLayers);
    }

    /// <summary>
    /// Hidden states that predict the completion tokens. Each prompt runs once and is shared by its completions; gradients flow through it.
    /// </summary>
    /// <param name="model">The model.</param>
    /// <param name="prompts">[P, L] int64, padded on the left.</param>
    /// <param name="promptMask">[P, L] bool, true where there is a token.</param>
    /// <param name="completions">[P·N, T] int64, those of prompt 0 first, padded on the right.</param>
    /// <returns>[P·N, T, H]: at t the state that predicts token t of the completion.</returns>
    public static Tensor HiddenOfCompletions(this DecoderModel model, Tensor prompts, Tensor promptMask, Tensor completions)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(prompts);
        ArgumentNullException.ThrowIfNull(promptMask);
        ArgumentNullException.ThrowIfNull(completions);
        long rows = completions.shape[0],
            each = rows / prompts.shape[0],
            length = completions.shape[1] - 1;
        if (each * prompts.shape[0] != rows)
        {
            throw new ArgumentException(
                $"There are {rows} completions of {prompts.shape[0]} prompts; every prompt needs the same number.",
                nameof(completions)
            );
        }

        SharedPromptCache memory = new(model.Config.LayerCount, (int)each);
        Tensor positions = promptMask.to(ScalarType.Int64).cumsum(1).Minus(1).AtLeast(0); // [P, L]
        Tensor last = model.Run(prompts, model.MemoryContext(positions, promptMask, memory), observe: null, lastOnly: true); // [P, 1, H]
        last = last.repeat_interleave(each, 0);
        if (length == 0)
        {
            return last;
        }

        Tensor lengths = promptMask.to(ScalarType.Int64).sum(1, keepdim: true).repeat_interleave(each, 0); // [P·N, 1]
        Tensor behind = lengths.Plus(TensorArithmetic.Counting(length, ScalarType.Int64, model.Device)); // [P·N, T - 1]
        Tensor keyMask = cat(
            [promptMask.repeat_interleave(each, 0), ones([rows, length], dtype: ScalarType.Bool, device: model.Device)],
            1
        );
        Tensor rest = model.Run(completions.narrow(1, 0, length), model.MemoryContext(behind, keyMask, memory), observe: null);
        return cat([last, rest], 1);
    }

    private static double Backpropagate(
        DecoderModel model,
        Tensor ids,
        ForwardContext context,
        Func<Tensor, Tensor> loss,
        bool recomputeLayers
    )
    {
        using DisposeScope scope = NewDisposeScope();
        if (recomputeLayers)
        {
            return Recompute(model, ids, context, loss);
        }

        Tensor value = loss(model.Run(ids, context, observe: null));
        value.backward();
        return value.item<float>();
    }

    private static double Recompute(DecoderModel model, Tensor ids, ForwardContext context, Func<Tensor, Tensor> loss)
    {
        List<Tensor> entering = [];
        Tensor x;
        using (no_grad())
        {
            x = model.Embed(ids);
            foreach (DecoderLayer layer in model.Layers)
            {
                entering.Add(x);
                using DisposeScope scope = NewDisposeScope();
                x = layer.Apply(x, context).MoveToOuterDisposeScope();
            }
        }

        Tensor top = Leaf(x);
        Tensor value = loss(model.Normalise(top));
        value.backward();
        Tensor gradient = GradientOf(top);
        for (int layer = model.Layers.Count - 1; layer >= 0; layer--)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor input = Leaf(entering[layer]);
            model.Layers[layer].Apply(input, context).backward([gradient]);
            gradient = GradientOf(input).MoveToOuterDisposeScope();
            entering[layer].Dispose();
        }

        Tensor embedded = model.Embed(ids);
        if (embedded.requires_grad)
        {
            embedded.backward([gradient]);
        }

        return value.item<float>();
    }

    private static Tensor Leaf(Tensor value) => value.detach().requires_grad_();

    private static Tensor GradientOf(Tensor leaf) =>
        leaf.grad ?? throw new ArgumentException("The loss does not depend on the hidden states; there is nothing to propagate.");
}
