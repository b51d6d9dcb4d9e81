using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Endpoints;
using RewardReasoning.Endpoints.Probing;
using RewardReasoning.Text.ChatTemplates;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm endpoint probe</c>: what a server can do, before a long run trusts it.</summary>
internal static class EndpointProbeCommand
{
    private const int Tries = 3;
    private const double DefaultTimeout = 120;

    public static Command Create(Terminal terminal)
    {
        Argument<string> url = new("URL") { Description = "Address of an OpenAI-compatible server, such as http://localhost:8000/v1." };
        Option<string?> model = new("--model")
        {
            Description = "The model's name there (default: the only one that the server has).",
            HelpName = "NAME",
        };
        Option<double> timeout = new("--timeout")
        {
            Description = "Seconds that a request may take.",
            HelpName = "S",
            DefaultValueFactory = _ => DefaultTimeout,
        };
        Option<string?> judgeFiles = new("--judge-files")
        {
            Description = "Folder of the model, if you have it: the probe then checks that the server reads the same tokens.",
            HelpName = "FOLDER",
        };
        Option<bool> json = new("--json") { Description = "Print the findings as one JSON object." };
        ServerArguments server = new();
        Command command = Verb.Create(
            terminal,
            "probe",
            "Ask a server a dozen short questions, and report what it can do and with which options to use it.",
            """
            rrm endpoint probe http://localhost:8000/v1
            rrm endpoint probe https://api.example.com/v1 --model NAME --api-key-env API_KEY --json
            """
        );
        command.Arguments.Add(url);
        command.Options.Add(model);
        server.AddTo(command);
        command.Options.Add(judgeFiles);
        command.Options.Add(timeout);
        command.Options.Add(json);
        command.SetAction(
            async (parsed, cancellationToken) =>
            {
                EndpointOptions options = server.ApplyTo(
                    parsed,
                    new() { Url = ServerArguments.UrlOf(parsed.GetRequiredValue(url), "URL"), Model = parsed.GetValue(model) ?? "" }
                ) with
                {
                    Tries = Tries,
                    RequestTimeout = EndpointArguments.SecondsOf(parsed.GetValue(timeout)),
                };
                using EndpointProbe probe = new(options, parsed.GetValue(judgeFiles) is { } folder ? TokenizerOf(folder) : null);
                EndpointProbeReport report = await probe.RunAsync(cancellationToken);
                IReadOnlyList<string> arguments = [.. ArgumentsOf(report), .. server.KeyArguments(parsed)];
                if (parsed.GetValue(json))
                {
                    terminal.Out.WriteLine(
                        JsonSerializer.Serialize(EndpointProbeJson.Of(report, arguments), OutputJson.Indented.EndpointProbeJson)
                    );
                }
                else
                {
                    Write(terminal, report, arguments);
                }

                return report.IsComplete ? ExitCodes.Done : ExitCodes.SomeMissing;
            }
        );
        return command;
    }

    /// <summary>The tokens that a model folder makes of messages.</summary>
    private static Func<IReadOnlyList<ChatMessage>, IReadOnlyList<int>> TokenizerOf(string folder)
    {
        ChatTokenizer tokenizer = ChatTokenizer.Load(folder);
        return messages =>
            tokenizer
                .Render(
                    [.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))],
                    new ChatRenderOptions { AddGenerationPrompt = true }
                )
                .Ids;
    }

    private static List<string> ArgumentsOf(EndpointProbeReport report)
    {
        List<string> arguments = ["--endpoint", EndpointOptions.Redacted(report.Url).ToString(), "--model", report.Model];
        if (report.Server != ServerFlavour.Generic)
        {
            arguments.AddRange(["--server", ServerArguments.NameOf(report.Server)]);
        }

        if (report[Capability.LogProbs].Has == true)
        {
            arguments.Add("--logprobs");
        }

        if (report[Capability.ThinkingCap].Has == true)
        {
            arguments.Add("--thinking-cap");
        }

        if (report.RequestFields is { } fields)
        {
            arguments.AddRange(["--request-fields", fields.ToJsonString()]);
        }

        return arguments;
    }

    private static void Write(Terminal terminal, EndpointProbeReport report, IEnumerable<string> arguments)
    {
        string context = report.ContextTokens is { } tokens
            ? string.Create(CultureInfo.InvariantCulture, $", context of {tokens:N0} tokens")
            : "";
        Line("server", $"{report.ServerName} at {EndpointOptions.Redacted(report.Url)}");
        Line("model", report.Model + context);
        foreach (ProbeFinding finding in report.Findings)
        {
            string outcome = finding.Has switch
            {
                true => "yes",
                false => "no",
                _ => "?",
            };
            string unlike = finding.IsUnexpected ? $" (unlike {report.ServerName} elsewhere)" : "";
            Line(NameOf(finding.Capability), $"{outcome, -4}{finding.Detail}{unlike}");
        }

        terminal.Out.WriteLine($"Use it with: {string.Join(' ', arguments.Select(Quoted))}");

        void Line(string name, string text) => terminal.Out.WriteLine($"{name, -15} {text}");
    }

    private static string NameOf(Capability capability) =>
        capability switch
        {
            Capability.TokenLimit => "token limit",
            Capability.Seeds => "seeds",
            Capability.LogProbs => "log-probs",
            Capability.Choices => "n",
            Capability.ThoughtsApart => "thoughts apart",
            Capability.ThinkingOff => "thinking off",
            Capability.Prefill => "prefill",
            Capability.ThinkingCap => "cap on thoughts",
            Capability.Streaming => "streaming",
            Capability.Tokenization => "tokenization",
            _ => "cache report",
        };

    private static string Quoted(string argument) =>
        argument.All(letter => char.IsAsciiLetterOrDigit(letter) || "-_./:@%+,=".Contains(letter, StringComparison.Ordinal))
            ? argument
            : $"'{argument.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
