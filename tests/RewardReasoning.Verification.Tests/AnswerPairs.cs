using System.Globalization;
using CsCheck;

namespace RewardReasoning.Verification.Tests;

/// <summary>A class of answers: pairs that are the same answer in two spellings, and near misses, which are different answers.</summary>
internal sealed record AnswerPairClass(
    string Name,
    Gen<(string Gold, string Prediction)> Same,
    Gen<(string Gold, string Prediction)> Other
);

/// <summary>
/// Generators of answer pairs by class. Each rewrites a random value by rules of writing alone, so that it knows the right verdict without
/// asking the verifier.
/// </summary>
internal static class AnswerPairs
{
    private static readonly string[] Units = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    private static readonly string[] Tens = ["", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    private static readonly string[] Months = ["January", "March", "April", "June", "August", "October", "December"];
    private static readonly string[] Elements = ["C", "N", "S", "Fe", "Ca", "Si"];
    private static readonly string[] Partners = ["O", "Cl", "H", "Br"];
    private static readonly (string Symbol, string Word, string Below)[] Sizes =
    [
        ("GB", "gigabytes", "MB"),
        ("MB", "megabytes", "kB"),
        ("TB", "terabytes", "GB"),
    ];

    private static readonly string[] Letters = ["A", "B", "C", "D", "E"];

    private static readonly Gen<int> Small = Gen.Int[2, 60];
    private static readonly Gen<int> Digit = Gen.Int[1, 9];

    public static IReadOnlyList<AnswerPairClass> All { get; } =
    [
        Of(
            "whole numbers, grouped",
            Gen.Int[1000, 99_999_999],
            n =>
                [
                    (I(n), n.ToString("N0", CultureInfo.InvariantCulture)),
                    (I(n), $"${I(n)}$"),
                    (I(n), n.ToString("N0", CultureInfo.InvariantCulture).Replace(",", "{,}", StringComparison.Ordinal)),
                ],
            n => [(I(n), (n + 1).ToString("N0", CultureInfo.InvariantCulture)), (I(n), I(n * 10L)), (I(n), $"-{I(n)}")]
        ),
        Of(
            "fractions",
            Gen.Select(Digit, Gen.Int[2, 30], Gen.Int[2, 9]),
            x =>
                [
                    (Frac(x.Item1, x.Item2), $"{x.Item1 * x.Item3}/{x.Item2 * x.Item3}"),
                    ($"-{Frac(x.Item1, x.Item2)}", Frac(-x.Item1, x.Item2)),
                    (Frac(x.Item1, x.Item2), $"{{{x.Item1} \\over {x.Item2}}}"),
                ],
            x =>
                [
                    (Frac(x.Item1, x.Item2), $"{(x.Item1 * x.Item3) + 1}/{x.Item2 * x.Item3}"),
                    (Frac(x.Item1, x.Item2 + x.Item1), Frac(x.Item2 + x.Item1, x.Item1)),
                ]
        ),
        Of(
            "mixed numbers",
            Gen.Select(Gen.Int[1, 30], Gen.Int[2, 9]),
            x =>
                [
                    ($"{x.Item1}\\frac{{1}}{{{x.Item2}}}", $"{(x.Item1 * x.Item2) + 1}/{x.Item2}"),
                    ($"{x.Item1} 1/{x.Item2}", Frac((x.Item1 * x.Item2) + 1, x.Item2)),
                ],
            x =>
                [
                    ($"{x.Item1}\\frac{{1}}{{{x.Item2}}}", Frac(x.Item1, x.Item2)),
                    ($"{x.Item1} 1/{x.Item2}", Frac((x.Item1 * x.Item2) + 2, x.Item2)),
                ]
        ),
        Of(
            "decimals",
            Gen.Int[1, 9999],
            n =>
                [
                    (D(n / 8m), Frac(n, 8)),
                    (D(n / 100m), (n / 100m).ToString("F3", CultureInfo.InvariantCulture)),
                    (D(n / 4m), $"${D(n / 4m)}$"),
                ],
            n => [(D(n / 8m), Frac(n + 1, 8)), (D(n / 100m), D((n + 1) / 100m)), (D(n / 100m), D(n / 10m))]
        ),
        Of(
            "percent",
            Gen.Int[1, 99],
            n => [($"{n}\\%", D(n / 100m)), ($"{n}%", $"{n} percent"), (D(n / 100m), $"{n}\\%"), ($"{n}%", $"{n} per cent")],
            n => [($"{n}\\%", $"{n + 1}%"), ($"{n}%", D(n / 1000m)), ($"{n}%", $"{n + 1} percent")]
        ),
        Of(
            "scientific notation",
            Gen.Select(Gen.Int[11, 99], Gen.Int[3, 12]),
            x =>
                [
                    ($"{D(x.Item1 / 10m)}\\times10^{{{x.Item2}}}", $"{D(x.Item1 / 10m)}e{x.Item2}"),
                    ($"{D(x.Item1 / 10m)} x 10^{x.Item2}", $"{x.Item1}\\cdot 10^{{{x.Item2 - 1}}}"),
                    ($"{D(x.Item1 / 10m)}E-{x.Item2}", $"{D(x.Item1 / 10m)} × 10⁻{Raised(x.Item2)}"),
                ],
            x =>
                [
                    ($"{D(x.Item1 / 10m)}\\times10^{{{x.Item2}}}", $"{D(x.Item1 / 10m)}e{x.Item2 + 1}"),
                    ($"{D(x.Item1 / 10m)}e-{x.Item2}", $"{D(x.Item1 / 10m)}e{x.Item2}"),
                ]
        ),
        Of(
            "scale words",
            Gen.Int[1, 99],
            n =>
                [
                    ($"{n} million", $"{n},000,000"),
                    (I(n * 1000), $"{n} thousand"),
                    ($"{D(n / 10m)} billion", I(n * 100_000_000L)),
                    (I(n * 12), $"{n} dozen"),
                    (I(n * 100_000L), $"{n} lakh"),
                    ($"\\${n}\\text{{ million}}", $"\\${n},000,000"),
                ],
            n =>
                [
                    (I(n), $"{n} million"),
                    ($"{n} thousand", I(n)),
                    ($"{n} million", $"{n} billion"),
                    ($"{n} crore", $"{n} lakh"),
                    (I(n), $"{n} dozen"),
                ]
        ),
        Of(
            "number words",
            Gen.Int[20, 99],
            n =>
                [
                    (I(n), Word(n)),
                    (Word(n).ToUpperInvariant()[..1] + Word(n)[1..], I(n)),
                    (I(n), $"{Word(n)} apples"),
                    (I(n * 100), $"{Word(n)} hundred"),
                    ($"{n}%", $"{Word(n)} percent"),
                ],
            n => [(I(n), Word(n + 1 > 99 ? 21 : n + 1)), (I(n * 10), Word(n)), (I(n + 100), Word(n))]
        ),
        Of(
            "SI units",
            Gen.Select(Small, OneOf("m", "g", "W", "N", "Hz", "V", "J")),
            x =>
                [
                    ($"{x.Item1} k{x.Item2}", $"{x.Item1}000 {x.Item2}"),
                    ($"{x.Item1}\\text{{ m{x.Item2}}}", $"{D(x.Item1 / 1000m)} {x.Item2}"),
                    ($"{x.Item1} {x.Item2}", I(x.Item1)),
                ],
            x =>
                [
                    ($"{x.Item1} k{x.Item2}", $"{x.Item1} {x.Item2}"),
                    ($"{x.Item1} k{x.Item2}", $"{x.Item1} m{x.Item2}"),
                    ($"{x.Item1} k{x.Item2}", $"{x.Item1 + 1} k{x.Item2}"),
                ]
        ),
        Of(
            "compound units",
            Small,
            n =>
                [
                    ($"{n * 18} km/h", $"{n * 5} m/s"),
                    ($"{n} g/cm^3", $"{n}000 kg/m^3"),
                    ($"{n} m^2", $"{n}0000 cm^2"),
                    ($"{n}\\,\\mathrm{{m/s^2}}", $"{n} m s^{{-2}}"),
                    ($"{n} square meters", $"{n}\\text{{ m}}^2"),
                ],
            n => [($"{n} km/h", $"{n} m/s"), ($"{n} m^2", $"{n}00 cm^2"), ($"{n} cm^2", $"{n} cm^3"), ($"{n} m/s", $"{n} m/s^2")]
        ),
        Of(
            "money",
            Gen.Select(Small, Gen.Int[10, 99]),
            x =>
                [
                    ($"\\${x.Item1}.{x.Item2}", $"{(x.Item1 * 100) + x.Item2} cents"),
                    ($"€{x.Item1}", $"{x.Item1} euros"),
                    ($"£{x.Item1}.{x.Item2}", $"{x.Item1}.{x.Item2} pounds"),
                    ($"{x.Item1} USD", $"\\${x.Item1}.00"),
                    ($"₹{x.Item1}", $"Rs. {x.Item1}"),
                ],
            x =>
                [
                    ($"€{x.Item1}", $"\\${x.Item1}"),
                    ($"\\${x.Item1}", $"{x.Item1} cents"),
                    ($"\\${x.Item1}.{x.Item2}", $"\\${x.Item1 + 1}.{x.Item2}"),
                    ($"£{x.Item1}", $"€{x.Item1}"),
                ]
        ),
        Of(
            "money in parts",
            Gen.Select(Gen.Int[2, 60], Gen.Int[10, 99]),
            x =>
                [
                    ($"£{x.Item1}.{x.Item2}", $"{x.Item1} pounds and {x.Item2} pence"),
                    ($"£{x.Item1}.{x.Item2}", $"£{x.Item1} {x.Item2}p"),
                    ($"{x.Item1} pounds {x.Item2}p", $"{(x.Item1 * 100) + x.Item2}p"),
                    ($"\\${x.Item1}.{x.Item2}", $"{x.Item1} dollars and {x.Item2} cents"),
                    ($"{x.Item1} lb {x.Item2 % 16} oz", $"{(x.Item1 * 16) + (x.Item2 % 16)} ounces"),
                ],
            x =>
                [
                    ($"£{x.Item1}.{x.Item2}", $"{x.Item1} pounds and {x.Item2 - 1} pence"),
                    ($"£{x.Item1}.{x.Item2}", $"${x.Item1} and {x.Item2} cents"),
                    ($"£{x.Item1}.0{x.Item2 / 10}", $"{x.Item1} pounds {x.Item2} pence"),
                    ($"{x.Item1} lb {x.Item2 % 16} oz", $"{x.Item1} pounds {x.Item2 % 16} pence"),
                ]
        ),
        Of(
            "sums written with dots",
            Gen.Select(Gen.Int[1, 999], Gen.Int[100, 999], Gen.Int[10, 99]),
            x =>
                [
                    ($"{x.Item1}{x.Item2}.{x.Item3} EUR", $"{x.Item1}.{x.Item2},{x.Item3} EUR"),
                    ($"€{x.Item1}{x.Item2}", $"{x.Item1}.{x.Item2} €"),
                    ($"{x.Item1}{x.Item2}{x.Item2}", $"{x.Item1}.{x.Item2}.{x.Item2}"),
                    ($"{x.Item1}{x.Item2}", $"Das Ergebnis ist {x.Item1}.{x.Item2}."),
                    ($"{x.Item1}{x.Item2}", $"{x.Item1}_{x.Item2}"),
                ],
            x =>
                [
                    ($"{x.Item1}{x.Item2}.{x.Item3} EUR", $"{x.Item1}.{x.Item2},{x.Item3 + 1} EUR"),
                    ($"€{x.Item1}.{x.Item3}", $"{x.Item1}.{x.Item3}0 €"),
                    ($"{x.Item1}{x.Item2}", $"{x.Item1}.{x.Item2}"),
                    ($"\\${x.Item1}{x.Item2}", $"\\${x.Item1}.{x.Item2}"),
                ]
        ),
        Of(
            "times in words",
            Gen.Select(Gen.Int[1, 10], Gen.Int[1, 9]),
            x =>
                [
                    ($"{x.Item1}:15", $"quarter past {Units[x.Item1]}"),
                    ($"{x.Item1}:30", $"half past {x.Item1}"),
                    ($"{x.Item1}:45", $"a quarter to {(x.Item1 + 1 > 10 ? "eleven" : Units[x.Item1 + 1])}"),
                    ($"{x.Item1}:0{x.Item2}", $"{Units[x.Item2]} minutes past {Units[x.Item1]}"),
                    ($"{x.Item1}:{60 - x.Item2}", $"{x.Item2} minutes to {x.Item1 + 1}"),
                    ($"{x.Item1}:15 PM", $"quarter past {x.Item1} in the evening"),
                    ($"{x.Item1}:00", $"{Units[x.Item1]} o'clock"),
                ],
            x =>
                [
                    ($"{x.Item1}:15", $"quarter to {Units[x.Item1]}"),
                    ($"{x.Item1}:30", $"half past {x.Item1 + 1}"),
                    ($"{x.Item1}:0{x.Item2}", $"{Units[x.Item2]} minutes to {Units[x.Item1]}"),
                    ($"{x.Item1}:15 PM", $"quarter past {x.Item1} in the morning"),
                    ($"{x.Item1}:15 PM", $"{x.Item1}:15 in the morning"),
                ]
        ),
        Of(
            "formulas of substances",
            Gen.Select(
                Gen.Int[0, Elements.Length - 1].Select(i => Elements[i]),
                Gen.Int[0, Partners.Length - 1].Select(i => Partners[i]),
                Gen.Int[2, 9],
                Gen.Int[2, 9]
            ),
            x =>
                [
                    ($"{x.Item1}{x.Item3}{x.Item2}{x.Item4}", $"{x.Item1}_{x.Item3}{x.Item2}_{x.Item4}"),
                    ($"{x.Item1}{x.Item2}{x.Item4}", $"\\text{{{x.Item1}{x.Item2}}}_{{{x.Item4}}}"),
                    ($"{x.Item1}{x.Item2}{x.Item4}", $"{x.Item1}{x.Item2}{(char)('₀' + x.Item4)}"),
                    ($"\\ce{{{x.Item1}{x.Item3}{x.Item2}}}", $"{x.Item1}{x.Item3}{x.Item2}"),
                ],
            x =>
                [
                    ($"{x.Item1}{x.Item2}{x.Item4}", $"{x.Item1}_{x.Item4}{x.Item2}"),
                    ($"{x.Item1}{x.Item2}{x.Item4}", $"{x.Item1}{x.Item2}_{{{x.Item4 + 1}}}"),
                    ($"{x.Item1}{x.Item3}{x.Item2}", $"{x.Item1}{x.Item3}{x.Item2}{x.Item4}"),
                ]
        ),
        Of(
            "sizes of data",
            Gen.Select(Small, Gen.Int[0, Sizes.Length - 1].Select(i => Sizes[i])),
            x =>
                [
                    ($"{x.Item1} {x.Item2.Symbol}", $"{x.Item1} {x.Item2.Word}"),
                    ($"{x.Item1} {x.Item2.Symbol}", $"{x.Item1 * 1000} {x.Item2.Below}"),
                    ($"{x.Item1} {x.Item2.Symbol}", $"{x.Item1 * 1024} {x.Item2.Below}"),
                    ($"{x.Item1} bytes", $"{x.Item1 * 8} bits"),
                ],
            x =>
                [
                    ($"{x.Item1} {x.Item2.Symbol}", $"{x.Item1} {x.Item2.Below}"),
                    ($"{x.Item1} GB", $"{x.Item1} Gb"),
                    ($"{x.Item1} {x.Item2.Symbol}", $"{(x.Item1 * 1000) + 1} {x.Item2.Below}"),
                ]
        ),
        Of(
            "durations",
            Gen.Select(Gen.Int[1, 11], Gen.Int[1, 59]),
            x =>
                [
                    ($"{x.Item1} hours {x.Item2} minutes", $"{(x.Item1 * 60) + x.Item2} minutes"),
                    ($"{x.Item1}h{x.Item2}m", $"{x.Item1} hours and {x.Item2} minutes"),
                    ($"{x.Item1} days", $"{24 * x.Item1} hours"),
                    ($"{x.Item1} min {x.Item2} s", $"{(x.Item1 * 60) + x.Item2} seconds"),
                ],
            x =>
                [
                    ($"{x.Item1} hours {x.Item2} minutes", $"{(x.Item1 * 60) + x.Item2 + 1} minutes"),
                    ($"{x.Item1} hours", $"{x.Item1} minutes"),
                    ($"{x.Item1} weeks", $"{x.Item1} days"),
                ]
        ),
        Of(
            "times of day",
            Gen.Select(Gen.Int[1, 11], Gen.Int[10, 59]),
            x =>
                [
                    ($"{x.Item1}:{x.Item2} PM", $"{x.Item1 + 12}:{x.Item2}"),
                    ($"{x.Item1}:{x.Item2} a.m.", $"{x.Item1}:{x.Item2}\\text{{ AM}}"),
                    ($"{x.Item1} pm", $"{x.Item1}:00 p.m."),
                ],
            x =>
                [
                    ($"{x.Item1}:{x.Item2} PM", $"{x.Item1}:{x.Item2} AM"),
                    ($"{x.Item1}:{x.Item2} am", $"{x.Item1}:{(x.Item2 == 59 ? 10 : x.Item2 + 1)} am"),
                    ($"{x.Item1} am", $"{x.Item1 + 12}:00"),
                ]
        ),
        Of(
            "dates",
            Gen.Select(Gen.Int[1, 28], Gen.Int[0, Months.Length - 1].Select(i => Months[i]), Gen.Int[1800, 2030]),
            x =>
                [
                    ($"{x.Item2} {x.Item1}, {x.Item3}", $"{x.Item1} {x.Item2} {x.Item3}"),
                    ($"{x.Item2} {x.Item1}", $"{x.Item1}th of {x.Item2}"),
                    ($"{x.Item1} {x.Item2} {x.Item3}", $"{x.Item2[..3]} {x.Item1}, {x.Item3}"),
                ],
            x =>
                [
                    ($"{x.Item2} {x.Item1}, {x.Item3}", $"{x.Item2} {x.Item1 + 1}, {x.Item3}"),
                    ($"{x.Item2} {x.Item1}, {x.Item3}", $"{x.Item2} {x.Item1}, {x.Item3 + 1}"),
                ]
        ),
        Of(
            "temperatures",
            Gen.Int[1, 19],
            n =>
                [
                    ($"{n * 5}°C", $"{(n * 9) + 32}°F"),
                    ($"{n}^\\circ\\text{{C}}", $"{n} degrees Celsius"),
                    ($"{n} °C", $"{D(n + 273.15m)} K"),
                ],
            n => [($"{n}°C", $"{n}°F"), ($"{n}°C", $"{n} K"), ($"{n}°C", $"{n + 1}°C")]
        ),
        Of(
            "angles",
            Gen.Int[1, 11],
            n => [($"{n * 15}^\\circ", $"\\frac{{{n}\\pi}}{{12}}"), ($"{n * 15}°", $"{n * 15} degrees"), ($"{n}° 30'", $"{n}.5^\\circ")],
            n => [($"{n * 15}^\\circ", $"\\frac{{{n + 1}\\pi}}{{12}}"), ($"{n * 15}°", $"{n * 15} radians")]
        ),
        Of(
            "expanded and factored",
            Gen.Select(Gen.Int[-9, 9], Gen.Int[-9, 9], Digit),
            x =>
                [
                    (Quadratic(1, x.Item1 + x.Item2, x.Item1 * x.Item2), $"({Plus("x", x.Item1)})({Plus("x", x.Item2)})"),
                    (Quadratic(x.Item3, x.Item3 * x.Item1, 0), $"{x.Item3}x({Plus("x", x.Item1)})"),
                ],
            x =>
                [
                    (Quadratic(1, x.Item1 + x.Item2, (x.Item1 * x.Item2) + x.Item3), $"({Plus("x", x.Item1)})({Plus("x", x.Item2)})"),
                    (Quadratic(1, x.Item1, x.Item2), Quadratic(1, x.Item1 + x.Item3, x.Item2)),
                ]
        ),
        Of(
            "radicals",
            Gen.Select(Digit, OneOf(2, 3, 5, 6, 7, 10)),
            x =>
                [
                    ($"{x.Item1}\\sqrt{{{x.Item2}}}", $"\\sqrt{{{x.Item1 * x.Item1 * x.Item2}}}"),
                    ($"\\frac{{{x.Item1}}}{{\\sqrt{{{x.Item2}}}}}", $"\\frac{{{x.Item1}\\sqrt{{{x.Item2}}}}}{{{x.Item2}}}"),
                    ($"{x.Item1}\\sqrt{{{x.Item2}}}", $"{x.Item1}√{x.Item2}"),
                ],
            x =>
                [
                    (
                        $"{x.Item1}\\sqrt{{{x.Item2}}}",
                        $"\\sqrt{{{x.Item1 * x.Item2 * x.Item2}}}".Replace(
                            $"{x.Item1 * x.Item2 * x.Item2}",
                            I((x.Item1 * x.Item1 * x.Item2) + 1),
                            StringComparison.Ordinal
                        )
                    ),
                    ($"{x.Item1}\\sqrt{{{x.Item2}}}", I(x.Item2)),
                    ($"{x.Item1}+\\sqrt{{{x.Item2}}}", $"{x.Item1}-\\sqrt{{{x.Item2}}}"),
                ]
        ),
        Of(
            "tiny numbers",
            Gen.Select(OneOf(2, 3, 5, 7), Gen.Int[40, 60]),
            x =>
                [
                    ($"\\frac{{1}}{{10^{{{x.Item2}}}}}", $"10^{{-{x.Item2}}}"),
                    ($"{x.Item1}e-{x.Item2}", $"\\frac{{{x.Item1}}}{{10^{{{x.Item2}}}}}"),
                ],
            x =>
                [
                    ($"\\sqrt{{{x.Item1}}}\\cdot10^{{-{x.Item2}}}", $"\\sqrt{{{x.Item1 + 4}}}\\cdot10^{{-{x.Item2}}}"),
                    ($"\\frac{{\\sqrt3}}{{2^{{{3 * x.Item2}}}}}", $"\\frac{{\\sqrt3}}{{2^{{{(3 * x.Item2) + 1}}}}}"),
                    ($"10^{{-{x.Item2}}}\\pi", "0"),
                ]
        ),
        Of(
            "complex numbers",
            Gen.Select(Digit, Digit),
            x =>
                [
                    ($"{x.Item1}+{x.Item2}i", $"{x.Item2}i+{x.Item1}"),
                    ($"({x.Item1}+{x.Item2}i)^2", $"{(x.Item1 * x.Item1) - (x.Item2 * x.Item2)}+{2 * x.Item1 * x.Item2}i"),
                    ($"|{x.Item1}+{x.Item2}i|", $"\\sqrt{{{(x.Item1 * x.Item1) + (x.Item2 * x.Item2)}}}"),
                    ($"\\overline{{{x.Item1}+{x.Item2}i}}", $"{x.Item1}-{x.Item2}i"),
                ],
            x =>
                [
                    ($"{x.Item1}+{x.Item2}i", $"{x.Item1}-{x.Item2}i"),
                    ($"{x.Item1}+{x.Item2}i", $"{x.Item2 + 1}+{x.Item1}i"),
                    ($"|{x.Item1}+{x.Item2}i|", I((x.Item1 * x.Item1) + (x.Item2 * x.Item2) + 1)),
                ]
        ),
        Of(
            "intervals and inequalities",
            Gen.Select(Gen.Int[-20, 20], Digit),
            x =>
                [
                    ($"[{x.Item1},{x.Item1 + x.Item2})", $"{x.Item1}\\le x<{x.Item1 + x.Item2}"),
                    ($"(-\\infty,{x.Item1}]", $"x \\leq {x.Item1}"),
                    ($"x>{x.Item1}", $"{x.Item1}<x"),
                    ($"x<{x.Item1}", $"-{x.Item2}x>{-x.Item1 * x.Item2}"),
                    ($"x ≥ {x.Item1}", $"[{x.Item1}, ∞)"),
                ],
            x =>
                [
                    ($"[{x.Item1},{x.Item1 + x.Item2})", $"[{x.Item1},{x.Item1 + x.Item2}]"),
                    ($"x>{x.Item1}", $"x\\ge {x.Item1}"),
                    ($"x<{x.Item1}", $"-{x.Item2}x<{-x.Item1 * x.Item2}"),
                    (I(x.Item1), $"x > {x.Item1}"),
                    ($"({x.Item1},{x.Item1 + x.Item2})", $"x>{x.Item1}"),
                ]
        ),
        Of(
            "absolute values in inequalities",
            Gen.Select(Gen.Int[-9, 9], Digit),
            x =>
                [
                    ($"({x.Item1 - x.Item2},{x.Item1 + x.Item2})", $"|{Plus("x", -x.Item1)}|<{x.Item2}"),
                    (
                        $"x\\le {x.Item1 - x.Item2} \\text{{ or }} x\\ge {x.Item1 + x.Item2}",
                        $"\\left|{Plus("x", -x.Item1)}\\right|\\ge {x.Item2}"
                    ),
                ],
            x =>
                [
                    ($"x<{x.Item2}", $"|x|<{x.Item2}"),
                    ($"x\\ge {x.Item2}", $"|x|\\ge {x.Item2}"),
                    ($"({x.Item1 - x.Item2},{x.Item1 + x.Item2 + 1})", $"|{Plus("x", -x.Item1)}|<{x.Item2}"),
                ]
        ),
        Of(
            "polynomial and rational inequalities",
            Gen.Select(Gen.Int[-9, 9], Digit),
            x =>
                [
                    ($"({x.Item1},{x.Item1 + x.Item2})", $"({Plus("x", -x.Item1)})({Plus("x", -x.Item1 - x.Item2)})<0"),
                    (
                        $"(-\\infty,{x.Item1})\\cup[{x.Item1 + x.Item2},\\infty)",
                        $"\\frac{{{Plus("x", -x.Item1 - x.Item2)}}}{{{Plus("x", -x.Item1)}}}\\ge 0"
                    ),
                    ($"x>{x.Item2 * x.Item2}", $"\\sqrt{{x}}>{x.Item2}"),
                    ($"[-{x.Item2},{x.Item2}]", $"x^2\\le {x.Item2 * x.Item2}"),
                ],
            x =>
                [
                    ($"({x.Item1},{x.Item1 + x.Item2})", $"({Plus("x", -x.Item1)})({Plus("x", -x.Item1 - x.Item2)})>0"),
                    ($"x>{x.Item2}", $"x^2>{x.Item2 * x.Item2}"),
                    (
                        $"(-\\infty,{x.Item1}]\\cup[{x.Item1 + x.Item2},\\infty)",
                        $"\\frac{{{Plus("x", -x.Item1 - x.Item2)}}}{{{Plus("x", -x.Item1)}}}\\ge 0"
                    ),
                    ("\\mathbb{R}", $"({Plus("x", -x.Item1)})^2>0"),
                ]
        ),
        Of(
            "set-builder notation",
            Gen.Select(Gen.Int[-20, 20], Digit),
            x =>
                [
                    ($"({x.Item1},\\infty)", $"\\{{x \\mid x > {x.Item1}\\}}"),
                    ($"\\{{x\\in\\mathbb{{R}} : {x.Item1}\\le x<{x.Item1 + x.Item2}\\}}", $"[{x.Item1},{x.Item1 + x.Item2})"),
                    ($"\\{{x \\mid x\\ne {x.Item1}\\}}", $"\\mathbb{{R}}\\setminus\\{{{x.Item1}\\}}"),
                    ($"\\{{x\\in\\mathbb{{Z}} \\mid {x.Item1}\\le x\\le {x.Item1 + 1}\\}}", $"\\{{{x.Item1},{x.Item1 + 1}\\}}"),
                ],
            x =>
                [
                    ($"({x.Item1},\\infty)", $"\\{{x \\mid x \\ge {x.Item1}\\}}"),
                    ($"\\{{x \\mid x\\ne {x.Item1}\\}}", $"\\mathbb{{R}}\\setminus\\{{{x.Item1 + 1}\\}}"),
                ]
        ),
        Of(
            "lists and sets",
            Gen.Select(Gen.Int[-20, 20], Digit),
            x =>
                [
                    ($"{x.Item1}, {x.Item1 + x.Item2}", $"{x.Item1 + x.Item2} and {x.Item1}"),
                    ($"\\{{{x.Item1}, {x.Item1 + x.Item2}\\}}", $"x={x.Item1} \\text{{ or }} x={x.Item1 + x.Item2}"),
                    ($"\\pm {x.Item2}", $"-{x.Item2}, {x.Item2}"),
                ],
            x =>
                [
                    ($"{x.Item1}, {x.Item1 + x.Item2}", I(x.Item1)),
                    (I(x.Item1 + x.Item2), $"{x.Item1} and {x.Item1 + x.Item2}"),
                    ($"\\pm {x.Item2}", I(x.Item2)),
                    (I(x.Item2), $"{x.Item2} or {x.Item2 + 1}"),
                ]
        ),
        Of(
            "points and vectors",
            Gen.Select(Gen.Int[-20, 20], Digit),
            x =>
                [
                    ($"({x.Item1},{x.Item1 + x.Item2})", $"x={x.Item1}, y={x.Item1 + x.Item2}"),
                    ($"({x.Item1},{x.Item2})", $"\\begin{{pmatrix}}{x.Item1}\\\\{x.Item2}\\end{{pmatrix}}"),
                    ($"Q({x.Item1},{x.Item2})", $"({x.Item1}, {x.Item2})"),
                    ($"{x.Item2}\\mathbf{{i}}+{x.Item2 + 1}\\mathbf{{j}}", $"({x.Item2},{x.Item2 + 1})"),
                ],
            x =>
                [
                    ($"({x.Item1},{x.Item1 + x.Item2})", $"({x.Item1 + x.Item2},{x.Item1})"),
                    ($"({x.Item1},{x.Item2})", $"({x.Item1},{x.Item2 + 1})"),
                    (I(x.Item2), $"({x.Item1}, {x.Item2})"),
                ]
        ),
        Of(
            "matrices",
            Gen.Select(Digit, Digit, Gen.Int[2, 6]),
            x =>
                [
                    (Matrix(x.Item1 * x.Item3, x.Item2 * x.Item3, x.Item3, 0), $"{x.Item3}{Matrix(x.Item1, x.Item2, 1, 0)}"),
                    (Matrix(x.Item1 + 1, x.Item2, x.Item3, 2), $"{Matrix(x.Item1, x.Item2, 0, 1)}+{Matrix(1, 0, x.Item3, 1)}"),
                    (
                        $"\\frac{{1}}{{{x.Item3}}}{Matrix(x.Item1, x.Item2, 0, 1)}",
                        $"\\begin{{bmatrix}}{x.Item1}/{x.Item3}&{x.Item2}/{x.Item3}\\\\0&1/{x.Item3}\\end{{bmatrix}}"
                    ),
                    (Matrix(x.Item1, x.Item1 * x.Item2, 0, x.Item3), $"{Matrix(x.Item1, 0, 0, x.Item3)}{Matrix(1, x.Item2, 0, 1)}"),
                ],
            x =>
                [
                    (Matrix(x.Item1 * x.Item3, x.Item2 * x.Item3, x.Item3, 0), Matrix(x.Item1, x.Item2, 1, 0)),
                    (Matrix(x.Item1, x.Item2 + 10, x.Item3, 2), Matrix(x.Item1, x.Item3, x.Item2 + 10, 2)),
                ]
        ),
        Of(
            "determinants",
            Gen.Select(Digit, Digit, Digit, Digit),
            x =>
                [
                    (
                        $"\\begin{{vmatrix}}{x.Item1}&{x.Item2}\\\\{x.Item3}&{x.Item4}\\end{{vmatrix}}",
                        I((x.Item1 * x.Item4) - (x.Item2 * x.Item3))
                    ),
                    ($"\\det{Matrix(x.Item1, x.Item2, x.Item3, x.Item4)}", I((x.Item1 * x.Item4) - (x.Item2 * x.Item3))),
                ],
            x =>
                [
                    (
                        $"\\begin{{vmatrix}}{x.Item1}&{x.Item2}\\\\{x.Item3}&{x.Item4}\\end{{vmatrix}}",
                        I((x.Item1 * x.Item4) - (x.Item2 * x.Item3) + 1)
                    ),
                    (
                        $"\\begin{{vmatrix}}{x.Item1}&{x.Item2}\\\\{x.Item3}&{x.Item4}\\end{{vmatrix}}",
                        Matrix(x.Item1, x.Item2, x.Item3, x.Item4)
                    ),
                ]
        ),
        Of(
            "systems",
            Gen.Select(Gen.Int[-9, 9], Digit),
            x =>
                [
                    ($"x={x.Item1},y={x.Item1 + x.Item2}", $"\\begin{{cases}}x={x.Item1}\\\\y={x.Item1 + x.Item2}\\end{{cases}}"),
                    ($"({x.Item1},{x.Item2})", $"\\begin{{cases}}x={x.Item1}\\\\y={x.Item2}\\end{{cases}}"),
                    ($"\\begin{{cases}}x+y={x.Item1}\\\\x-y={x.Item2}\\end{{cases}}", $"x-y={x.Item2}, x+y={x.Item1}"),
                ],
            x =>
                [
                    ($"x={x.Item1},y={x.Item1 + x.Item2}", $"\\begin{{cases}}x={x.Item1 + x.Item2}\\\\y={x.Item1}\\end{{cases}}"),
                    ($"({x.Item1},{x.Item2})", $"\\begin{{cases}}x={x.Item1}\\\\y={x.Item2 + 1}\\end{{cases}}"),
                ]
        ),
        Of(
            "functions by cases",
            Gen.Select(Gen.Int[-9, 9], Digit),
            x =>
                [
                    (
                        $"|{Plus("x", x.Item1)}|",
                        $"\\begin{{cases}}{Plus("x", x.Item1)}&x\\ge {-x.Item1}\\\\{-x.Item1}-x&x<{-x.Item1}\\end{{cases}}"
                    ),
                    (
                        $"\\begin{{cases}}x^2 & \\text{{if }} x>{x.Item1}\\\\{x.Item2} & \\text{{otherwise}}\\end{{cases}}",
                        $"\\begin{{cases}}{x.Item2}, & x\\le {x.Item1}\\\\x^2, & x>{x.Item1}\\end{{cases}}"
                    ),
                ],
            x =>
                [
                    (
                        $"|{Plus("x", x.Item1)}|",
                        $"\\begin{{cases}}{Plus("x", x.Item1)}&x\\ge {-x.Item1}\\\\{1 - x.Item1}-x&x<{-x.Item1}\\end{{cases}}"
                    ),
                    (
                        $"\\begin{{cases}}1&x>{x.Item1}\\\\0&x\\le {x.Item1}\\end{{cases}}",
                        $"\\begin{{cases}}1&x\\ge {x.Item1}\\\\0&x<{x.Item1}\\end{{cases}}"
                    ),
                ]
        ),
        Of(
            "families of solutions",
            Gen.Select(Gen.Int[2, 9], Gen.Int[1, 5]),
            x =>
                [
                    (
                        $"\\frac{{\\pi}}{{{x.Item1}}}+{x.Item2}k\\pi, k\\in\\mathbb{{Z}}",
                        $"\\frac{{\\pi}}{{{x.Item1}}}+{x.Item2}n\\pi, n\\in\\mathbb{{Z}}"
                    ),
                    ($"x=\\frac{{\\pi}}{{{x.Item1}}}+k\\pi", $"\\frac{{\\pi}}{{{x.Item1}}}-\\pi+n\\pi, n\\in\\mathbb{{Z}}"),
                    ($"{x.Item1}k+1, k\\in\\mathbb{{Z}}", $"{x.Item1}n+{x.Item1 + 1}, n\\in\\mathbb{{Z}}"),
                    ("\\frac{k\\pi}{2}, k\\in\\mathbb{Z}", "k\\pi \\text{ or } \\frac{\\pi}{2}+k\\pi, k\\in\\mathbb{Z}"),
                ],
            x =>
                [
                    (
                        $"\\frac{{\\pi}}{{{x.Item1}}}+{x.Item2}k\\pi, k\\in\\mathbb{{Z}}",
                        $"\\frac{{\\pi}}{{{x.Item1}}}+{x.Item2 + 1}n\\pi, n\\in\\mathbb{{Z}}"
                    ),
                    ($"\\frac{{\\pi}}{{{x.Item1}}}+k\\pi", $"\\frac{{\\pi}}{{{x.Item1 + 1}}}+k\\pi"),
                    ($"2k, k\\in\\mathbb{{Z}}", "2k+1, k\\in\\mathbb{Z}"),
                ]
        ),
        Of(
            "congruences",
            Gen.Select(Gen.Int[0, 6], Gen.Int[8, 20]),
            x =>
                [
                    ($"x\\equiv {x.Item1} \\pmod{{{x.Item2}}}", $"x \\equiv {x.Item1 + x.Item2} (mod {x.Item2})"),
                    ($"n\\equiv {x.Item1} \\pmod{{{x.Item2}}}", $"n={x.Item2}k+{x.Item1}, k\\in\\mathbb{{Z}}"),
                    ($"{x.Item1 + x.Item2} \\bmod {x.Item2}", I(x.Item1)),
                ],
            x =>
                [
                    ($"x\\equiv {x.Item1} \\pmod{{{x.Item2}}}", $"x\\equiv {x.Item1 + 1} \\pmod{{{x.Item2}}}"),
                    ($"x\\equiv {x.Item1} \\pmod{{{x.Item2}}}", $"x\\equiv {x.Item1} \\pmod{{{x.Item2 + 1}}}"),
                ]
        ),
        Of(
            "equations",
            Gen.Select(Digit, Digit, Digit),
            x =>
                [
                    ($"{x.Item1}x+{x.Item2}y={x.Item3}", $"{x.Item1 * 3}x+{x.Item2 * 3}y={x.Item3 * 3}"),
                    ($"{x.Item1}x+{x.Item2}y={x.Item3}", $"y=\\frac{{{x.Item3}-{x.Item1}x}}{{{x.Item2}}}"),
                    ($"xy={x.Item1}", $"y=\\frac{{{x.Item1}}}{{x}}"),
                    ($"x^2+y^2={x.Item1}", $"{x.Item1}=y^2+x^2"),
                    ("PV=nRT", "P=\\frac{nRT}{V}"),
                ],
            x =>
                [
                    ($"{x.Item1}x+{x.Item2}y={x.Item3}", $"{x.Item1}x+{x.Item2}y={x.Item3 + 1}"),
                    ($"y={x.Item1}x+{x.Item2}", $"y={x.Item1}x-{x.Item2}"),
                    ($"x^2+y^2", $"{x.Item1}=x^2+y^2"),
                    ("V=IR", "V=\\frac{I}{R}"),
                ]
        ),
        Of(
            "functions under other names",
            Gen.Select(Digit, Digit),
            x =>
                [
                    ($"f(x)={x.Item1}x^2+{x.Item2}", $"f(t)={x.Item1}t^2+{x.Item2}"),
                    ($"a_n={x.Item1}n+{x.Item2}", $"a_k={x.Item1}k+{x.Item2}"),
                    ($"f(x)={x.Item1}x", $"{x.Item1}x"),
                ],
            x => [($"f(x)={x.Item1}x^2+{x.Item2}", $"f(t)={x.Item1}t^2-{x.Item2}"), ("f(x)=ax", "f(a)=ax"), ($"{x.Item1}x", $"{x.Item1}y")]
        ),
        Of(
            "antiderivatives",
            Gen.Int[2, 9],
            n =>
                [
                    ($"\\frac{{x^{n}}}{{{n}}}+C", $"\\frac{{1}}{{{n}}}x^{n}+c"),
                    ($"\\ln|x|+C", $"\\ln|{n}x|+C"),
                    ($"\\sin({n}x)+C", $"C+\\sin {n}x"),
                ],
            n => [($"\\frac{{x^{n}}}{{{n}}}+C", $"\\frac{{x^{n}}}{{{n + 1}}}+C"), ($"\\sin({n}x)+C", $"\\cos({n}x)+C")]
        ),
        Of(
            "roman numerals and bases",
            Gen.Int[4, 89],
            n =>
                [
                    (Roman(n).Length > 1 ? Roman(n) : I(n), I(n)),
                    ($"{Convert.ToString(n, 2)}_2", $"{Convert.ToString(n, 2)}_{{2}}"),
                    ($"0x{n:X}", $"0x{n:x}"),
                    ($"({Convert.ToString(n, 8)})_8", $"{Convert.ToString(n, 8)} (base 8)"),
                ],
            n => [(Roman(n), Roman(n + 1)), ($"{Convert.ToString(n, 2)}_2", $"{Convert.ToString(n + 1, 2)}_2"), (I(n + 1), Roman(n))]
        ),
        Of(
            "factorials and binomials",
            Gen.Int[4, 9],
            n =>
                [
                    ($"{n}!", I(Product(n, 1))),
                    ($"{n}!!", I(Product(n, 2))),
                    ($"\\binom{{{n}}}{{2}}", I(n * (n - 1) / 2)),
                    ($"C({n},2)", $"{{{n} \\choose 2}}"),
                    ($"{n}C2", $"\\frac{{{n}!}}{{2!({n}-2)!}}"),
                ],
            n => [($"{n}!!", I(Product(n, 1))), ($"{n}!!", $"({n}!)!"), (I(n), $"{n}!"), ($"\\binom{{{n}}}{{2}}", I(n * (n - 1)))]
        ),
        Of(
            "sums",
            Gen.Int[2, 12],
            n =>
                [
                    ($"\\sum_{{k=1}}^{{{n}}} k", I(n * (n + 1) / 2)),
                    ($"\\sum_{{i=1}}^{{n}} {n}i", $"\\frac{{{n}n(n+1)}}{{2}}"),
                    ($"\\sum_{{k=1}}^{{n}} k^2", "\\sum_{j=1}^{n} j^2"),
                ],
            n => [($"\\sum_{{k=1}}^{{{n}}} k", I((n * (n + 1) / 2) + 1)), ($"\\sum_{{i=1}}^{{n}} {n}i", $"\\frac{{{n}n(n-1)}}{{2}}")]
        ),
        Of(
            "unicode",
            Gen.Select(Digit, Gen.Int[2, 9]),
            x =>
                [
                    ($"{x.Item1}x^{{{x.Item2}}}", $"{x.Item1}x{Raised(x.Item2)}"),
                    ($"-{x.Item1}", $"−{x.Item1}"),
                    (I(x.Item1 * 100), new string([.. I(x.Item1 * 100).Select(c => (char)(c - '0' + '０'))])),
                    ($"{x.Item1}\\le x", $"{x.Item1} ≤ x"),
                    ($"{x.Item1}\\pi", $"{x.Item1}π"),
                ],
            x =>
                [
                    ($"{x.Item1}x^{{{x.Item2}}}", $"{x.Item1}x{Raised(x.Item2 + 1)}"),
                    (I(x.Item1), $"−{x.Item1}"),
                    ($"{x.Item1}{x.Item2}", $"{x.Item1}{Raised(x.Item2)}"),
                ]
        ),
        Of(
            "ratios",
            Gen.Select(Digit, Gen.Int[61, 79], Gen.Int[2, 5]),
            x =>
                [
                    ($"{x.Item2}:{x.Item1}", $"{x.Item2 * x.Item3} to {x.Item1 * x.Item3}"),
                    (Frac(x.Item1, x.Item2), $"{x.Item1 * x.Item3} : {x.Item2 * x.Item3}"),
                ],
            x => [($"{x.Item1}:{x.Item2}0", $"{x.Item2}0:{x.Item1}"), (I(x.Item1), $"{x.Item1}:{x.Item2}")]
        ),
        Of(
            "decimal commas",
            Gen.Select(Small, Digit),
            x =>
                [
                    ($"{x.Item1}.{x.Item2}", $"Die Antwort lautet {x.Item1},{x.Item2}."),
                    ($"{x.Item1}.{x.Item2}", $"La respuesta es {x.Item1},{x.Item2}"),
                    ($"{x.Item1}.{x.Item2}", $"Ответ: {x.Item1},{x.Item2}"),
                    ($"{x.Item1}234.5{x.Item2}", $"{x.Item1}.234,5{x.Item2}"),
                ],
            x =>
                [
                    ($"{x.Item1}.{x.Item2}", $"Die Antwort lautet {x.Item1},{x.Item2}1."),
                    ($"{x.Item1}{x.Item2}", $"Ответ: {x.Item1},{x.Item2}"),
                    ($"({x.Item1},{x.Item2})", $"{x.Item1}.{x.Item2}"),
                ]
        ),
        Of(
            "stated answers with remarks",
            Gen.Select(Gen.Int[20, 999], Gen.Int[2, 19]),
            x =>
                [
                    (I(x.Item1), $"The answer is {x.Item1}, not {x.Item1 + x.Item2}."),
                    (I(x.Item1), $"**Final Answer:** {x.Item1}\n\nCheck: {x.Item2} more steps."),
                    (I(x.Item1), $"$\\boxed{{{x.Item1}}}$. The final answer was checked for n = {x.Item2}."),
                    (I(x.Item1), $"### Answer\n{x.Item1}"),
                    (I(x.Item1), $"Ответ: {x.Item1}. Проверка: {x.Item2}."),
                    (I(x.Item1), $"<answer>{x.Item1}</answer>"),
                    (I(x.Item1), $"答案是{x.Item1}。"),
                ],
            x =>
                [
                    (I(x.Item2), $"The answer is {x.Item1}, not {x.Item2}."),
                    (I(x.Item2), $"$\\boxed{{{x.Item1}}}$. The final answer was checked for n = {x.Item2}."),
                    (I(x.Item1), $"The answer is {x.Item1} or {x.Item1 + x.Item2}."),
                    (I(x.Item1), $"The answer is not {x.Item1}."),
                    (I(x.Item1), $"At least {x.Item1}."),
                ]
        ),
        Of(
            "expressions at the end of prose",
            Gen.Select(Gen.Int[2, 50], Digit),
            x =>
                [
                    ($"\\sqrt{{{x.Item1}}}", $"So the length is sqrt({x.Item1})."),
                    ($"({x.Item2},{x.Item1})", $"The point is ({x.Item2}, {x.Item1})."),
                    ($"x>{x.Item1}", $"Hence the solution is x > {x.Item1}."),
                    ($"{x.Item2}^{{{x.Item1}}}", $"There are {x.Item2}^{x.Item1} ways."),
                    (Frac(x.Item2, x.Item1 + 10), $"The probability is {x.Item2}/{x.Item1 + 10}."),
                ],
            x =>
                [
                    (I(x.Item1), $"So the length is sqrt({x.Item1})."),
                    (I(x.Item1), $"The point is ({x.Item2}, {x.Item1})."),
                    (I(x.Item1), $"Hence the solution is x > {x.Item1}."),
                    (I(x.Item1), $"There are {x.Item2 + 1}^{x.Item1} ways."),
                    (I(x.Item1), $"The set is {{{x.Item2 + 60}, {x.Item1}}}."),
                    (I(x.Item1 + 10), $"The ratio is {x.Item2}:{x.Item1 + 10}."),
                ]
        ),
        Of(
            "choices",
            Gen.Int[0, 3],
            n =>
                [
                    (Letters[n], $"The answer is ({Letters[n]})."),
                    (Letters[n], $"{Letters[n]}\n\nExplanation: {Letters[n + 1]} is wrong."),
                    (Letters[n], $"It is a hard one, but the answer is {Letters[n]}."),
                    (Letters[n], $"Option {Letters[n]} is correct."),
                    (Letters[n], $"**{Letters[n]}**. {Letters[n + 1]} ignores friction."),
                    (Letters[n], $"\\boxed{{\\text{{({Letters[n]})}}}}"),
                ],
            n =>
                [
                    (Letters[n + 1], $"The answer is ({Letters[n]})."),
                    (Letters[n + 1], $"{Letters[n]}\n\nExplanation: {Letters[n + 1]} is wrong."),
                    ("A", $"The answer is a tough one, but it must be ({Letters[n + 1]})."),
                    (Letters[n], $"It is {Letters[n]} or {Letters[n + 1]}."),
                    (Letters[n], $"It's not {Letters[n]}."),
                    ("I", $"I think it is {Letters[n]}."),
                ]
        ),
        Of(
            "number words in sentences",
            Gen.Int[21, 98],
            n =>
                [
                    (I(n), $"There are {Word(n)} solutions."),
                    (I(n), $"So the number of ways is {Word(n)}."),
                    (I(n), $"She has exactly {Word(n)} apples left."),
                    (I(n), $"{Word(n)} of them are prime."),
                    ("1", "Therefore exactly one value works."),
                ],
            n =>
                [
                    (I(n), $"There are {Word(n + 1)} solutions."),
                    (I(n), $"Between {Word(n)} and {Word(n + 1)} of them are prime."),
                    (I(n), $"There are {Word(n)} apples and {Word(n + 1)} pears."),
                    ("1", "One must be careful here."),
                ]
        ),
        Of(
            "ordinals",
            Gen.Int[21, 99],
            n => [(Ordinal(n), I(n)), (Ordinal(n), WordOrdinal(n)), (WordOrdinal(n), Ordinal(n)), ("3rd", "third")],
            n => [(Ordinal(n), Ordinal(n + 1)), (WordOrdinal(n), I(n + 1)), ("one third", "3rd")]
        ),
        Of(
            "values said again in brackets",
            Gen.Select(Gen.Int[1, 49], Gen.Int[1, 9]),
            x =>
                [
                    (D(x.Item1 / 50m), $"{D(x.Item1 / 50m)} ({x.Item1}/50)"),
                    (Frac(x.Item1, 50), $"{x.Item1}/50 ({D(x.Item1 / 50m)})"),
                    (D(x.Item1 / 50m), $"{x.Item1 * 2}% ({x.Item1}/50)"),
                    (I(x.Item1 + 20), $"{x.Item1 + 20} ({Word(x.Item1 + 20)})"),
                    (I(x.Item1), $"{x.Item1} (not {x.Item1 + x.Item2})"),
                ],
            x =>
                [
                    (D(x.Item1 / 50m), $"{D((x.Item1 + 1) / 50m)} ({x.Item1 + 1}/50)"),
                    (I(x.Item1 + x.Item2), $"{x.Item1} (not {x.Item1 + x.Item2})"),
                    (I(x.Item1 + 2), $"{x.Item1 + 2} ({x.Item2 + 52})"),
                ]
        ),
        Of(
            "prices in sentences",
            Gen.Int[1, 400],
            n =>
                [
                    (I(n), $"Weng earned ${n}."),
                    (I(n), $"Betty needs ${n} more to buy the wallet."),
                    (I(n), $"It costs ${n}.00 in total."),
                    ($"${n}", $"So the price is {n} dollars."),
                ],
            n => [(I(n), $"Weng earned ${n + 1}."), (I(n), $"Betty needs ${n * 10} more to buy the wallet.")]
        ),
        Of(
            "factorials in sentences",
            Gen.Int[4, 12],
            n =>
                [
                    (I(Product(n, 1)), $"So there are {n}! arrangements."),
                    (I(Product(n, 1)), $"The number of ways is {n}!."),
                    (I(Product(n, 1)), $"There are {n}! = {Product(n, 1)} ways."),
                    (I(n), $"The answer is {n}!"),
                ],
            n =>
                [
                    (I(Product(n, 1)), $"So there are {n + 1}! arrangements."),
                    (I(n), $"So there are {n}! arrangements."),
                    (I(n), $"The answer is {n + 1}!"),
                ]
        ),
        Of(
            "shares",
            Gen.Select(Gen.Int[2, 9], Gen.Int[10, 60]),
            x =>
                [
                    (Frac(x.Item1, x.Item2), $"{x.Item1} out of {x.Item2}"),
                    (Frac(x.Item1, x.Item2), $"{x.Item1} in {x.Item2}"),
                    (Frac(x.Item1, x.Item2), $"{x.Item1} over {x.Item2}"),
                    (Frac(1, x.Item1), $"one in {Units[x.Item1]}"),
                    ($"{x.Item2}%", $"{x.Item2}% of the students passed."),
                ],
            x =>
                [
                    (Frac(x.Item1, x.Item2), $"{x.Item1} out of {x.Item2 + 1}"),
                    (I(x.Item1), $"{x.Item1} in {x.Item2}"),
                    ($"{x.Item2}%", $"{x.Item2 + 1}% of the students passed."),
                ]
        ),
        Of(
            "yes and no before reasons",
            Gen.Int[2, 99],
            n => [("Yes", $"Yes, because {n} is prime."), ("No", $"No. There are {n} of them."), ("no", $"**No**, {n} > {n - 1}.")],
            n => [("Yes", $"No, because {n} is prime."), ("No", $"Yes. There are {n} of them."), (I(n), $"Yes, it is {n + 1}.")]
        ),
        Of(
            "periods in brackets",
            Gen.Select(Gen.Int[0, 30], Gen.Int[1, 98]),
            x =>
                [
                    ($"{x.Item1}.({x.Item2:00})", Frac((x.Item1 * 99) + x.Item2, 99)),
                    ($"{x.Item1}.\\overline{{{x.Item2:00}}}", $"{x.Item1}.({x.Item2:00})"),
                ],
            x =>
                [
                    ($"{x.Item1}.({x.Item2:00})", $"{x.Item1}.{x.Item2:00}"),
                    ($"{x.Item1}.({x.Item2:00})", Frac((x.Item1 * 99) + x.Item2 + 1, 99)),
                ]
        ),
        Of(
            "words",
            OneOf("hyperbola", "isosceles", "Tuesday", "Paris", "convex"),
            w => [(w, $"\\text{{{w}}}"), (w, $"The answer is {w}."), (w, w.ToUpperInvariant()), (w, $"It is {w}.")],
            w => [(w, $"It is not {w}."), (w, w + "s and more"), (w, "ellipse"), ("0", w)]
        ),
    ];

    private static AnswerPairClass Of<T>(string name, Gen<T> values, Func<T, (string, string)[]> same, Func<T, (string, string)[]> other) =>
        new(name, Pick(values, same), Pick(values, other));

    private static Gen<(string Gold, string Prediction)> Pick<T>(Gen<T> values, Func<T, (string, string)[]> spellings) =>
        Gen.Select(values, Gen.Int[0, 999], (value, index) => spellings(value) is var all ? all[index % all.Length] : default);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static string I(long n) => n.ToString(CultureInfo.InvariantCulture);

    private static string D(decimal n) => n.ToString("0.############", CultureInfo.InvariantCulture);

    private static string Frac(int a, int b) => $"\\frac{{{a}}}{{{b}}}";

    private static string Plus(string name, int n) =>
        n == 0 ? name
        : n > 0 ? $"{name}+{n}"
        : $"{name}{n}";

    private static string Quadratic(int a, int b, int c) => $"{a}x^2+({b})x+({c})";

    private static string Matrix(int a, int b, int c, int d) => $"\\begin{{pmatrix}}{a}&{b}\\\\{c}&{d}\\end{{pmatrix}}";

    private static string Word(int n) => n % 10 == 0 ? Tens[n / 10] : $"{Tens[n / 10]}-{Units[n % 10]}";

    private static string Ordinal(int n) =>
        I(n)
        + (
            n / 10 % 10 == 1 ? "th"
            : n % 10 == 1 ? "st"
            : n % 10 == 2 ? "nd"
            : n % 10 == 3 ? "rd"
            : "th"
        );

    private static string WordOrdinal(int n) =>
        n % 10 == 0
            ? $"{Tens[n / 10][..^1]}ieth"
            : $"{Tens[n / 10]}-"
                + (
                    (n % 10) switch
                    {
                        1 => "first",
                        2 => "second",
                        3 => "third",
                        5 => "fifth",
                        8 => "eighth",
                        9 => "ninth",
                        var digit => Units[digit] + "th",
                    }
                );

    private static string Raised(int n) => new([.. I(n).Select(c => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c - '0'])]);

    private static string Roman(int n)
    {
        string text = "";
        foreach (
            (int value, string letters) in new[] { (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I") }
        )
        {
            for (; n >= value; n -= value)
            {
                text += letters;
            }
        }

        return text;
    }

    private static long Product(int n, int step)
    {
        long product = 1;
        for (int i = n; i > 1; i -= step)
        {
            product *= i;
        }

        return product;
    }
}
