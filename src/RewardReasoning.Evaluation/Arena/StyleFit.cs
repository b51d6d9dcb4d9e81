using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>
/// Bradley-Terry with style: P(i beats j) = σ(θi − θj + γ · x), where x is how far the two answers' styles are apart, each feature by its
/// root mean square and not less its mean. So θ compares models at equal style (Arena-Hard's own script takes off the mean, and so compares
/// at the average difference). Newton's method on the log-likelihood with the prior −λ/2 (Σθ² + Σγ²), halving steps that go down.
/// </summary>
internal sealed class StyleFit
{
    private const double Lambda = 0.01;
    private const double Tolerance = 1e-9;
    private const int MostSteps = 100;
    private const int MostHalvings = 30;

    private readonly int _models;
    private readonly IReadOnlyList<StyleGame> _games;
    private readonly int _features;

    /// <param name="models">How many models there are, numbered from 0.</param>
    /// <param name="games">The battles.</param>
    /// <param name="features">How many of the features count, from the first on.</param>
    public StyleFit(int models, IReadOnlyList<StyleGame> games, int features)
    {
        _models = models;
        _games = games;
        _features = features;
    }

    /// <summary>θ of every model, then γ of every feature.</summary>
    /// <param name="weights">How often each battle counts.</param>
    /// <param name="start">Where to begin: an earlier fit, or zeros.</param>
    public double[] Maximise(IReadOnlyList<int> weights, double[] start)
    {
        double[] at = [.. start];
        double[] gradient = new double[at.Length];
        double[][] information = [.. Enumerable.Range(1, at.Length).Select(length => new double[length])];
        double value = LogPosterior(at, weights);
        for (int step = 0; step < MostSteps; step++)
        {
            Differentiate(at, weights, gradient, information);
            Cholesky.Factorise(information);
            double[] move = Cholesky.Solve(information, gradient);
            double share = 1;
            double[] next = Moved(at, move, share);
            double nextValue = LogPosterior(next, weights);
            for (int halving = 0; nextValue < value && halving < MostHalvings; halving++)
            {
                share /= 2;
                next = Moved(at, move, share);
                nextValue = LogPosterior(next, weights);
            }

            (at, value) = nextValue >= value ? (next, nextValue) : (at, value);
            if (move.Max(Math.Abs) < Tolerance || nextValue < value)
            {
                break;
            }
        }

        return at;
    }

    private static double[] Moved(double[] from, double[] move, double share) => [.. from.Zip(move, (x, d) => x + (share * d))];

    private double LogPosterior(double[] at, IReadOnlyList<int> weights)
    {
        double sum = 0;
        for (int i = 0; i < _games.Count; i++)
        {
            if (weights[i] > 0)
            {
                StyleGame game = _games[i];
                double logit = Logit(game, at);

                // ln σ(z) = −ln(1 + e^−z), kept from overflow.
                double lost = Math.Log(1 + Math.Exp(-Math.Abs(logit)));
                sum +=
                    weights[i]
                    * ((game.Points1 * (Math.Min(logit, 0) - lost)) + ((game.Games - game.Points1) * (Math.Min(-logit, 0) - lost)));
            }
        }

        return sum - (Lambda / 2 * at.Sum(x => x * x));
    }

    private void Differentiate(double[] at, IReadOnlyList<int> weights, double[] gradient, double[][] information)
    {
        for (int i = 0; i < at.Length; i++)
        {
            Array.Clear(information[i]);
            gradient[i] = -Lambda * at[i];
            information[i][i] = Lambda;
        }

        Span<int> places = stackalloc int[_features + 2];
        Span<double> values = stackalloc double[_features + 2];
        for (int i = 0; i < _games.Count; i++)
        {
            if (weights[i] == 0)
            {
                continue;
            }

            StyleGame game = _games[i];
            (places[0], values[0], places[1], values[1]) = (game.Model1, 1, game.Model2, -1);
            for (int k = 0; k < _features; k++)
            {
                (places[k + 2], values[k + 2]) = (_models + k, game.Features[k]);
            }

            double win = 1 / (1 + Math.Exp(-Logit(game, at)));
            double surprise = weights[i] * (game.Points1 - (game.Games * win));
            double known = weights[i] * game.Games * win * (1 - win);
            for (int a = 0; a < places.Length; a++)
            {
                gradient[places[a]] += surprise * values[a];
                for (int b = 0; b <= a; b++)
                {
                    information[Math.Max(places[a], places[b])][Math.Min(places[a], places[b])] += known * values[a] * values[b];
                }
            }
        }
    }

    private double Logit(StyleGame game, double[] at)
    {
        double logit = at[game.Model1] - at[game.Model2];
        for (int k = 0; k < _features; k++)
        {
            logit += at[_models + k] * game.Features[k];
        }

        return logit;
    }
}

/// <summary>A battle by the numbers of its models, with its features.</summary>
internal readonly record struct StyleGame(int Model1, int Model2, int Games, double Points1, double[] Features);
