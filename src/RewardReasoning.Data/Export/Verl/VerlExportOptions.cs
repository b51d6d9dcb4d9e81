using RewardReasoning.Judging;
using RewardReasoning.Recipes;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>What a judge is trained on with verl, and on which machines.</summary>
internal sealed record VerlExportOptions : ICheckedOptions
{
    /// <summary>What the judge reads.</summary>
    /// <value>The built-in template.</value>
    public JudgePrompt Prompt { get; init; } = JudgePrompt.Default;

    /// <summary>The model that training begins with: a name on the Hugging Face hub, or a folder.</summary>
    /// <value>deepseek-ai/DeepSeek-R1-Distill-Qwen-7B, with which the 7B model of the paper began.</value>
    public string Model { get; init; } = "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B";

    /// <summary>GPUs of each machine.</summary>
    /// <value>8, at least 1.</value>
    public int Gpus { get; init; } = 8;

    /// <summary>Machines.</summary>
    /// <value>1, at least 1.</value>
    public int Nodes { get; init; } = 1;

    /// <summary>Share of the queries whose pairs are kept for testing.</summary>
    /// <value>0.02, 0 or more and below 1.</value>
    public double TestShare { get; init; } = 0.02;

    /// <summary>Whether every pair is written in both orders.</summary>
    /// <value>false: one order, from a hash of the pair.</value>
    public bool BothOrders { get; init; }

    /// <summary>The most tokens of a prompt; verl leaves longer ones out.</summary>
    /// <value>8192, at least 1.</value>
    public int MaxPromptTokens { get; init; } = 8192;

    /// <summary>The most tokens of a completion.</summary>
    /// <value>8192, at least 1.</value>
    public int MaxResponseTokens { get; init; } = 8192;

    /// <summary>Checks all values.</summary>
    /// <exception cref="ArgumentException">At least one cannot be used; the message lists every fault, a line each.</exception>
    public void Validate() => OptionsCheck.ThrowIfInvalid(this);

    /// <inheritdoc/>
    IEnumerable<string> ICheckedOptions.Faults(OptionNames names)
    {
        ArgumentNullException.ThrowIfNull(names);
        List<string> faults = [];
        Check(
            !string.IsNullOrWhiteSpace(Model) && !Model.Any(char.IsControl),
            $"{names[nameof(Model)]} is empty or holds a line break; it is a name on the hub or a folder."
        );
        Check(Gpus >= 1, $"{names[nameof(Gpus)]} is {Gpus}; at least 1 is needed.");
        Check(Nodes >= 1, $"{names[nameof(Nodes)]} is {Nodes}; at least 1 is needed.");
        Check(
            TestShare is >= 0 and < 1,
            FormattableString.Invariant($"{names[nameof(TestShare)]} is {TestShare}; it is 0 or more and below 1.")
        );
        Check(MaxPromptTokens >= 1, $"{names[nameof(MaxPromptTokens)]} is {MaxPromptTokens}; at least 1 is needed.");
        Check(MaxResponseTokens >= 1, $"{names[nameof(MaxResponseTokens)]} is {MaxResponseTokens}; at least 1 is needed.");
        return faults;

        void Check(bool holds, string fault)
        {
            if (!holds)
            {
                faults.Add(fault);
            }
        }
    }
}
