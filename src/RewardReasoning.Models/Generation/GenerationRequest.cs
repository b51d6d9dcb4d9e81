namespace RewardReasoning.Models.Generation;

/// <summary>A prompt and how to continue it.</summary>
internal sealed record GenerationRequest
{
    /// <summary>What the model reads; at least one token.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>Most tokens to generate; what the context leaves is a limit too.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Tokens that end the completion; they are part of its ids and not of its text.</summary>
    public IReadOnlyList<int> EndTokens { get; init; } = [];

    /// <summary>Texts that end the completion, in reasoning or answer, also across tokens; they are cut off.</summary>
    public IReadOnlyList<string> StopStrings { get; init; } = [];

    /// <summary>What the first generated token may be; empty for any.</summary>
    public int[] AllowedFirstTokens { get; init; } = [];

    /// <summary>Log-probs of the generated tokens and of this many most probable ones at each place; null for none.</summary>
    public int? LogProbs { get; init; }

    /// <summary>Whether <see cref="LogProbs"/> cover only the tokens outside the reasoning.</summary>
    public bool LogProbsOfAnswer { get; init; }

    /// <summary>The tags around reasoning; null where the model has none.</summary>
    public ReasoningTags? Tags { get; init; }

    /// <summary>true: the prompt leaves reasoning open; false: it opens and closes it; null: it has none.</summary>
    public bool? ReasoningOpen { get; init; }

    /// <summary>A cap on the reasoning; where the model has no <see cref="Tags"/>, on all that it writes before the stub.</summary>
    public ThinkingBudget? Budget { get; init; }

    /// <summary>Whether values are written behind calls of the calculator (<see cref="ChatOptionKeys.Calculator"/>).</summary>
    public bool Calculator { get; init; }

    /// <summary>Checks the request against the model that is to answer it.</summary>
    /// <param name="vocabulary">Ids are below this.</param>
    /// <param name="context">Tokens that the model can read and write together.</param>
    /// <exception cref="ArgumentException">
    /// Names every fault. For a prompt that does not fit, <see cref="Exception.Data"/> has its length under <c>prompt_tokens</c> and the
    /// context's under <c>context_tokens</c>.
    /// </exception>
    public void Validate(int vocabulary, int context)
    {
        Sampling.Validate();
        List<string> faults = [];
        Check(Prompt.Length > 0, "Prompt is empty; it needs at least one token.");
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

        if (Array.Find(Prompt, id => id < 0 || id >= vocabulary) is not 0 and var unknown)
        {
            throw new PromptException(
                FormattableString.Invariant(
                    $"The prompt has the token {unknown}, and the model has embeddings for 0 to {vocabulary - 1} only; resize its "
                ) + "embeddings to the tokenizer, or take the tokenizer that belongs to it."
            );
        }

        if (Prompt.Length >= context)
        {
            throw new ArgumentException(
                FormattableString.Invariant(
                    $"The prompt has {Prompt.Length} tokens; the model's context is {context}, the completion included. Shorten the prompt."
                )
            )
            {
                Data = { [ChatResponseKeys.PromptTokens] = Prompt.Length, [ChatResponseKeys.ContextTokens] = context },
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
