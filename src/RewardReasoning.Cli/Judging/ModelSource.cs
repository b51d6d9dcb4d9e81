using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Models.ChatTemplates;

namespace RewardReasoning.Cli.Judging;

/// <summary>A model that was named and not opened yet.</summary>
internal abstract record ModelSource
{
    /// <summary>What the model brings for the judge; nothing for one on a server.</summary>
    public abstract JudgeFiles Files();

    /// <summary>What the model reads for these messages, and its length in tokens; null where only the server knows.</summary>
    public abstract (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages);

    /// <summary>How many requests in flight use the model well.</summary>
    public abstract int Concurrency { get; }

    /// <summary>A client of the model without a store (<see cref="JudgingArguments.OpenAsync"/> is for what judges); the caller disposes it.</summary>
    public abstract IChatClient Open();
}

/// <summary>A model behind an OpenAI-compatible server.</summary>
internal sealed record EndpointSource(EndpointOptions Options) : ModelSource
{
    public override int Concurrency => new JudgeOptions().Concurrency;

    public override JudgeFiles Files() => new();

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages) => null;

    public override IChatClient Open() => new EndpointChatClient(Options);
}

/// <summary>A model folder, run in this process.</summary>
internal sealed record FolderSource(string Folder, LocalModelOptions Options) : ModelSource
{
    /// <summary>Two full batches of a small model: while one request ends, others stand ready to take its place.</summary>
    public override int Concurrency => 512;

    public override JudgeFiles Files() => JudgeFiles.Read(Folder);

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages)
    {
        ChatMessageText[] texts = [.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))];
        RenderedPrompt prompt = ChatTokenizer.Load(Folder).Render(texts, new ChatRenderOptions { AddGenerationPrompt = true });
        return (prompt.Text, prompt.Ids.Length);
    }

    public override IChatClient Open() => LocalChatClient.Load(Folder, Options);
}
