using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Endpoints;
using RewardReasoning.Endpoints.Probing;
using RewardReasoning.Judging;

namespace RewardReasoning.Cli.Judging;

/// <summary>The options about a model on a server, bound to <see cref="EndpointOptions"/>.</summary>
internal sealed class EndpointArguments
{
    private static readonly EndpointOptions Defaults = new() { Url = new("http://localhost"), Model = "" };

    private readonly Option<string[]> _endpoints = new("--endpoint")
    {
        Description =
            "Address of an OpenAI-compatible server, such as http://localhost:8000/v1; give it again for each further server of "
            + "the same model.",
        HelpName = "URL",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _revision = new("--revision")
    {
        Description = "Which version of the model is served at --endpoint; the store keeps the completions of each apart.",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _judgeFiles = new("--judge-files")
    {
        Description =
            "If you also have the served model's folder, name it here. Its prompt, domain and closing text are then used, as with --model.",
        HelpName = "FOLDER",
    };

    private readonly Option<bool> _thinkingCap = new("--thinking-cap")
    {
        Description =
            "The server itself caps reasoning (rrm endpoint probe shows it): --thinking-budget then takes one request instead of two.",
    };

    private readonly Option<bool> _rewardModel = new("--reward-model")
    {
        Description = "The model at --endpoint is a scalar reward model behind vLLM: each response is scored once.",
    };

    private readonly Option<bool> _logProbs = new("--logprobs")
    {
        Description = "Ask --endpoint for log-probs, which give each verdict its probability.",
    };

    private readonly Option<string?> _fields = new("--request-fields")
    {
        Description = "Further fields of every request to --endpoint, as a JSON object; null leaves one of ours out.",
        HelpName = "JSON",
    };

    private readonly Option<int?> _requestsPerMinute = new("--requests-per-minute")
    {
        Description = "Most requests a minute to each --endpoint.",
        HelpName = "N",
    };

    private readonly Option<int?> _tokensPerMinute = new("--tokens-per-minute")
    {
        Description = "Most tokens a minute, read and written, at each --endpoint.",
        HelpName = "N",
    };

    private readonly Option<int?> _tries = new("--tries")
    {
        Description =
            $"How often a request to --endpoint is tried before its failure counts (default {Defaults.Tries}, within "
            + $"{Defaults.RetryWindow.TotalMinutes:0} minutes).",
        HelpName = "N",
    };

    private readonly Option<double?> _timeout = new("--timeout")
    {
        Description =
            $"Seconds that a try at --endpoint may take, waiting for its turn not counted (default "
            + $"{Defaults.RequestTimeout.TotalSeconds:0}).",
        HelpName = "S",
    };

    private readonly Option<string?> _prices = new("--prices")
    {
        Description = "Table of prices (JSON) that the cost of judgments follows from (docs/endpoints.md).",
        HelpName = "FILE",
    };

    private readonly ServerArguments _server = new();

    public void AddTo(Command command)
    {
        command.Options.Add(_endpoints);
        command.Options.Add(_revision);
        command.Options.Add(_judgeFiles);
        _server.AddTo(command);
        foreach (Option option in Others)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The addresses.</summary>
    public IEnumerable<Option> Addresses => [_endpoints];

    /// <summary>Everything but the addresses, for a message about what is given without them.</summary>
    public IEnumerable<Option> WithoutAddress => [_revision, _judgeFiles, .. _server.Options, .. Others];

    private Option[] Others =>
        [_logProbs, _thinkingCap, _rewardModel, _fields, _requestsPerMinute, _tokensPerMinute, _tries, _timeout, _prices];

    /// <summary>The model on its servers; null where no server is named.</summary>
    /// <exception cref="UsageException">The options contradict each other, or name no model.</exception>
    public EndpointSource? Read(ParseResult parsed, string? model, Terminal terminal)
    {
        if (parsed.GetValue(_endpoints) is not { Length: > 0 } endpoints)
        {
            return null;
        }

        Uri[] urls = [.. endpoints.Select(endpoint => ServerArguments.UrlOf(endpoint, "--endpoint"))];
        EndpointOptions options = _server.ApplyTo(parsed, Defaults) with
        {
            Url = urls[0],
            MoreUrls = urls[1..],
            Model = model ?? "",
            Revision = parsed.GetValue(_revision),
            LogProbs = parsed.GetValue(_logProbs),
            CapsThinking = parsed.GetValue(_thinkingCap),
            ExtraFields = FieldsOf(parsed.GetValue(_fields)),
            RequestsPerMinute = parsed.GetValue(_requestsPerMinute),
            TokensPerMinute = parsed.GetValue(_tokensPerMinute),
            Tries = parsed.GetValue(_tries) ?? Defaults.Tries,
            RequestTimeout = parsed.GetValue(_timeout) is { } seconds ? SecondsOf(seconds) : Defaults.RequestTimeout,
            OnRetry = (failure, tried, wait) =>
                terminal.WriteStatus(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"rrm: {failure.Message} Try {tried} failed; "
                            + $"{(wait == TimeSpan.Zero ? "the next goes to another server" : $"the next in {wait.TotalSeconds:0.0} s")}."
                    )
                ),
        };
        options = options with { OnNotice = notice => terminal.WriteStatus($"rrm: {notice}"), Model = model ?? OnlyModelOf(options) };
        _ = CheckedOptions.Require(options);
        return new EndpointSource(
            options,
            parsed.GetValue(_prices) is { } file ? TokenPrices.Load(file, options.Model) : null,
            JudgeFilesOf(parsed.GetValue(_judgeFiles))
        )
        {
            IsRewardModel = parsed.GetValue(_rewardModel),
        };
    }

    /// <summary>The only model that the server has, where none is named.</summary>
    /// <exception cref="UsageException">It has several, or no list.</exception>
    private static string OnlyModelOf(EndpointOptions options)
    {
        using EndpointProbe probe = new(options);
        IReadOnlyList<string> names = probe.ModelNamesAsync().GetAwaiter().GetResult();
        return names switch
        {
            [var only] => only,
            [] => throw new UsageException("--endpoint has no list of models; --model NAME says which one to ask."),
            _ => throw new UsageException(
                $"--endpoint has {names.Count} models; --model NAME says which one to ask: {string.Join(", ", names.Take(12))}"
                    + (names.Count > 12 ? ", …" : ".")
            ),
        };
    }

    /// <exception cref="UsageException">It is no time-out.</exception>
    public static TimeSpan SecondsOf(double seconds) =>
        seconds is > 0 and <= 1e6
            ? TimeSpan.FromSeconds(seconds)
            : throw new UsageException(FormattableString.Invariant($"--timeout is {seconds}; it is above 0 and at most 1000000 seconds."));

    /// <summary>What a folder holds for judging; not its calibration, which is that of the model as it runs in process.</summary>
    private static JudgeFiles JudgeFilesOf(string? folder)
    {
        JudgeFiles files = folder is null ? new() : JudgeFiles.Read(folder) with { Calibration = null };
        return folder is null || files != new JudgeFiles()
            ? files
            : throw new UsageException(
                $"--judge-files is '{folder}', which holds none of {JudgeFiles.PromptFile}, {JudgeFiles.DomainFile}, "
                    + $"{JudgeFiles.StubFile} and {JudgeFiles.ToolsFile}; it is the folder of the model that is served."
            );
    }

    private static JsonObject? FieldsOf(string? json)
    {
        try
        {
            return json is null
                ? null
                : JsonNode.Parse(json) as JsonObject
                    ?? throw new UsageException("--request-fields is JSON, but not an object; it looks like {\"top_k\": 20}.");
        }
        catch (JsonException error)
        {
            throw new UsageException($"--request-fields is not a JSON object: {error.Message}", error);
        }
    }
}
