using Microsoft.Extensions.AI;
using RewardReasoning.Models.Decoder;
using RewardReasoning.Recipes;
using RewardReasoning.Text.ChatTemplates;

namespace RewardReasoning.Training.Runs;

/// <summary>Token ids of conversations, their texts taken as untrusted.</summary>
internal static class ConversationIds
{
    private static readonly ChatRenderOptions AssistantBegins = new() { AddGenerationPrompt = true };

    private static readonly ChatRenderOptions Whole = new();

    /// <summary>Ids of the messages and the generation prompt.</summary>
    public static int[] Of(ChatTokenizer chat, IEnumerable<ChatMessage> messages) => chat.Render(Texts(messages), AssistantBegins).Ids;

    /// <summary>Ids of a conversation that the assistant has answered.</summary>
    public static int[] OfWhole(ChatTokenizer chat, IEnumerable<ChatMessage> messages, string response) =>
        chat.Render([.. Texts(messages), new ChatMessageText(ChatRole.Assistant.Value, response)], Whole).Ids;

    /// <summary>The token that ends the assistant's turn.</summary>
    /// <exception cref="RecipeException">The model names none.</exception>
    public static int EndOfTurn(DecoderConfig config, string folder)
    {
        _ = EndsOfTurn(config.EosTokenIds, folder);
        return config.EosTokenIds[0];
    }

    /// <summary>All tokens that end a turn.</summary>
    /// <exception cref="RecipeException">The model names none.</exception>
    public static HashSet<int> EndsOfTurn(IReadOnlyList<int> named, string folder) =>
        named.Count > 0
            ? named.ToHashSet()
            : throw new RecipeException(
                $"{folder} names no end-of-turn token; set eos_token_id in its config.json or generation_config.json."
            );

    private static ChatMessageText[] Texts(IEnumerable<ChatMessage> messages) =>
        [.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))];
}
