using System.Globalization;
using Microsoft.Extensions.AI;
using RewardReasoning.Models.Generation;
using RewardReasoning.Text;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Models;

/// <summary>Turns a chat and its options into a request to the engine.</summary>
internal static class ChatRequest
{
    /// <param name="model">The model that is to answer.</param>
    /// <param name="messages">The chat.</param>
    /// <param name="options">What the caller asks for.</param>
    /// <param name="fallbackSeed">Used where the options have no seed.</param>
    public static GenerationRequest Of(IChatModel model, IEnumerable<ChatMessage> messages, ChatOptions options, ulong fallbackSeed)
    {
        Refuse(options.Tools is { Count: > 0 }, "Tools");
        Refuse(options.ResponseFormat is ChatResponseFormatJson, "A JSON response format");
        Refuse(options.FrequencyPenalty is not (null or 0), "FrequencyPenalty");
        Refuse(options.PresencePenalty is not (null or 0), "PresencePenalty");
        ChatPrompt prompt = Render(model, messages, options);
        GenerationDefaults defaults = model.Defaults;
        return new GenerationRequest
        {
            Prompt = prompt.Ids,
            MaxTokens = options.MaxOutputTokens ?? model.ContextLength,
            Sampling = new SamplingOptions
            {
                Temperature = options.Temperature ?? defaults.Temperature,
                TopK = options.TopK ?? defaults.TopK,
                TopP = options.TopP ?? defaults.TopP,
                MinP = Number(options, ChatOptionKeys.MinP) is { } minP ? (float)minP : defaults.MinP,
                RepetitionPenalty = defaults.RepetitionPenalty,
                Seed = options.Seed is { } seed ? unchecked((ulong)seed) : fallbackSeed,
            },
            EndTokens = model.EndTokens,
            StopStrings = [.. options.StopSequences ?? []],
            AllowedFirstTokens = FirstTokens(model.Chat.Tokenizer, options, ChatOptionKeys.AllowedNextTokens),
            LogProbs = (int?)Number(options, ChatOptionKeys.LogProbs),
            LogProbsOfAnswer = Flag(options, ChatOptionKeys.LogProbsOfAnswer),
            Tags = model.Tags,
            ReasoningOpen = prompt.ReasoningOpen,
            Budget = Budget(model, options),
            Calculator = Flag(options, ChatOptionKeys.Calculator),
        };
    }

    private static ChatPrompt Render(IChatModel model, IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        try
        {
            return ChatPrompt.Render(
                model.Chat,
                messages,
                options.Instructions,
                Text(options, ChatOptionKeys.Prefill),
                model.TemplateVariables
            );
        }
        catch (ChatTemplateException refusal)
        {
            throw new PromptException($"The model's chat template refuses these messages: {refusal.Message}", refusal);
        }
    }

    private static ThinkingBudget? Budget(IChatModel model, ChatOptions options)
    {
        if (Number(options, ChatOptionKeys.ThinkingBudget) is not { } cap)
        {
            return null;
        }

        string stub =
            Text(options, ChatOptionKeys.ThinkingStub)
            ?? throw new ArgumentException(
                $"The option {ChatOptionKeys.ThinkingBudget} is given without {ChatOptionKeys.ThinkingStub}, the text that closes the "
                    + "reasoning."
            );
        return new ThinkingBudget
        {
            Cap = (int)cap,
            Stub = model.Chat.Tokenizer.Encode(model.Tags is null ? AfterReasoning(stub) : stub),
            Choices = FirstTokens(model.Chat.Tokenizer, options, ChatOptionKeys.ThinkingStubChoices),
        };
    }

    /// <summary>Where the model has no tags there is nothing to close.</summary>
    private static string AfterReasoning(string stub) =>
        stub.LastIndexOf(ReasoningTags.CloseText, StringComparison.Ordinal) is >= 0 and var tag
            ? stub[(tag + ReasoningTags.CloseText.Length)..]
            : stub;

    private static int[] FirstTokens(Tokenizer tokenizer, ChatOptions options, string key)
    {
        if (Value(options, key) is not { } value)
        {
            return [];
        }

        string[] texts = value is IEnumerable<string> many ? [.. many] : throw Wrong(key, value, "a list of strings");
        Dictionary<int, string> textOf = [];
        foreach (string text in texts)
        {
            int first =
                text.Length > 0
                    ? tokenizer.EncodePlain(text)[0]
                    : throw new ArgumentException($"The option {key} holds an empty text; no token begins it.");
            if (!textOf.TryAdd(first, text))
            {
                throw new ArgumentException(
                    $"The option {key} holds \"{textOf[first]}\" and \"{text}\", which begin with the same token; one token cannot "
                        + "distinguish them."
                );
            }
        }

        return textOf.Count > 0
            ? [.. textOf.Keys]
            : throw new ArgumentException($"The option {key} is empty; leave it out to allow every token.");
    }

    private static object? Value(ChatOptions options, string key) =>
        options.AdditionalProperties is { } properties && properties.TryGetValue(key, out object? value) ? value : null;

    private static string? Text(ChatOptions options, string key) =>
        Value(options, key) switch
        {
            null => null,
            string text => text,
            object value => throw Wrong(key, value, "a string"),
        };

    private static double? Number(ChatOptions options, string key) =>
        Value(options, key) switch
        {
            null => null,
            object value and (int or long or float or double or decimal) => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            object value => throw Wrong(key, value, "a number"),
        };

    private static bool Flag(ChatOptions options, string key) =>
        Value(options, key) switch
        {
            null => false,
            bool flag => flag,
            object value => throw Wrong(key, value, "true or false"),
        };

    private static ArgumentException Wrong(string key, object value, string kind) =>
        new($"The option {key} is a {value.GetType().Name}; it must be {kind}.");

    private static void Refuse(bool asked, string what)
    {
        if (asked)
        {
            throw new NotSupportedException($"{what} is asked for; a local model does not have it. Leave it out.");
        }
    }
}
