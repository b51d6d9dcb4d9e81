using RewardReasoning.Models.Tensors;
using static TorchSharp.torch;

namespace RewardReasoning.Training.Dpo;

/// <summary>
/// Direct preference optimization (arXiv 2305.18290) and its relatives as TRL computes them, minimised. With a = Σ (log π − log π_ref) over
/// the chosen response's tokens, b over the rejected one's, n their numbers of tokens, f the divergence and Δ = f(a) − f(b):
/// <code>
/// sigmoid      −ln σ(βΔ)                                    hinge        max(0, 1 − βΔ)
/// ipo          (f(a)/n_a − f(b)/n_b − 1/(2β))²              sigmoid_norm −ln σ(β(f(a)/n_a − f(b)/n_b))
/// exo_pair     σ(βΔ)(ln σ(βΔ) − ln(1−ε)) + σ(−βΔ)(ln σ(−βΔ) − ln ε)
/// nca_pair     −ln σ(βa) − ½ ln σ(−βa) − ½ ln σ(−βb)        bco_pair     −ln σ(βa) − ln σ(−βb)
/// robust       (−(1−ε) ln σ(βΔ) + ε ln σ(−βΔ)) / (1 − 2ε)   sppo_hard    (a − 1/(2β))² + (b + 1/(2β))²
/// apo_zero     1 − σ(βa) + σ(βb)                            apo_down     σ(βa) + 1 − σ(β(a − b))
/// discopop     −ln σ(βΔ)(1 − s) + e^(−βΔ) s, s = σ(βΔ/τ)
/// aot          −(1−ε) ln σ(βδ) − ε ln σ(−βδ), δ = sort(Σ log π of chosen less rejected) − sort(the same of π_ref), over all pairs
/// aot_unpaired the same, δ = sort(a) − sort(b)
/// </code>
/// The mean over the batch's pairs, plus the supervised coefficient times the mean cross entropy of all chosen tokens.
/// </summary>
internal sealed class DpoLoss
{
    private readonly DpoOptions _options;

    /// <exception cref="ArgumentException">The options are invalid; the message lists every fault.</exception>
    public DpoLoss(DpoOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
    }

    /// <summary>
    /// The loss (0-dim, differentiable) of one micro-batch and its metrics; intermediate tensors stay in the caller's dispose scope.
    /// </summary>
    /// <param name="chosen">The better responses.</param>
    /// <param name="rejected">The worse ones, row by row.</param>
    /// <param name="counts">Counts of the whole batch; null when this is the whole batch.</param>
    /// <param name="transport">Where the variant sorts the batch and this is a part of it: what belongs to its pairs, by <see
    /// cref="Sides"/>
    /// of all of them.</param>
    /// <exception cref="ArgumentException">Shapes differ, or something that the options need is missing.</exception>
    public (Tensor Loss, DpoMetrics Metrics) Compute(
        DpoSide chosen,
        DpoSide rejected,
        DpoCounts? counts = null,
        DpoTransport? transport = null
    )
    {
        Check(chosen, rejected);
        Tensor chosenMask = chosen.Mask.IsNotZero(),
            rejectedMask = rejected.Mask.IsNotZero(); // [B, T]
        Tensor chosenTokens = chosenMask.sum(1),
            rejectedTokens = rejectedMask.sum(1); // [B]
        Tensor shorter = minimum(chosenTokens, rejectedTokens);
        Tensor a = LogRatio(chosen, chosenMask, shorter),
            b = LogRatio(rejected, rejectedMask, shorter); // [B]
        Tensor losses = _options.SortsBatch
            ? Transported(Compared(chosen, rejected, chosenMask, rejectedMask, shorter), transport, isWhole: counts is null)
            : Losses(a, b, chosenTokens.AtLeast(1), rejectedTokens.AtLeast(1));
        if (_options.ConfidenceWeighted)
        {
            losses = losses * Confidence(chosen, chosenMask).Plus(Confidence(rejected, rejectedMask)).exp().AtMost(1);
        }

        Tensor loss = losses.sum().Over(counts?.Pairs ?? losses.shape[0]);
        Tensor chosenLogProb = Masked(chosen.LogProbs, chosenMask).sum(1),
            rejectedLogProb = Masked(rejected.LogProbs, rejectedMask).sum(1); // [B]
        Tensor? sft = null;
        if (_options.SftCoefficient > 0)
        {
            sft = -chosenLogProb.sum().Over(counts?.ChosenTokens ?? chosenTokens.sum().item<long>());
            loss = loss.Plus(sft.Times(_options.SftCoefficient));
        }

        double[] values = Read(
            loss,
            sft,
            a.sum().Times(_options.Beta),
            b.sum().Times(_options.Beta),
            a.gt(b).sum(),
            chosenLogProb.sum(),
            rejectedLogProb.sum()
        );
        return (
            loss,
            new DpoMetrics
            {
                Loss = values[0],
                SftLoss = values[1],
                Pairs = losses.shape[0],
                ChosenReward = values[2],
                RejectedReward = values[3],
                Correct = values[4],
                ChosenLogProb = values[5],
                RejectedLogProb = values[6],
            }
        );
    }

    /// <summary>The two numbers of each pair that a variant which sorts the batch compares with those of the others.</summary>
    /// <exception cref="ArgumentException">Shapes differ.</exception>
    public (double[] First, double[] Second) Sides(DpoSide chosen, DpoSide rejected)
    {
        Check(chosen, rejected);
        Tensor chosenMask = chosen.Mask.IsNotZero(),
            rejectedMask = rejected.Mask.IsNotZero(); // [B, T]
        (Tensor first, Tensor second) = Compared(
            chosen,
            rejected,
            chosenMask,
            rejectedMask,
            minimum(chosenMask.sum(1), rejectedMask.sum(1))
        );
        return (Numbers(first), Numbers(second));
    }

    private (Tensor First, Tensor Second) Compared(
        DpoSide chosen,
        DpoSide rejected,
        Tensor chosenMask,
        Tensor rejectedMask,
        Tensor shorter
    ) =>
        _options.Variant == DpoVariant.AotUnpaired
            ? (LogRatio(chosen, chosenMask, shorter), LogRatio(rejected, rejectedMask, shorter))
            : (
                Sum(chosen.LogProbs, chosenMask, shorter) - Sum(rejected.LogProbs, rejectedMask, shorter),
                Sum(chosen.ReferenceLogProbs.detach(), chosenMask, shorter)
                    - Sum(rejected.ReferenceLogProbs.detach(), rejectedMask, shorter)
            );

    /// <summary>
    /// The losses at the ranks of both numbers of a pair, of each half the value and the whole gradient with respect to the pair's own
    /// number: over all pairs these add up to the loss over all ranks and to its gradient, [B].
    /// </summary>
    private Tensor Transported((Tensor First, Tensor Second) sides, DpoTransport? transport, bool isWhole)
    {
        transport ??= isWhole
            ? DpoTransport.Of(Numbers(sides.First), Numbers(sides.Second))
            : throw new ArgumentException(
                $"The variant {_options.Variant} sorts the whole batch, and this is a part of it; give the transport of its pairs.",
                nameof(transport)
            );
        Tensor both = AtRank(sides.First - Column(transport.BesideFirst)).Plus(AtRank(Column(transport.BesideSecond) - sides.Second));
        return both - both.detach().Times(0.5);

        Tensor Column(double[] numbers) => tensor(numbers, device: sides.First.device).to(sides.First.dtype);
    }

    private Tensor AtRank(Tensor difference)
    {
        Tensor scaled = difference.Times(_options.Beta);
        double epsilon = _options.LabelSmoothing;
        return LogSigmoid(scaled).Times(epsilon - 1) - LogSigmoid(-scaled).Times(epsilon);
    }

    private Tensor Losses(Tensor a, Tensor b, Tensor chosenTokens, Tensor rejectedTokens)
    {
        double beta = _options.Beta,
            epsilon = _options.LabelSmoothing;
        Tensor difference = Reward(a) - Reward(b); // Δ
        Tensor scaled = difference.Times(beta);
        Tensor PerToken() => (Reward(a) / chosenTokens) - (Reward(b) / rejectedTokens);
        return _options.Variant switch
        {
            DpoVariant.Sigmoid => -LogSigmoid(scaled),
            DpoVariant.Hinge => scaled.Complement().AtLeast(0),
            DpoVariant.Ipo => PerToken().Minus(1 / (2 * beta)).Squared(),
            DpoVariant.ExoPair => (scaled.sigmoid() * LogSigmoid(scaled).Minus(Math.Log(1 - epsilon))).Plus(
                (-scaled).sigmoid() * LogSigmoid(-scaled).Minus(Math.Log(epsilon))
            ),
            DpoVariant.NcaPair => -LogSigmoid(a.Times(beta))
                - LogSigmoid(a.Times(-beta)).Times(0.5)
                - LogSigmoid(b.Times(-beta)).Times(0.5),
            DpoVariant.Robust => LogSigmoid(scaled).Times(epsilon - 1).Plus(LogSigmoid(-scaled).Times(epsilon)).Over(1 - (2 * epsilon)),
            DpoVariant.BcoPair => -LogSigmoid(a.Times(beta)) - LogSigmoid(b.Times(-beta)),
            DpoVariant.SppoHard => a.Minus(0.5 / beta).Squared().Plus(b.Plus(0.5 / beta).Squared()),
            DpoVariant.ApoZero => a.Times(beta).sigmoid().Complement().Plus(b.Times(beta).sigmoid()),
            DpoVariant.ApoDown => a.Times(beta).sigmoid().Plus(1) - (a - b).Times(beta).sigmoid(),
            DpoVariant.Discopop => Discopop(scaled),
            DpoVariant.SigmoidNorm => -LogSigmoid(PerToken().Times(beta)),
            _ => throw new InvalidOperationException($"There is no variant {_options.Variant}."),
        };
    }

    private Tensor Discopop(Tensor scaled)
    {
        Tensor share = scaled.Over(_options.DiscopopTau).sigmoid();
        return (-LogSigmoid(scaled) * share.Complement()).Plus((-scaled).exp() * share);
    }

    /// <summary>f of a log-ratio.</summary>
    private Tensor Reward(Tensor ratio) =>
        _options.Divergence switch
        {
            DpoDivergence.ReverseKl => ratio,
            DpoDivergence.ForwardKl => (-ratio).exp().Complement(),
            DpoDivergence.JensenShannon => LogSigmoid(ratio).Plus(Math.Log(2)),
            DpoDivergence.Alpha => ratio.Times(_options.Alpha - 1).exp().Minus(1).Over(_options.Alpha - 1),
            _ => throw new InvalidOperationException($"There is no divergence {_options.Divergence}."),
        };

    /// <summary>Σ over a response's tokens of the log-ratio, tokens behind the pair's shorter response weighted down, [B].</summary>
    private Tensor LogRatio(DpoSide side, Tensor mask, Tensor shorter) =>
        Sum(side.LogProbs - side.ReferenceLogProbs.detach(), mask, shorter);

    private Tensor Sum(Tensor values, Tensor mask, Tensor shorter)
    {
        values = Masked(values, mask); // [B, T]
        if (_options.ExcessTokenWeight < 1)
        {
            Tensor excess = mask.to_type(int64).cumsum(1).gt(shorter.unsqueeze(1)); // [B, T]
            values = where(excess, values.Times(_options.ExcessTokenWeight), values);
        }

        return values.sum(1);
    }

    /// <summary>Mean over a response's tokens of ln p − ln Σ p², without gradient, [B].</summary>
    private static Tensor Confidence(DpoSide side, Tensor mask)
    {
        Tensor squares =
            side.LogSumSquares
            ?? throw new ArgumentException(
                "Pairs are weighted by confidence and there is no LogSumSquares; give it or set ConfidenceWeighted to false.",
                nameof(side)
            );
        return Masked(side.LogProbs - squares, mask).sum(1).detach() / mask.sum(1).AtLeast(1);
    }

    private static Tensor Masked(Tensor values, Tensor mask) => values.Filled(mask.logical_not(), 0);

    private static Tensor LogSigmoid(Tensor x) => nn.functional.logsigmoid(x);

    private static double[] Numbers(Tensor values) => values.detach().to(float64).cpu().data<double>().ToArray();

    private static void Check(DpoSide chosen, DpoSide rejected)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        ArgumentNullException.ThrowIfNull(rejected);
        Check(chosen, nameof(chosen));
        Check(rejected, nameof(rejected));
        Shapes.MustBe(
            chosen.LogProbs.shape[0] == rejected.LogProbs.shape[0],
            rejected.LogProbs,
            nameof(rejected),
            $"of {chosen.LogProbs.shape[0]} rows"
        );
    }

    private static void Check(DpoSide side, string name)
    {
        Shapes.MustBe(side.LogProbs.dim() == 2, side.LogProbs, name, "[pairs, time]");
        Shapes.MustMatch(side.LogProbs, side.ReferenceLogProbs, $"{name}.{nameof(side.ReferenceLogProbs)}");
        Shapes.MustMatch(side.LogProbs, side.Mask, $"{name}.{nameof(side.Mask)}");
        if (side.LogSumSquares is { } squares)
        {
            Shapes.MustMatch(side.LogProbs, squares, $"{name}.{nameof(side.LogSumSquares)}");
        }
    }

    private static double[] Read(params Tensor?[] scalars)
    {
        using Tensor together = stack(
            scalars.Select(scalar => scalar is null ? zeros([], float64) : scalar.detach().to(float64).cpu()).ToArray()
        );
        return together.data<double>().ToArray();
    }
}
