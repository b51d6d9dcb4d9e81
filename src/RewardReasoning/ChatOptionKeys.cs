using Microsoft.Extensions.AI;

namespace RewardReasoning;

/// <summary>
/// What the judge asks of a chat client beyond the members of <see cref="ChatOptions"/>, as keys of its <c>AdditionalProperties</c>. A
/// client reports which of them it honours: <c>GetService(typeof(IReadOnlySet&lt;string&gt;), "chat_option_keys")</c> returns their names.
/// </summary>
public static class ChatOptionKeys
{
    /// <summary>Service key under which a client gives the set of option keys that it honours.</summary>
    public const string Supported = "chat_option_keys";

    /// <summary>
    /// Service key under which a client gives the identity of its model, a <see cref="string"/>: equal only where the same request may
    /// give the same completion. A model's name and revision or the hash of its files, never an address.
    /// </summary>
    public const string ModelIdentity = "model_identity";

    /// <summary>
    /// Service key under which a client gives an <see cref="int"/>: how many requests in flight at once keep it busy.
    /// </summary>
    public const string Concurrency = "concurrency";

    /// <summary>
    /// <see cref="string"/>: the text with which the assistant turn already begins, from its very start, think tags included; the model
    /// continues after it and returns new text only.
    /// </summary>
    public const string Prefill = "prefill";

    /// <summary><c>string[]</c>: the first generated token is one of these.</summary>
    public const string AllowedNextTokens = "allowed_next_tokens";

    /// <summary><see cref="int"/> k: return log-probs of the generated tokens and of the k most probable ones at each place.</summary>
    public const string LogProbs = "logprobs";

    /// <summary>
    /// <see cref="bool"/>: <see cref="LogProbs"/> only of the tokens outside reasoning, which saves the work for all the others.
    /// </summary>
    public const string LogProbsOfAnswer = "logprobs_of_answer";

    /// <summary>
    /// <see cref="int"/>: the most tokens of reasoning before the client closes it with <see cref="ThinkingStub"/>.
    /// </summary>
    public const string ThinkingBudget = "thinking_budget";

    /// <summary><see cref="string"/>: what is written when reasoning has used up its budget, closing tag included.</summary>
    public const string ThinkingStub = "thinking_stub";

    /// <summary><c>string[]</c>: what the token after <see cref="ThinkingStub"/> may be.</summary>
    public const string ThinkingStubChoices = "thinking_stub_choices";

    /// <summary>
    /// <see cref="bool"/>: behind each <c>&lt;calc&gt;expression&lt;/calc&gt;</c> that the model writes in its reasoning (anywhere,
    /// where it has no think tags), the client writes the expression's value, as if the model had written it.
    /// </summary>
    public const string Calculator = "calculator";

    /// <summary><see cref="float"/>: tokens less probable than this share of the most probable one are not sampled.</summary>
    public const string MinP = "min_p";

    /// <summary>Only in the supported set: the client's samples depend on <see cref="ChatOptions.Seed"/>.</summary>
    public const string Seed = "seed";

    /// <summary>The keys that a client honours; none where it does not say.</summary>
    public static IReadOnlySet<string> SupportedBy(IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.GetService(typeof(IReadOnlySet<string>), Supported) as IReadOnlySet<string>
            ?? System.Collections.Frozen.FrozenSet<string>.Empty;
    }

    /// <summary>
    /// The identity of a client's model; its name where the client knows no more, and <c>unknown</c> where not even that.
    /// </summary>
    public static string ModelIdentityOf(IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.GetService(typeof(string), ModelIdentity) as string
            ?? (client.GetService(typeof(ChatClientMetadata)) as ChatClientMetadata)?.DefaultModelId
            ?? "unknown";
    }

    /// <summary>How many requests at once keep a client busy; null where it does not say.</summary>
    public static int? ConcurrencyOf(IChatClient client)
    {
        ArgumentNullException.ThrowIfNull(client);
        return client.GetService(typeof(int), Concurrency) as int?;
    }
}

/// <summary>
/// What a chat client reports beyond the members of <see cref="ChatResponse"/>, as keys of its <c>AdditionalProperties</c>.
/// </summary>
public static class ChatResponseKeys
{
    /// <summary>
    /// <see cref="bool"/>: whether reasoning that was opened (by prompt, prefill or completion) was closed. Absent where none was opened.
    /// </summary>
    public const string ReasoningClosed = "reasoning_closed";

    /// <summary>
    /// <see cref="bool"/>: the client or its server knows reasoning from answer by itself, so a marker in the text is one that it quotes.
    /// </summary>
    public const string ReasoningApart = "reasoning_apart";

    /// <summary><see cref="bool"/>: the thinking budget was reached and the stub written.</summary>
    public const string ThinkingForced = "thinking_forced";

    /// <summary><see cref="bool"/>: the response comes from a store; nothing was spent on it now.</summary>
    public const string Kept = "kept";

    /// <summary>
    /// <c>string[]</c>: text of each generated token, think tags included; where a client honoured <see
    /// cref="ChatOptionKeys.LogProbsOfAnswer"/>,
    /// of each one outside reasoning.
    /// </summary>
    public const string TokenTexts = "token_texts";

    /// <summary><c>float[]</c>: log-prob of each of these tokens.</summary>
    public const string TokenLogProbs = "token_logprobs";

    /// <summary>
    /// <c>KeyValuePair&lt;string, float&gt;[][]</c>: the most probable tokens at each place with their log-probs, best first.
    /// </summary>
    public const string TokenTopLogProbs = "token_top_logprobs";

    /// <summary>In <see cref="Exception.Data"/>, <see cref="int"/>: length of a prompt that does not fit.</summary>
    public const string PromptTokens = "prompt_tokens";

    /// <summary>In <see cref="Exception.Data"/>, <see cref="int"/>: length of the context that it does not fit.</summary>
    public const string ContextTokens = "context_tokens";
}
