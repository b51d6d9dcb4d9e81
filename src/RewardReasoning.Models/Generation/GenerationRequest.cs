namespace RewardReasoning.Models.Generation;

/// <summary>A prompt and how to go on from it.</summary>
public sealed record GenerationRequest
{
    /// <summary>What the model reads; at least one token.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>Most tokens to generate; what the context leaves is a limit too.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Tokens that end the completion; they are part of its ids and not of its text.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Texts that end the completion before themselves, in the thought or in the answer, also across tokens.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>What the first generated token may be; empty for any.</summary>
    public int[] AllowedFirstTokens { get; init; } = [];

    /// <summary>Null for none; else log-probs of the generated tokens and of this many most probable ones.</summary>
    public int? LogProbs { get; init; }

    /// <summary>Whether <see cref="LogProbs"/> are wanted of the tokens outside thoughts alone.</summary>
    public bool LogProbsOfAnswer { get; init; }

    /// <summary>The tags of a thought; null where the model has none.</summary>
    public ThoughtTokens? Thought { get; init; }

    /// <summary>Whether the prompt opened a thought: true, and left it open; false, and closed it; null, not at all.</summary>
    public bool? ThoughtOpen { get; init; }

    /// <summary>A cap on the thought; where the model has no <see cref="Thought"/>, on all that it writes before the stub.</summary>
    public ThinkingBudget? Budget { get; init; }

    /// <summary>Checks the request against the model that shall answer it.</summary>
    /// <param name="vocabulary">Ids are below this.</param>
    /// <param name="context">Tokens that the model can read and write together.</param>
    /// <exception cref="ArgumentException">
    /// Names every fault. A prompt that does not fit has its length in <see cref="Exception.Data"/> under <c>prompt_tokens</c> and the
    /// context
    /// under <c>context_tokens</c>.
    /// </exception>
    public void Validate(int vocabulary, int context)
    {
        Sampling.Validate();
        List<string> faults = [];
        Check(Prompt.Length > 0, "Prompt is empty; the model needs a token to go on from.");
        Check(MaxTokens >= 1, FormattableString.Invariant($"MaxTokens is {MaxTokens}; at least 1 is needed."));
        Check(StopStrings.All(text => text.Length > 0), "A stop string is empty; leave it out.");
        Check(LogProbs is null or >= 0, FormattableString.Invariant($"LogProbs is {LogProbs}; it is 0 or above."));
        Check(
            LogProbs is null || LogProbs <= vocabulary,
            FormattableString.Invariant($"LogProbs is {LogProbs}; the model has {vocabulary} tokens.")
        );
        Check(Budget is null || Budget.Cap >= 0, FormattableString.Invariant($"The thinking budget is {Budget?.Cap}; it is 0 or above."));
        foreach (
            (string name, IEnumerable<int> ids) in new (string, IEnumerable<int>)[]
            {
                (nameof(Prompt), Prompt),
                (nameof(AllowedFirstTokens), AllowedFirstTokens),
                ("Budget.Stub", Budget?.Stub ?? []),
                ("Budget.Choices", Budget?.Choices ?? []),
            }
        )
        {
            int wrong = ids.FirstOrDefault(id => id < 0 || id >= vocabulary);
            Check(wrong == 0, FormattableString.Invariant($"{name} holds the token {wrong}; the model has 0 to {vocabulary - 1}."));
        }

        if (faults.Count > 0)
        {
            throw new ArgumentException(string.Join(" ", faults));
        }

        if (Prompt.Length >= context)
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"The prompt has {Prompt.Length} tokens; the model's context is {context}, the completion included. Shorten the prompt."
                )
            )
            {
                Data = { [ChatKeys.PromptTokens] = Prompt.Length, [ChatKeys.ContextTokens] = context },
            };
        }

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
