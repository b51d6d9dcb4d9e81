namespace RewardReasoning.Lab.Arithmetic;

/// <summary>What a miniature world of arithmetic consists of.</summary>
internal sealed record ArithmeticWorldRecipe
{
    /// <summary>Folder for the files.</summary>
    public required string Out { get; init; }

    /// <summary>JSONL of real expressions, <c>expr</c> each; one in ten is held out by its hash.</summary>
    public required string Expressions { get; init; }

    /// <summary>Judge template that documents and pairs are shown with.</summary>
    public required string JudgePrompt { get; init; }

    /// <summary>Supervised documents for the base model.</summary>
    public required int Documents { get; init; }

    /// <summary>Their kinds. Judge documents hold solutions too: within the judge's prompt is where a judge must solve.</summary>
    public DocumentMix Mix { get; init; } = new(0.50, 0.35, 0.15);

    /// <summary>Whether solutions call the calculator (docs/judging.md) in place of being worked out in columns.</summary>
    public bool Calculator { get; init; }

    /// <summary>Pairs to train judges on.</summary>
    public required int Pairs { get; init; }

    /// <summary>Held-out pairs of five and six operations, which are rare among real ones.</summary>
    public int LongPairs { get; init; }

    /// <summary>Questions without answers, to train policies on.</summary>
    public int Questions { get; init; }

    /// <summary>Seed of everything.</summary>
    public ulong Seed { get; init; } = 42;
}
