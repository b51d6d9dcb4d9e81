using System.Threading.Channels;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>Where and under which draw new text belongs, and who receives it (null: nobody, and nothing is streamed).</summary>
internal readonly record struct Draw(int Vote, ShownOrder Order, int Seed, int Redraw, Action<JudgmentEvent>? Listener);

/// <summary>
/// One completion of a judge under its thinking budget. A client that honours <see cref="ChatOptionKeys.ThinkingBudget"/> keeps it
/// itself, exactly. Elsewhere the first request is cut at the budget; where its reasoning is still open, a second one continues from the
/// reasoning, the closing tag and the verdict stub as prefill, or, on a client without prefill, asks for the verdict alone.
/// </summary>
internal sealed class CompletionSource(IChatClient client, JudgeOptions options, TimeProvider time, VerdictForm form)
{
    private const int ForcedTokens = 8;
    private const int ShortRequestTokens = 256;
    private const int TopLogProbs = 5;
    private readonly IReadOnlySet<string> _supported = ChatOptionKeys.SupportedBy(client);
    private readonly bool _looksForCalls = options.Calculator && LooksForCalls(ChatOptionKeys.SupportedBy(client));

    /// <summary>
    /// Limits concurrency: a request writes to acquire a slot and reads to release it. Unlike a semaphore, a channel needs no disposal.
    /// </summary>
    private readonly Channel<bool> _slots = Channel.CreateBounded<bool>(options.ConcurrencyOver(client));

    public async Task<Completion> CompleteAsync(IReadOnlyList<ChatMessage> prompt, Draw draw, CancellationToken cancellationToken)
    {
        ChatOptions whole = OptionsFor(draw, options.MaxCompletionTokens);
        if (options.ThinkingBudget is not { } budget)
        {
            return await AskAsync(prompt, whole, draw, cancellationToken).ConfigureAwait(false);
        }

        if (_supported.Contains(ChatOptionKeys.ThinkingBudget))
        {
            Set(whole, ChatOptionKeys.ThinkingBudget, budget);
            Set(whole, ChatOptionKeys.ThinkingStub, options.ThinkingStub);
            if (form.Numbers.Length > 0)
            {
                Set(whole, ChatOptionKeys.ThinkingStubChoices, form.Numbers);
            }

            return WithReasoningApart(await AskAsync(prompt, whole, draw, cancellationToken).ConfigureAwait(false));
        }

        Completion begun = new() { ReasoningClosed = false, Cut = true };
        if (budget > 0)
        {
            begun = await AskAsync(prompt, OptionsFor(draw, budget), draw, cancellationToken).ConfigureAwait(false);
            if (!begun.Cut)
            {
                return begun;
            }
        }

        return await (
            _supported.Contains(ChatOptionKeys.Prefill)
                ? ContinueAsync(prompt, begun, options.MaxCompletionTokens - budget, draw, cancellationToken)
                : AskForVerdictAsync(prompt, begun, draw, cancellationToken)
        ).ConfigureAwait(false);
    }

    /// <summary>
    /// Asks for the verdict of a completion that ended without one, by beginning the box behind its answer: a few tokens, where another
    /// draw
    /// would cost a whole completion. Null where the client cannot continue an answer, or the completion was broken off.
    /// </summary>
    public async Task<Completion?> AskForMissingVerdictAsync(
        IReadOnlyList<ChatMessage> prompt,
        Completion ended,
        Draw draw,
        CancellationToken cancellationToken
    )
    {
        bool isWhole = ended is { Cut: false, Forced: false, Withheld: false, OddEnd: null, ReasoningClosed: not false };
        if (!isWhole || !_supported.Contains(ChatOptionKeys.Prefill))
        {
            return null;
        }

        ChatOptions brief = OptionsFor(draw, ForcedTokens);
        string reasoning = ended.ReasoningClosed is null ? "" : ReasoningText.OpenTag + ended.Reasoning + ReasoningText.CloseTag;
        string begun = ended.Answer + AfterReasoning(options.ThinkingStub);
        Set(brief, ChatOptionKeys.Prefill, reasoning + begun);
        if (form.Numbers.Length > 0 && _supported.Contains(ChatOptionKeys.AllowedNextTokens))
        {
            Set(brief, ChatOptionKeys.AllowedNextTokens, form.Numbers);
        }

        Completion end = await AskAsync(prompt, brief, draw, cancellationToken, continuesVerdict: true).ConfigureAwait(false);
        return ended with
        {
            Answer = begun + end.Reasoning + end.Answer,
            Cut = end.Cut,
            Forced = true,
            ShownFirstProbability = end.ShownFirstProbability,
            Usage = ended.Usage + end.Usage,
        };
    }

    private async Task<Completion> ContinueAsync(
        IReadOnlyList<ChatMessage> prompt,
        Completion begun,
        int tokensLeft,
        Draw draw,
        CancellationToken cancellationToken
    )
    {
        bool forced = begun.ReasoningClosed == false;
        if (!forced && tokensLeft == 0)
        {
            return begun;
        }

        ChatOptions rest = OptionsFor(draw, forced ? ForcedTokens : tokensLeft);
        string reasoning = begun.ReasoningClosed is null ? "" : ReasoningText.OpenTag + begun.Reasoning;
        string close = begun.ReasoningClosed == true ? ReasoningText.CloseTag : "";
        Set(rest, ChatOptionKeys.Prefill, reasoning + (forced ? options.ThinkingStub : close + begun.Answer));
        if (forced && form.Numbers.Length > 0 && _supported.Contains(ChatOptionKeys.AllowedNextTokens))
        {
            Set(rest, ChatOptionKeys.AllowedNextTokens, form.Numbers);
        }

        Completion end = await AskAsync(prompt, rest, draw, cancellationToken, continuesVerdict: forced).ConfigureAwait(false);

        // The reasoning is closed already, so whatever a server's reasoning parser takes for more of it is answer.
        string added = end.Reasoning + end.Answer;
        return begun with
        {
            Answer = (forced ? AfterReasoning(options.ThinkingStub) : begun.Answer) + added,
            ReasoningClosed = begun.ReasoningClosed is null ? null : true,
            Cut = end.Cut,
            Forced = forced,
            ShownFirstProbability = end.ShownFirstProbability,
            Usage = begun.Usage + end.Usage,
        };
    }

    private async Task<Completion> AskForVerdictAsync(
        IReadOnlyList<ChatMessage> prompt,
        Completion begun,
        Draw draw,
        CancellationToken cancellationToken
    )
    {
        ChatOptions brief = OptionsFor(draw, ShortRequestTokens);
        brief.Reasoning = new ReasoningOptions { Effort = ReasoningEffort.None };
        List<ChatMessage> messages = [.. prompt];
        if (begun.Reasoning.Length + begun.Answer.Length > 0)
        {
            messages.Add(new ChatMessage(ChatRole.Assistant, begun.Reasoning + begun.Answer));
        }

        messages.Add(new ChatMessage(ChatRole.User, form.ShortRequest));
        Completion verdict = await AskAsync(messages, brief, draw, cancellationToken).ConfigureAwait(false);
        return begun with
        {
            Answer = form.IsReadable(verdict) ? verdict.Answer : "",
            ReasoningClosed = true,
            Cut = verdict.Cut,
            Forced = true,
            ShownFirstProbability = verdict.ShownFirstProbability,
            Usage = begun.Usage + verdict.Usage,
        };
    }

    /// <summary>Whether calls of the calculator are looked for here, as the client does not look for them.</summary>
    /// <exception cref="ClientAbilityException">The client can neither do that nor continue a text.</exception>
    private static bool LooksForCalls(IReadOnlySet<string> supported) =>
        !supported.Contains(ChatOptionKeys.Calculator)
        && (
            supported.Contains(ChatOptionKeys.Prefill)
                ? true
                : throw new ClientAbilityException(
                    "The judge is to have a calculator, and this client cannot continue a text that was begun, so a value could not be "
                        + "written behind its call. Take a server that can (vLLM, SGLang, llama.cpp, Ollama, rrm serve) and say of which "
                        + "kind it is (--server; in C# EndpointOptions.Flavour), or leave the calculator out."
                )
        );

    private Task<Completion> AskAsync(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions chatOptions,
        Draw draw,
        CancellationToken cancellationToken,
        bool continuesVerdict = false
    ) =>
        _looksForCalls && !continuesVerdict
            ? new CalculatorLoop(
                request => AskOnceAsync(messages, request, draw, cancellationToken),
                (reasoning, text) => Report(draw, reasoning ? JudgmentEventKind.Reasoning : JudgmentEventKind.Answer, text)
            ).CompleteAsync(chatOptions)
            : AskOnceAsync(messages, chatOptions, draw, cancellationToken, continuesVerdict);

    private async Task<Completion> AskOnceAsync(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions chatOptions,
        Draw draw,
        CancellationToken cancellationToken,
        bool continuesVerdict = false
    )
    {
        await _slots.Writer.WriteAsync(true, cancellationToken).ConfigureAwait(false);
        try
        {
            long start = time.GetTimestamp();
            ChatResponse response = draw.Listener is null
                ? await client.GetResponseAsync(messages, chatOptions, cancellationToken).ConfigureAwait(false)
                : await StreamAsync(messages, chatOptions, draw, cancellationToken).ConfigureAwait(false);
            Completion completion = Completion.From(response, time.GetElapsedTime(start), continuesVerdict);
            return completion with { Usage = completion.Usage.Priced(options.Prices) };
        }
        finally
        {
            _slots.Reader.TryRead(out _);
        }
    }

    private async Task<ChatResponse> StreamAsync(
        IReadOnlyList<ChatMessage> messages,
        ChatOptions chatOptions,
        Draw draw,
        CancellationToken cancellationToken
    )
    {
        List<AIContent> contents = [];
        ChatResponse response = new() { AdditionalProperties = [] };
        try
        {
            await foreach (
                ChatResponseUpdate update in client
                    .GetStreamingResponseAsync(messages, chatOptions, cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                Show(update);
            }
        }
        catch (Exception error)
            when (contents.Count > 0 && FailurePolicy.ScopeOf(error) == FailureScope.Vote && !cancellationToken.IsCancellationRequested)
        {
            // The stream broke off: what was shown is void, and the same draw begins anew, with the client's own tries behind it.
            Report(draw, JudgmentEventKind.DrawStarted, "");
            ChatResponse whole = await client.GetResponseAsync(messages, chatOptions, cancellationToken).ConfigureAwait(false);
            foreach (ChatResponseUpdate update in whole.ToChatResponseUpdates())
            {
                Show(update);
            }

            return whole;
        }

        response.Messages.Add(new ChatMessage(ChatRole.Assistant, contents));
        return response;

        void Show(ChatResponseUpdate update)
        {
            foreach (AIContent content in update.Contents)
            {
                switch (content)
                {
                    case TextReasoningContent { Text.Length: > 0 } reasoning:
                        contents.Add(reasoning);
                        Report(draw, JudgmentEventKind.Reasoning, reasoning.Text);
                        break;
                    case TextContent { Text.Length: > 0 } text:
                        contents.Add(text);
                        Report(draw, JudgmentEventKind.Answer, text.Text);
                        break;
                    case UsageContent usage:
                        response.Usage = usage.Details;
                        break;
                }
            }

            response.FinishReason = update.FinishReason ?? response.FinishReason;
            response.ModelId = update.ModelId ?? response.ModelId;
            foreach ((string key, object? value) in update.AdditionalProperties ?? [])
            {
                response.AdditionalProperties[key] = value;
            }
        }
    }

    private static void Report(Draw draw, JudgmentEventKind kind, string text) =>
        draw.Listener?.Invoke(
            new()
            {
                Kind = kind,
                Vote = draw.Vote,
                Order = draw.Order,
                Seed = draw.Seed,
                Redraw = draw.Redraw,
                Text = text,
            }
        );

    private ChatOptions OptionsFor(Draw draw, int maxTokens)
    {
        ChatOptions chatOptions = new()
        {
            Temperature = options.Temperature,
            TopP = options.TopP,
            TopK = options.TopK,
            Seed = draw.Seed,
            MaxOutputTokens = maxTokens,
        };
        if (options.Calculator && !_looksForCalls)
        {
            Set(chatOptions, ChatOptionKeys.Calculator, true);
        }

        if (options.SoftVerdicts && _supported.Contains(ChatOptionKeys.LogProbs))
        {
            Set(chatOptions, ChatOptionKeys.LogProbs, TopLogProbs);
            if (_supported.Contains(ChatOptionKeys.LogProbsOfAnswer))
            {
                Set(chatOptions, ChatOptionKeys.LogProbsOfAnswer, true);
            }
        }

        return chatOptions;
    }

    /// <summary>A model without think tags reasons in its answer: what it wrote before the stub was its reasoning.</summary>
    private Completion WithReasoningApart(Completion completion)
    {
        int stub = completion is { Forced: true, Reasoning: "" }
            ? completion.Answer.LastIndexOf(AfterReasoning(options.ThinkingStub), StringComparison.Ordinal)
            : 0;
        return stub <= 0 ? completion : completion with { Reasoning = completion.Answer[..stub], Answer = completion.Answer[stub..] };
    }

    private static void Set(ChatOptions chatOptions, string key, object value) => (chatOptions.AdditionalProperties ??= [])[key] = value;

    private static string AfterReasoning(string stub) =>
        stub[(stub.LastIndexOf(ReasoningText.CloseTag, StringComparison.Ordinal) + ReasoningText.CloseTag.Length)..];
}
