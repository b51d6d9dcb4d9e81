using System.Globalization;
using CsCheck;
using RewardReasoning.Verification;
using RewardReasoning.Verification.Tests;

namespace RewardReasoning.Bench;

/// <summary>
/// The verifier on random pairs of every class of answers that the tests generate: how many other spellings are called equal (recall), and
/// how many near misses are (each costs precision). The argument is the number of pairs of a class, of each kind.
/// </summary>
internal static class VerifierClassesBenchmark
{
    private const int Pairs = 1_000;

    public static async Task<int> RunAsync(string[] args)
    {
        int pairs = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : Pairs;
        Machine.Print();
        await Console.Out.WriteLineAsync("| class | other spellings called equal | near misses called equal |\n|---|---|---|");
        (int right, int wrong, int missed) all = (0, 0, 0);
        foreach (AnswerPairClass answers in AnswerPairs.All)
        {
            int equal = CountEqual(answers.Same, pairs);
            int wrong = CountEqual(answers.Other, pairs);
            all = (all.right + equal, all.wrong + wrong, all.missed + pairs - equal);
            await Console.Out.WriteLineAsync($"| {answers.Name} | {equal} of {pairs} | {wrong} of {pairs} |");
        }

        await Console.Out.WriteLineAsync(
            string.Create(
                CultureInfo.InvariantCulture,
                $"precision {100.0 * all.right / (all.right + all.wrong):0.00} %, recall {100.0 * all.right / (all.right + all.missed):0.00} % over {AnswerPairs.All.Count} classes"
            )
        );
        return 0;
    }

    private static int CountEqual(Gen<(string Gold, string Prediction)> gen, int pairs)
    {
        AnswerVerifier verifier = new();
        int equal = 0;
        gen.Array[pairs]
            .Sample(
                all => equal = all.Count(pair => verifier.Verify(pair.Gold, pair.Prediction) == AnswerVerdict.Equal),
                iter: 1,
                threads: 1
            );
        return equal;
    }
}
