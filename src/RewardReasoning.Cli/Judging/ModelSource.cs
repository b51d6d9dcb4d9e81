using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Endpoints;
using RewardReasoning.Judging;
using RewardReasoning.LlamaCpp;
using RewardReasoning.Models;
using RewardReasoning.Models.Generation;
using RewardReasoning.Models.Gguf;
using RewardReasoning.Text.ChatTemplates;

namespace RewardReasoning.Cli.Judging;

/// <summary>A model that was named and not opened yet.</summary>
internal abstract record ModelSource
{
    /// <summary>For people, and for those who ask a server for it.</summary>
    public abstract string Name { get; }

    /// <summary>Whether it runs in this process.</summary>
    public virtual bool RunsHere => false;

    /// <summary>What the model brings for the judge.</summary>
    public abstract JudgeFiles Files();

    /// <summary>What the model reads for these messages, and its length in tokens; null where only the server knows.</summary>
    public abstract (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages);

    /// <summary>What its tokens cost, where that is known.</summary>
    public virtual TokenPrices? Prices => null;

    /// <summary>
    /// A client of the model without a store (<see cref="JudgingArguments.OpenAsync"/> is for what judges); the caller disposes it.
    /// </summary>
    /// <param name="concurrency">What was asked for as the requests in flight.</param>
    public abstract IChatClient Open(int? concurrency = null);

    /// <summary>What a model in this process reads.</summary>
    protected static (string Text, int Tokens) Render(
        ChatTokenizer chat,
        IReadOnlyList<ChatMessage> messages,
        IReadOnlyDictionary<string, object?> variables
    )
    {
        ChatMessageText[] texts = [.. messages.Select(message => new ChatMessageText(message.Role.Value, message.Text))];
        RenderedPrompt prompt = chat.Render(texts, new ChatRenderOptions { AddGenerationPrompt = true, Variables = variables });
        return (prompt.Text, prompt.Ids.Length);
    }
}

/// <summary>A model behind one or several OpenAI-compatible servers.</summary>
internal sealed record EndpointSource(EndpointOptions Options, TokenPrices? ModelPrices, JudgeFiles Judging) : ModelSource
{
    /// <summary>Whether it is a scalar reward model, which scores and does not reason.</summary>
    public bool IsRewardModel { get; init; }

    public override string Name => Options.Model;

    public override TokenPrices? Prices => ModelPrices;

    public override JudgeFiles Files() => Judging;

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages) => null;

    public override IChatClient Open(int? concurrency = null) =>
        ClientOf(Options with { Concurrency = concurrency ?? JudgeOptions.DefaultConcurrency });

    /// <exception cref="UsageException">The key that was named is not there.</exception>
    private static EndpointChatClient ClientOf(EndpointOptions options)
    {
        try
        {
            return new EndpointChatClient(options);
        }
        catch (ArgumentException fault)
        {
            throw new UsageException(fault.Message, fault);
        }
    }
}

/// <summary>A GGUF file, run in this process by llama.cpp.</summary>
internal sealed record GgufSource(string File, LocalModelOptions Options) : ModelSource
{
    public override string Name => Path.GetFileNameWithoutExtension(File);

    public override bool RunsHere => true;

    public override JudgeFiles Files() => GgufJudgeFiles.Read(GgufFile.Open(File));

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages) =>
        Render(GgufTokenizer.ReadChat(GgufFile.Open(File)), messages, Options.TemplateVariables);

    public override IChatClient Open(int? concurrency = null) => GgufChatClient.Load(File, Options);
}

/// <summary>A model folder, run in this process.</summary>
internal sealed record FolderSource(string Folder, LocalModelOptions Options) : ModelSource
{
    /// <summary>Whether equal seeds give the same text whatever else runs; see <see cref="EngineOptions.Deterministic"/>.</summary>
    public bool Deterministic { get; init; }

    public override string Name => Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(Folder)));

    public override bool RunsHere => true;

    public override JudgeFiles Files() => JudgeFiles.Read(Folder);

    public override (string Text, int Tokens)? Render(IReadOnlyList<ChatMessage> messages) =>
        Render(ChatTokenizer.Load(Folder), messages, Options.TemplateVariables);

    public override IChatClient Open(int? concurrency = null) =>
        OnDevice(() => LocalChatClient.Load(Folder, Options, new EngineOptions { Deterministic = Deterministic }));

    /// <summary>Opens the folder's scalar reward model as a judge.</summary>
    public OpenedJudge OpenScalar(JudgeOptions options) =>
        OnDevice(() => LocalJudge.Open(Folder, options, new LocalJudgeOptions { Model = Options, Files = new JudgeFiles() }));

    /// <summary>Whether it is a scalar reward model, which scores and does not think.</summary>
    public bool IsScalar => ScalarJudge.Handles(Folder);

    /// <exception cref="UsageException">There is no such device here, or the model cannot be run as was asked.</exception>
    private T OnDevice<T>(Func<T> load)
    {
        try
        {
            return load();
        }
        catch (ArgumentException fault) when (Deterministic || Options.EightBitWeights || Options.Device != new LocalModelOptions().Device)
        {
            throw new UsageException(fault.Message, fault);
        }
    }
}
