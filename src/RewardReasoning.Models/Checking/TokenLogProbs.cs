using RewardReasoning.Models.Decoder;
using TorchSharp;
using static TorchSharp.torch;

namespace RewardReasoning.Models.Checking;

/// <summary>Log-probabilities of long rows over large vocabularies, some positions at a time so that memory stays bounded.</summary>
internal static class TokenLogProbs
{
    private const long PositionsAtOnce = 128;

    /// <summary>Log-probability of each next token: entry t is that of <c>ids[t + 1]</c> given the tokens before it.</summary>
    /// <param name="model">Gives the logits.</param>
    /// <param name="hidden">[T, H], final norm applied.</param>
    /// <param name="ids">[T] int64.</param>
    /// <returns>[T - 1] float32.</returns>
    public static Tensor OfNext(DecoderModel model, Tensor hidden, Tensor ids)
    {
        List<Tensor> parts = [];
        for (long at = 0; at < ids.shape[0] - 1; at += PositionsAtOnce)
        {
            using DisposeScope scope = NewDisposeScope();
            long count = Math.Min(PositionsAtOnce, ids.shape[0] - 1 - at);
            Tensor logProbs = nn.functional.log_softmax(model.Logits(hidden.narrow(0, at, count)), -1);
            parts.Add(logProbs.gather(1, ids.narrow(0, at + 1, count).unsqueeze(1)).squeeze(1).MoveToOuterDisposeScope());
        }

        return parts.Count == 0 ? empty([0]) : cat(parts, 0);
    }
}
