using System.Text.Json;

namespace RewardReasoning.Text.ChatTemplates;

/// <summary>What is asked of a chat template beside the messages.</summary>
public sealed record ChatRenderOptions
{
    /// <summary>Ends the prompt where the assistant's next turn begins.</summary>
    public bool AddGenerationPrompt { get; init; }

    /// <summary>Ends the prompt within the final message, so that the model continues it: the way to prefill an answer.</summary>
    public bool ContinueFinalMessage { get; init; }

    /// <summary>Descriptions of tools, a JSON array, or null.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>
    /// Further variables of the template, such as <c>enable_thinking</c>: null, Boolean, number, string or JSON. They count as
    /// trusted: control tokens in them are control tokens.
    /// </summary>
    public IReadOnlyDictionary<string, object?> Variables { get; init; } = new Dictionary<string, object?>();

    /// <summary>
    /// Keeps message properties that are null. Otherwise they are left out before rendering, as transformers does since version 5.
    /// </summary>
    public bool KeepNulls { get; init; }

    /// <summary>Tells templates the date (<c>strftime_now</c>).</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Checks the options as a whole.</summary>
    /// <exception cref="ArgumentException">The prompt can end in the assistant's next turn or in the final message, not in
    /// both.</exception>
    public void Validate()
    {
        if (AddGenerationPrompt && ContinueFinalMessage)
        {
            throw new ArgumentException(
                "AddGenerationPrompt and ContinueFinalMessage are both set; a prompt ends where the next turn begins or within the final "
                    + "message. Set one."
            );
        }
    }
}
