namespace RewardReasoning.Text.ChatTemplates;

/// <summary>A conversation as the model reads it.</summary>
/// <param name="Text">The text that the template renders, exactly as transformers does.</param>
/// <param name="Ids">
/// Its token ids. Control tokens of the template count; what looks like one inside a message is ordinary text, but for
/// <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c> in assistant turns.
/// </param>
public sealed record RenderedPrompt(string Text, int[] Ids);
