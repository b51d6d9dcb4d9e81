using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using RewardReasoning.Judging;

namespace RewardReasoning.Endpoints.Probing;

/// <summary>
/// Finds out what a server can do before a long run trusts it: a dozen short requests, sent as <see cref="EndpointChatClient"/> sends them,
/// and what their answers show. What a server says of itself decides only by which row of <see cref="ServerQuirks"/> it is asked.
/// </summary>
public sealed class EndpointProbe : IDisposable
{
    private const int AnswerTokens = 64;
    private const int VerdictTokens = 8;
    private const int ThoughtTokens = 16;
    private const int TopLogProbs = 5;
    private const int MostLettersPerToken = 8;
    private const string Brief =
        "Which response is better? Query: 2+2? Assistant 1: 4. Assistant 2: 5. End with \\boxed{Assistant 1} or \\boxed{Assistant 2}.";
    private const string CapMessage = " I have to decide now.";
    private const string Invention = "Make up one sentence of about twenty words about a harbour, unlike any that was written before.";

    private static readonly ChatMessage[] InventionPrompt = [new(ChatRole.User, Invention)];
    private static readonly IReadOnlyList<ChatMessage> JudgingPrompt = JudgePrompt.Default.Render(
        new(
            "A train leaves at 9:40 and arrives at 11:05. How long does it travel?",
            "It travels for 85 minutes.",
            "It travels for 65 minutes."
        )
    );

    private readonly EndpointOptions _options;
    private readonly Func<IReadOnlyList<ChatMessage>, IReadOnlyList<int>>? _tokenize;
    private readonly ProbeRequests _requests;

    /// <summary>A probe of the first server of the options.</summary>
    /// <param name="options">Where to ask. An empty <see cref="EndpointOptions.Model"/> stands for the only one that the server has; the
    /// flavour <see cref="ServerFlavour.Generic"/> for one to be found out.</param>
    /// <param name="tokenize">
    /// The tokens that the model's own tokenizer and template make of messages, to compare them with the server's; null to leave that out.
    /// </param>
    /// <param name="time">Clock for time-outs and waits; the system's if null.</param>
    /// <param name="random">Chance for the jitter of waits; if null, one that differs between processes.</param>
    /// <exception cref="ArgumentException">The options have faults; the message lists all of them.</exception>
    public EndpointProbe(
        EndpointOptions options,
        Func<IReadOnlyList<ChatMessage>, IReadOnlyList<int>>? tokenize = null,
        TimeProvider? time = null,
        Random? random = null
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        (options with { Model = "any" }).Validate();
        _options = options;
        _tokenize = tokenize;
        _requests = new(options, time ?? TimeProvider.System, random ?? new Random(Environment.ProcessId));
    }

    /// <summary>The names of the models that the server lists; none where it has no list.</summary>
    /// <exception cref="EndpointException">The server gave no answer, or refused.</exception>
    public async Task<IReadOnlyList<string>> ModelNamesAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<WireModel> models = await _requests.ModelsAsync(cancellationToken).ConfigureAwait(false);
        return [.. models.Select(model => model.Id).OfType<string>()];
    }

    /// <summary>Asks.</summary>
    /// <exception cref="EndpointException">
    /// The server is not there, or refuses the simplest request; or no model is named, and the server has several or no list.
    /// </exception>
    public async Task<EndpointProbeReport> RunAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<WireModel> models = await ModelsAsync(cancellationToken).ConfigureAwait(false);
        string model = _options.Model.Length > 0 ? _options.Model : OnlyOne(models);
        WireModel? known = models.FirstOrDefault(entry => entry.Id == model);
        ServerQuirks row = ServerQuirks.Of(
            _options.Flavour != ServerFlavour.Generic ? _options.Flavour : FlavourOf(known ?? (models is [var first, ..] ? first : null))
        );
        Session session = new(_requests, model, cancellationToken);
        (ProbeForm form, WireAnswer judged) = await session.FirstAnswerAsync(row).ConfigureAwait(false);

        List<ProbeFinding> findings =
        [
            TokenLimit(form, judged),
            await DecideAsync(Capability.Seeds, () => session.SeedsAsync(form)).ConfigureAwait(false),
            await DecideAsync(Capability.LogProbs, () => session.LogProbsAsync(form)).ConfigureAwait(false),
            await DecideAsync(Capability.Choices, () => session.ChoicesAsync(form)).ConfigureAwait(false),
            Thoughts(judged),
            await DecideAsync(Capability.ThinkingOff, () => session.ThinkingOffAsync(form, judged)).ConfigureAwait(false),
        ];
        ServerQuirks? continues = null;
        findings.Add(
            await DecideAsync(
                    Capability.Prefill,
                    async () =>
                    {
                        (ProbeFinding finding, continues) = await session.PrefillAsync(form).ConfigureAwait(false);
                        return finding;
                    }
                )
                .ConfigureAwait(false)
        );
        findings.Add(await DecideAsync(Capability.ThinkingCap, () => session.ThinkingCapAsync(form, judged)).ConfigureAwait(false));
        findings.Add(await DecideAsync(Capability.Streaming, () => session.StreamingAsync(form)).ConfigureAwait(false));
        findings.Add(CacheReport(_requests.CachedTokens));
        if (_tokenize is { } tokenize)
        {
            findings.Add(
                await DecideAsync(
                        Capability.Tokenization,
                        () => session.TokenizationAsync(continues is null ? form : form with { Row = continues }, tokenize)
                    )
                    .ConfigureAwait(false)
            );
        }

        ServerQuirks server = continues ?? form.Row;
        return new()
        {
            Url = _options.Url,
            Model = model,
            Models = [.. models.Select(entry => entry.Id).OfType<string>()],
            Server = server.Flavour,
            ContextTokens = known?.ContextTokens,
            RequestFields = form.Fields,
            Findings = [.. findings.Select(finding => finding with { Expected = ExpectedOf(server, finding.Capability) })],
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _requests.Dispose();

    /// <summary>The list of models; where a model is named, one that cannot be read is as good as none.</summary>
    private async Task<IReadOnlyList<WireModel>> ModelsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _requests.ModelsAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (EndpointException failure)
            when (_options.Model.Length > 0 && failure.Failure is EndpointFailure.NoCompletion or EndpointFailure.Refused)
        {
            return [];
        }
    }

    private static string OnlyOne(IReadOnlyList<WireModel> models)
    {
        string? fault = models switch
        {
            [{ Id: not null }] => null,
            [] => "The server has no list of models; name the model.",
            _ => $"The server has {models.Count} models; name one of them: "
                + $"{string.Join(", ", models.Take(12).Select(model => model.Id))}{(models.Count > 12 ? ", …" : ".")}",
        };
        return fault is null ? models[0].Id ?? "" : throw new EndpointException(fault) { Failure = EndpointFailure.NoModel };
    }

    private static ServerFlavour FlavourOf(WireModel? model) => ServerQuirks.OfOwner(model?.OwnedBy).Flavour;

    private static bool? ExpectedOf(ServerQuirks row, Capability capability) =>
        capability switch
        {
            _ when row.Flavour == ServerFlavour.Generic => null,
            Capability.TokenLimit => true,
            Capability.Seeds => row.Seeds,
            Capability.LogProbs => row.LogProbs,
            Capability.Choices => row.Choices,
            Capability.Prefill => row.Prefill != PrefillStyle.None,
            _ => null,
        };

    private static async Task<ProbeFinding> DecideAsync(Capability capability, Func<Task<ProbeFinding>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (EndpointException failure)
        {
            bool refused = IsRefusal(failure);
            return new(capability, refused ? false : null, failure.Message) { Failed = !refused };
        }
    }

    /// <summary>Whether the server read the request and will not do it, however often it is asked.</summary>
    private static bool IsRefusal(EndpointException failure) =>
        (int?)failure.Status is >= 400 and < 500 && failure.Status is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout);

    private static ProbeFinding TokenLimit(ProbeForm form, WireAnswer answer) =>
        answer.Usage?.CompletionTokens switch
        {
            null => new(Capability.TokenLimit, null, $"{form.Row.TokenLimitField} was taken, but no usage came back"),
            > AnswerTokens and var many => new(
                Capability.TokenLimit,
                false,
                Text($"{form.Row.TokenLimitField}: {AnswerTokens} was asked for, {many} tokens came")
            ),
            _ => new(Capability.TokenLimit, true, form.Row.TokenLimitField),
        };

    private static ProbeFinding Thoughts(WireAnswer answer) =>
        ProbeText.Of(answer).Place switch
        {
            null when answer.Usage?.CompletionTokensDetails?.ReasoningTokens is > 0 and var hidden => new(
                Capability.ThoughtsApart,
                false,
                Text($"{hidden} tokens of thought were counted and none returned")
            ),
            null => new(Capability.ThoughtsApart, null, Text($"no thought in the first {AnswerTokens} tokens, or none that is marked")),
            "content" => new(Capability.ThoughtsApart, false, "in content, between think tags; they are separated here"),
            { } field => new(Capability.ThoughtsApart, true, $"in {field}"),
        };

    private static ProbeFinding CacheReport(long? cached) =>
        cached switch
        {
            null => new(Capability.CacheReport, false, "no answer told"),
            0 => new(Capability.CacheReport, null, "0 in every answer, though a prompt was sent again"),
            { } tokens => new(Capability.CacheReport, true, Text($"{tokens} tokens of a prompt that was sent again")),
        };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>The questions that need requests of their own.</summary>
    private sealed class Session(ProbeRequests requests, string model, CancellationToken cancellationToken)
    {
        private IReadOnlyList<ChatMessage> _prompt = JudgingPrompt;

        /// <summary>
        /// The first form in which the server takes the simplest request: by its row, as OpenAI's newer models, as any server.
        /// </summary>
        public async Task<(ProbeForm Form, WireAnswer Answer)> FirstAnswerAsync(ServerQuirks row)
        {
            ProbeForm openAI = new(ServerQuirks.Of(ServerFlavour.OpenAI));
            ProbeForm[] forms =
            [
                new(row),
                openAI,
                new(ServerQuirks.Of(ServerFlavour.Generic)),
                openAI with
                {
                    Fields = new JsonObject { ["temperature"] = null, ["top_p"] = null },
                },
            ];
            EndpointException? first = null;
            foreach (ProbeForm form in forms.Distinct())
            {
                try
                {
                    return (form, await AskAsync(form, _prompt, Options(AnswerTokens, 1)).ConfigureAwait(false));
                }
                catch (EndpointException failure) when (failure.Failure == EndpointFailure.TooLong && _prompt == JudgingPrompt)
                {
                    _prompt = [new(ChatRole.User, Brief)];
                    return await FirstAnswerAsync(row).ConfigureAwait(false);
                }
                catch (EndpointException failure) when (failure.Status is HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity)
                {
                    first ??= failure;
                }
            }

            throw first ?? throw new InvalidOperationException("No form was tried.");
        }

        public async Task<ProbeFinding> SeedsAsync(ProbeForm form)
        {
            string one = await InventAsync(1).ConfigureAwait(false);
            string again = await InventAsync(1).ConfigureAwait(false);
            string other = await InventAsync(2).ConfigureAwait(false);
            (bool? outcome, string detail) = this switch
            {
                _ when string.IsNullOrWhiteSpace(one) => ((bool?)null, Text($"no text came within {AnswerTokens} tokens")),
                _ when one != again => (false, "the same seed gave two texts; votes cannot be repeated"),
                _ when one == other => (false, "two seeds gave the same text; votes would all be alike"),
                _ => (true, "the same seed gave the same text, another seed another one"),
            };
            return new(Capability.Seeds, outcome, detail);

            async Task<string> InventAsync(int seed) =>
                ProbeText.Of(await AskAsync(form, InventionPrompt, Options(AnswerTokens, seed)).ConfigureAwait(false)).Whole;
        }

        public async Task<ProbeFinding> LogProbsAsync(ProbeForm form)
        {
            ChatOptions options = Options(AnswerTokens, 1);
            options.AdditionalProperties = new() { [ChatOptionKeys.LogProbs] = TopLogProbs };
            WireAnswer answer = await AskAsync(form, _prompt, options).ConfigureAwait(false);
            IReadOnlyList<WireToken> tokens = answer.Choices is [{ Logprobs.Content: { } content }, ..] ? content : [];
            int candidates = tokens.Select(token => token.TopLogprobs?.Count ?? 0).DefaultIfEmpty().Max();
            return tokens.Count == 0 ? new(Capability.LogProbs, false, "the request was taken, but none came back")
                : candidates < 2 ? new(Capability.LogProbs, false, "only of the chosen tokens; verdicts need those of other candidates")
                : new(Capability.LogProbs, true, Text($"{candidates} candidates for a token"));
        }

        public async Task<ProbeFinding> ChoicesAsync(ProbeForm form)
        {
            WireAnswer answer = await AskAsync(form.With("n", 2), InventionPrompt, Options(AnswerTokens, 1)).ConfigureAwait(false);
            int count = answer.Choices?.Count ?? 0;
            return new(Capability.Choices, count == 2 ? true : false, Text($"n: 2 gave {count}; votes do without it"));
        }

        public async Task<ProbeFinding> ThinkingOffAsync(ProbeForm form, WireAnswer thinking)
        {
            string field = form.Row.ThinkingSwitch switch
            {
                ThinkingSwitch.TemplateOption => "enable_thinking: false",
                ThinkingSwitch.ReasoningEffort => "reasoning_effort: none",
                _ => "",
            };
            if (ProbeText.Of(thinking).Place is null || field.Length == 0)
            {
                return new(
                    Capability.ThinkingOff,
                    null,
                    field.Length == 0 ? "not asked: no field for it is known" : "not asked: no thought was seen"
                );
            }

            ChatOptions options = Options(AnswerTokens, 1);
            options.Reasoning = new() { Effort = ReasoningEffort.None };
            bool thinks = ProbeText.Of(await AskAsync(form, _prompt, options).ConfigureAwait(false)).Place is not null;
            return new(
                Capability.ThinkingOff,
                thinks ? false : true,
                thinks ? $"{field} was taken, and a thought came all the same" : field
            );
        }

        /// <summary>A verdict that was begun for it: a server that goes on writes the number first.</summary>
        public async Task<(ProbeFinding Finding, ServerQuirks? Row)> PrefillAsync(ProbeForm form)
        {
            ProbeForm[] forms = form.Row switch
            {
                { Prefill: not PrefillStyle.None } => [form],
                { Flavour: ServerFlavour.Generic } =>
                [
                    form with
                    {
                        Row = ServerQuirks.Of(ServerFlavour.Vllm),
                    },
                    form with
                    {
                        Row = ServerQuirks.Of(ServerFlavour.LlamaCpp),
                    },
                ],
                _ => [],
            };
            EndpointException? failure = null;
            foreach (ProbeForm asked in forms)
            {
                ChatOptions options = Options(VerdictTokens, 1);
                options.AdditionalProperties = new()
                {
                    [ChatOptionKeys.Prefill] = $"{ReasoningText.OpenTag}Let me compare.{new JudgeOptions().ThinkingStub}",
                };
                try
                {
                    string whole = ProbeText.Of(await AskAsync(asked, _prompt, options).ConfigureAwait(false)).Whole;
                    if (WithoutEcho(whole).TrimStart() is ['1' or '2', ..])
                    {
                        string how =
                            asked.Row.Prefill == PrefillStyle.ContinueFinalMessage
                                ? "continue_final_message"
                                : "by a last message of the assistant";
                        return (new(Capability.Prefill, true, how), asked.Row);
                    }
                }
                catch (EndpointException error) when (IsRefusal(error))
                {
                    failure ??= error;
                }
            }

            const string Instead = "a thinking budget costs one more short request";
            return (
                new(
                    Capability.Prefill,
                    false,
                    forms.Length == 0
                        ? $"not asked: there is no way; {Instead}"
                        : $"{failure?.Message ?? "the answer began anew"}; {Instead}"
                ),
                null
            );
        }

        /// <summary>
        /// The same question with a cap far below the thought that came without: proved where the thought is as short as the cap, and ends
        /// with the words that were to be put there if the server takes some.
        /// </summary>
        public async Task<ProbeFinding> ThinkingCapAsync(ProbeForm form, WireAnswer thinking)
        {
            if (form.Row.ThinkingCap is not { } means)
            {
                return new(Capability.ThinkingCap, null, "not asked: no field for it is known");
            }

            if (ProbeText.Of(thinking).Thought.Length <= ThoughtTokens * MostLettersPerToken)
            {
                return new(Capability.ThinkingCap, null, "not asked: no long thought was seen");
            }

            ChatOptions options = Options(AnswerTokens, 1);
            options.AdditionalProperties = new()
            {
                [ChatOptionKeys.ThinkingBudget] = ThoughtTokens,
                [ChatOptionKeys.ThinkingStub] = CapMessage + new JudgeOptions().ThinkingStub,
                [ChatOptionKeys.ThinkingStubChoices] = new[] { "1", "2" },
            };
            try
            {
                string thought = ProbeText.Of(await AskAsync(form, _prompt, options).ConfigureAwait(false)).Thought.TrimEnd();
                bool isShort = thought.Length <= (ThoughtTokens * MostLettersPerToken) + CapMessage.Length,
                    hasMessage = means.MessageField is null || thought.EndsWith(CapMessage.Trim(), StringComparison.Ordinal);
                return isShort && hasMessage
                    ? new(Capability.ThinkingCap, true, $"{means.Field}; a thinking budget takes one request")
                    : new(Capability.ThinkingCap, false, $"{means.Field} was taken and ignored; a thinking budget takes two requests");
            }
            catch (EndpointException failure) when (means.Needs is not null && IsRefusal(failure))
            {
                return new(Capability.ThinkingCap, false, $"refused: the server has to be started with {means.Needs} for it");
            }
        }

        /// <summary>The prompt's tokens here and at the server: a server that reads other tokens runs another model.</summary>
        public async Task<ProbeFinding> TokenizationAsync(ProbeForm form, Func<IReadOnlyList<ChatMessage>, IReadOnlyList<int>> tokenize)
        {
            IReadOnlyList<int> here = tokenize(_prompt);
            if (await requests.TokenizeAsync(form, model, _prompt, cancellationToken).ConfigureAwait(false) is { Count: > 0 } there)
            {
                int differs = Enumerable.Range(0, Math.Max(here.Count, there.Count)).FirstOrDefault(IsOther, -1);
                return new(
                    Capability.Tokenization,
                    differs < 0,
                    differs < 0
                        ? Text($"the prompt has the same {here.Count} tokens")
                        : Text($"the prompt has {here.Count} tokens here and {there.Count} there, other ones from number {differs + 1} on")
                            + "; all figures from this server are void"
                );

                bool IsOther(int at) => at >= here.Count || at >= there.Count || here[at] != there[at];
            }

            long? counted = (await AskAsync(form, _prompt, Options(1, 1)).ConfigureAwait(false)).Usage?.PromptTokens;
            return counted is { } tokens
                ? new(
                    Capability.Tokenization,
                    tokens == here.Count,
                    tokens == here.Count
                        ? Text($"the prompt has {tokens} tokens here and there")
                        : Text($"the prompt has {here.Count} tokens here and {tokens} there; all figures from this server are void")
                )
                : new(Capability.Tokenization, null, "the server neither lists nor counts the tokens of a prompt");
        }

        public async Task<ProbeFinding> StreamingAsync(ProbeForm form)
        {
            (WireAnswer answer, int pieces) = await requests
                .AskAsync(form, _prompt, Options(AnswerTokens, 1), cancellationToken)
                .ConfigureAwait(false);
            bool hasUsage = answer.Usage is not null;
            return new(
                Capability.Streaming,
                pieces > 1 ? true : false,
                Text($"{pieces} {(pieces == 1 ? "piece" : "pieces")}{(hasUsage ? "" : ", without usage")}")
            );
        }

        /// <summary>The text behind the prefill, which llama.cpp repeats where it does not stream.</summary>
        private static string WithoutEcho(string text)
        {
            string stub = new JudgeOptions().ThinkingStub;
            int at = text.IndexOf(stub.Trim(), StringComparison.Ordinal);
            return at < 0 ? text : text[(at + stub.Trim().Length)..];
        }

        private async Task<WireAnswer> AskAsync(ProbeForm form, IReadOnlyList<ChatMessage> messages, ChatOptions options) =>
            (await requests.AskAsync(form, messages, options, cancellationToken).ConfigureAwait(false)).Answer;

        private ChatOptions Options(int maxTokens, int seed) =>
            new()
            {
                ModelId = model,
                MaxOutputTokens = maxTokens,
                Temperature = 1,
                TopP = 1,
                Seed = seed,
            };
    }
}
