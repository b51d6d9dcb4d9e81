using System.ComponentModel.DataAnnotations;

namespace RewardReasoning.Lab.Words;

/// <summary>What a world of short texts consists of: word problems, and instructions that a program can check.</summary>
internal sealed record TextWorldRecipe
{
    /// <summary>Folder for the files.</summary>
    public required string Out { get; init; }

    /// <summary>Files of word problems to train on; one question in seven is held out, with any numbers.</summary>
    public required IReadOnlyList<string> Questions { get; init; }

    /// <summary>Files of word problems that are only measured.</summary>
    public IReadOnlyList<string> Measured { get; init; } = [];

    /// <summary>Families of instructions that are only measured.</summary>
    public IReadOnlyList<string> HeldOutFamilies { get; init; } = [];

    /// <summary>Judge template that documents and pairs are shown with.</summary>
    public required string JudgePrompt { get; init; }

    /// <summary>Supervised documents for the base model.</summary>
    public required int Documents { get; init; }

    /// <summary>How the documents are shared out among solving, judging with a verdict by chance, and quoting.</summary>
    public TextMix Mix { get; init; } = new(0.3, 0.4, 0.3);

    /// <summary>Pairs to train judges on.</summary>
    public required int Pairs { get; init; }

    /// <summary>Share of word problems; the rest are instructions.</summary>
    [Range(0.0, 1.0)]
    public double Problems { get; init; } = 0.65;

    /// <summary>Share of word problems that get new numbers.</summary>
    [Range(0.0, 1.0)]
    public double Renumbered { get; init; } = 0.75;

    /// <summary>Held-out pairs of each family of instructions.</summary>
    public int HeldOutPerFamily { get; init; } = 30;

    /// <summary>Seed of everything.</summary>
    public ulong Seed { get; init; } = 42;
}

/// <summary>How often each kind of document is drawn.</summary>
/// <param name="Solve">Worked solutions.</param>
/// <param name="Judge">Comparisons with a verdict by chance.</param>
/// <param name="Quote">Who said something.</param>
internal sealed record TextMix(double Solve, double Judge, double Quote);
