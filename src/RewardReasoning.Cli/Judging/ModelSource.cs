using Microsoft.Extensions.AI;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.Models;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Training.RewardModels;

namespace RewardReasoning.Cli.Judging;

/// <summary>A model that was named and not opened yet.</summary>
internal abstract record ModelSource
{
    /// <summary>What the model brings for the judge.</summary>
    public abstract JudgeFiles Files();

    /// <summary>What the model reads for these messages, and its length in tokens; null where only the server knows.</summary>
    public abstract (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages);

    /// <summary>What its tokens cost, where that is known.</summary>
    public virtual TokenPrices? Prices => null;

    /// <summary>How many requests are in flight where so many are asked for, or where null leaves it to the model.</summary>
    public abstract int ConcurrencyOf(int? asked);

    /// <summary>
    /// A client of the model without a store (<see cref="JudgingArguments.OpenAsync"/> is for what judges); the caller disposes it.
    /// </summary>
    /// <param name="concurrency">What was asked for as the requests in flight.</param>
    public abstract IChatClient Open(int? concurrency = null);
}

/// <summary>A model behind one or several OpenAI-compatible servers.</summary>
internal sealed record EndpointSource(EndpointOptions Options, TokenPrices? ModelPrices, JudgeFiles Judging) : ModelSource
{
    private static readonly int EachServer = new JudgeOptions().Concurrency;

    public override TokenPrices? Prices => ModelPrices;

    public override int ConcurrencyOf(int? asked) => (asked ?? EachServer) * Options.Urls.Count();

    public override JudgeFiles Files() => Judging;

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages) => null;

    public override IChatClient Open(int? concurrency = null) =>
        new EndpointChatClient(Options with { Concurrency = concurrency ?? EachServer });
}

/// <summary>A model folder, run in this process.</summary>
internal sealed record FolderSource(string Folder, LocalModelOptions Options) : ModelSource
{
    /// <summary>Two full batches of a small model: while one request ends, others stand ready to take its place.</summary>
    private const int TwoBatches = 512;

    /// <summary>A scalar reward model scores one response at a time: while it does, the next is made ready.</summary>
    private const int OneAndTheNext = 2;

    public override int ConcurrencyOf(int? asked) => asked ?? (IsScalar ? OneAndTheNext : TwoBatches);

    public override JudgeFiles Files() => JudgeFiles.Read(Folder);

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages)
    {
        ChatMessageText[] texts = [.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))];
        RenderedPrompt prompt = ChatTokenizer.Load(Folder).Render(texts, new ChatRenderOptions { AddGenerationPrompt = true });
        return (prompt.Text, prompt.Ids.Length);
    }

    public override IChatClient Open(int? concurrency = null) => LocalChatClient.Load(Folder, Options);

    /// <summary>Whether it is a scalar reward model, which scores and does not think.</summary>
    public bool IsScalar => ScalarJudge.Handles(Folder);

    /// <summary>A scalar reward model as a judge; the caller disposes it.</summary>
    public ScalarJudge OpenScalar() => ScalarJudge.Load(Folder, Options);
}
