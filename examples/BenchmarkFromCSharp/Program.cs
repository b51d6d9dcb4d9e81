// A reward benchmark from C#: RM-Bench asks each prompt nine times, three chosen against three rejected styles, in both orders. Any model
// that opens as a judge can be measured; the folder keeps every judgment, and rrm report shows it.
//
//     dotnet run --project examples/BenchmarkFromCSharp -- rm-bench DATA models/my-judge runs/rm-bench
using RewardReasoning.Evaluation;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Judging;
using RewardReasoning.Models;

if (args is not [string name, string data, string model, string folder])
{
    Console.Error.WriteLine("BenchmarkFromCSharp BENCHMARK DATA MODEL FOLDER");
    return 2;
}

Benchmark benchmark = BenchmarkCatalog.Find(name);
using OpenedJudge judge = LocalJudge.Open(model, benchmark.ApplyTo(new JudgeOptions { Votes = 1 }));
BenchmarkRunner runner = new(judge, new BenchmarkRunOptions { Folder = folder });

BenchmarkReport report = await runner.RunAsync(benchmark, data);
foreach (SectionReport section in report.Sections.Append(report.Overall))
{
    Console.WriteLine($"{section.Section}: {section.Items} comparisons, {section.Missing} without a verdict");
    foreach (BenchmarkFigure figure in section.Figures)
    {
        Console.WriteLine($"  {figure.Name} {figure.Value:P1} ({figure.Low:P1} to {figure.High:P1})");
    }
}

return 0;
