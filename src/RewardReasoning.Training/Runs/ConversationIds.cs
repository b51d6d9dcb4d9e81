using Microsoft.Extensions.AI;
using RewardReasoning.Models.ChatTemplates;

namespace RewardReasoning.Training.Runs;

/// <summary>Token ids of a conversation up to where the assistant begins, its texts taken as untrusted.</summary>
internal static class ConversationIds
{
    private static readonly ChatRenderOptions AssistantBegins = new() { AddGenerationPrompt = true };

    /// <summary>Ids of the messages and the generation prompt.</summary>
    public static int[] Of(ChatTokenizer chat, IEnumerable<ChatMessage> messages) =>
        chat.Render([.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))], AssistantBegins).Ids;
}
