using RewardReasoning.Models.Generation;
using RewardReasoning.Text.ChatTemplates;

namespace RewardReasoning.Models;

/// <summary>What a chat client needs to know of a model in this process, whichever engine runs it.</summary>
internal interface IChatModel
{
    /// <summary>For people.</summary>
    string Name { get; }

    /// <summary>A name for what it computes.</summary>
    string Identity { get; }

    /// <summary>Tokenizer and chat template.</summary>
    ChatTokenizer Chat { get; }

    /// <summary>Tokens that end a completion.</summary>
    IReadOnlyList<int> EndTokens { get; }

    /// <summary>The tags around reasoning, where the tokenizer has them as tokens.</summary>
    ReasoningTags? Tags { get; }

    /// <summary>Longest prompt and completion together, in tokens.</summary>
    int ContextLength { get; }

    /// <summary>How it is sampled where a request does not say.</summary>
    GenerationDefaults Defaults { get; }

    /// <summary>Variables of the chat template.</summary>
    IReadOnlyDictionary<string, object?> TemplateVariables { get; }
}
