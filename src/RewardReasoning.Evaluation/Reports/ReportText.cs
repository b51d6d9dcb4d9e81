using System.Globalization;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Evaluation.Metrics;

namespace RewardReasoning.Evaluation.Reports;

/// <summary>Numbers as reports write them: shares in percent with one decimal, counts with separators.</summary>
internal static class ReportText
{
    /// <summary>Written where a value is not known or does not apply.</summary>
    public const string Nothing = "-";

    /// <summary>A share from 0 to 1: <c>83.2 %</c>.</summary>
    public static string Percent(double? share) => share is { } value ? Invariant($"{value * 100:0.0} %") : Nothing;

    /// <summary>A share with its interval: <c>83.2 % (81.0 to 85.3)</c>.</summary>
    public static string Percent(double? share, double? low, double? high) =>
        share is not null && low is { } from && high is { } to
            ? Invariant($"{Percent(share)} ({from * 100:0.0} to {to * 100:0.0})")
            : Percent(share);

    /// <summary>A figure with its interval.</summary>
    public static string Percent(BenchmarkFigure figure) => Percent(figure.Value, figure.Low, figure.High);

    /// <summary>A counted share with its interval, and of how many.</summary>
    public static string PercentOf(CountedShare share) =>
        share.Of == 0 ? Nothing : Invariant($"{Percent(share.Value, share.Low, share.High)} of {Count(share.Of)}");

    /// <summary>A share as it is said in a sentence: <c>83.2 % (95 % interval 81.0 to 85.3)</c>.</summary>
    public static string Said(BenchmarkFigure figure) => Said(figure.Value, figure.Low, figure.High);

    /// <inheritdoc cref="Said(BenchmarkFigure)"/>
    public static string Said(double? share, double? low, double? high) =>
        low is { } from && high is { } to
            ? Invariant($"{Percent(share)} (95 % interval {from * 100:0.0} to {to * 100:0.0})")
            : Percent(share);

    /// <summary>A difference of two shares in percentage points, with its sign.</summary>
    public static string Points(double? difference) => difference is { } value ? Invariant($"{value * 100:+0.0;-0.0;0.0}") : Nothing;

    /// <summary>A count: <c>1,200</c>.</summary>
    public static string Count(long number) => number.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A count of things: <c>1 pair</c>, <c>1,200 pairs</c>.</summary>
    public static string Count(long number, string one, string many) => $"{Count(number)} {(number == 1 ? one : many)}";

    /// <summary>A number with three decimals.</summary>
    public static string Small(double? value) => value is { } number ? Invariant($"{number:0.000}") : Nothing;

    /// <summary>A p-value: <c>p = 0.031</c>, <c>p &lt; 0.001</c>.</summary>
    public static string P(double p) => p < 0.001 ? "p < 0.001" : Invariant($"p = {p:0.000}");

    /// <summary>A share's Wilson interval, said in a sentence.</summary>
    public static string SaidOf(long count, long of)
    {
        WilsonInterval interval = WilsonInterval.At95(count, of);
        return Said((double)count / of, interval.Low, interval.High);
    }

    /// <summary>The name of a figure for people: the names in files are for programs.</summary>
    public static string FigureName(string name) =>
        name switch
        {
            "best_of_n" => "chosen response is right",
            "auc" => "AUC of the ratings",
            "random" => "random choice",
            "majority" => "most frequent answer",
            "oracle" => "best possible choice",
            _ => name.Replace('_', ' '),
        };

    /// <summary>A format string with points and commas as in English.</summary>
    public static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
