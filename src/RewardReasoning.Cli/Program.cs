using RewardReasoning.Cli;
using RewardReasoning.Cli.Terminals;

using CancellationTokenSource interrupt = new();
using IDisposable signals = InterruptSignals.Cancel(interrupt);
using Terminal terminal = Terminal.OfProcess();
return await CommandLine.RunAsync(args, terminal, interrupt.Token);
