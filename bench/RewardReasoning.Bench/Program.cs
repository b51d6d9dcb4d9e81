using RewardReasoning.Bench;

// Each benchmark is one class; its name on the command line is the key here.
SortedDictionary<string, Func<string[], Task<int>>> benchmarks = new(StringComparer.Ordinal)
{
    ["abstain"] = AbstentionBenchmark.RunAsync,
    ["budget"] = BudgetBenchmark.RunAsync,
    ["canary"] = CanaryBenchmark.RunAsync,
    ["curve"] = TrainingCurve.RunAsync,
    ["endpoint"] = EndpointBenchmark.RunAsync,
    ["engine"] = EngineBenchmark.RunAsync,
    ["jury"] = JuryBenchmark.RunAsync,
    ["kills"] = KillBenchmark.RunAsync,
    ["endpoint-score"] = EndpointScoreBenchmark.RunAsync,
    ["machine"] = Machine.RunAsync,
    ["perplexity"] = PerplexityBenchmark.RunAsync,
    ["overload"] = OverloadBenchmark.RunAsync,
    ["quick"] = QuickBenchmark.RunAsync,
    ["rewards"] = RewardsBenchmark.RunAsync,
    ["rollouts"] = RolloutBenchmark.RunAsync,
    ["rows"] = RowsBenchmark.RunAsync,
    ["silent"] = SilentBenchmark.RunAsync,
    ["soak"] = SoakBenchmark.RunAsync,
    ["startup"] = StartupBenchmark.RunAsync,
    ["store"] = StoreBenchmark.RunAsync,
    ["tournaments"] = TournamentSimulation.RunAsync,
    ["update"] = UpdateBenchmark.RunAsync,
    ["verifier"] = VerifierBenchmark.RunAsync,
    ["verifier-classes"] = VerifierClassesBenchmark.RunAsync,
    ["voting"] = VotingBenchmark.RunAsync,
};

if (args.Length == 0 || !benchmarks.TryGetValue(args[0], out Func<string[], Task<int>>? run))
{
    Console.Error.WriteLine($"Name a benchmark: {string.Join(", ", benchmarks.Keys)}.");
    return 2;
}

return await run(args[1..]);
