using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Chat;

/// <summary>Translates the fields of a request for the chat client, and refuses what cannot be honoured.</summary>
internal sealed class ChatRequestReader(string model, IReadOnlySet<string> supported)
{
    private const int MostCompletions = 128;
    private const int MostTopLogProbs = 20;
    private const string DefaultStub = $"\n{ReasoningText.CloseTag}\n\n";

    /// <exception cref="ApiException">The request cannot be honoured; names the field.</exception>
    public ChatCall Read(ChatRequestWire request)
    {
        RequireModel(request.Model);
        RefuseWhatWouldBeLost(request);
        int completions = request.N ?? 1;
        if (completions is < 1 or > MostCompletions)
        {
            throw ApiException.BadField("n", $"n is {completions}; it is 1 to {MostCompletions}.");
        }

        List<ChatMessage> messages = Messages(request.Messages);
        ChatOptions options = new()
        {
            Temperature = request.Temperature,
            TopP = request.TopP,
            TopK = request.TopK is { } topK ? Math.Max(topK, 0) : null, // -1 is vLLM's word for all tokens, 0 ours
            Seed = request.Seed,
            MaxOutputTokens = request.MaxCompletionTokens ?? request.MaxTokens,
            StopSequences = Stops(request.Stop),
            AdditionalProperties = [],
        };
        Set(options, ChatOptionKeys.MinP, request.MinP, "min_p");
        Set(options, ChatOptionKeys.LogProbs, LogProbs(request), "logprobs");
        Set(options, ChatOptionKeys.Prefill, Prefill(request, messages), "continue_final_message");
        SetBudget(options, request);
        IReadOnlyList<string>? choices = Choices(request.StructuredOutputs);
        if (choices is not null)
        {
            Set(options, ChatOptionKeys.AllowedNextTokens, choices.ToArray(), "structured_outputs");
            options.MaxOutputTokens = 1; // the first token identifies the choice
        }

        return new()
        {
            Messages = messages,
            Options = options,
            Completions = completions,
            Streams = request.Stream == true,
            StreamsUsage = request.StreamOptions?.IncludeUsage == true,
            Choices = choices,
        };
    }

    private void RequireModel(string? asked)
    {
        if (string.IsNullOrEmpty(asked))
        {
            throw ApiException.BadField("model", $"The field model is missing; this server serves \"{model}\".");
        }

        if (asked != model)
        {
            throw new ApiException(
                StatusCodes.Status404NotFound,
                $"The model that is asked for does not exist here; this server serves \"{model}\".",
                "model_not_found",
                "model"
            );
        }
    }

    private static void RefuseWhatWouldBeLost(ChatRequestWire request)
    {
        Refuse(HasContent(request.Tools), "tools", "Tools are not supported.");
        Refuse(HasContent(request.Functions), "functions", "Functions are not supported.");
        Refuse(HasContent(request.LogitBias), "logit_bias", "A bias of tokens is not supported.");
        Refuse(request.PresencePenalty is not (null or 0), "presence_penalty", "Penalties are not supported.");
        Refuse(request.FrequencyPenalty is not (null or 0), "frequency_penalty", "Penalties are not supported.");
        Refuse(request.RepetitionPenalty is not (null or 1), "repetition_penalty", "Penalties are not supported.");
        Refuse(
            HasContent(request.ChatTemplateKwargs),
            "chat_template_kwargs",
            "Settings of the chat template are not supported; thinking_token_budget limits the reasoning, 0 turns it off."
        );
        Refuse(
            request.ResponseFormat is { } format
                && !(
                    format.ValueKind == JsonValueKind.Object
                    && format.TryGetProperty("type", out JsonElement type)
                    && type.ValueKind == JsonValueKind.String
                    && type.ValueEquals("text")
                )
                && format.ValueKind != JsonValueKind.Null,
            "response_format",
            "Only text is supported as a response format; structured_outputs with choice restricts the answer to some texts."
        );

        static void Refuse(bool asked, string field, string why)
        {
            if (asked)
            {
                throw ApiException.BadField(field, $"{why} Leave {field} out.");
            }
        }

        static bool HasContent(JsonElement? element) =>
            element is { } value
            && value.ValueKind switch
            {
                JsonValueKind.Null => false,
                JsonValueKind.Array => value.GetArrayLength() > 0,
                JsonValueKind.Object => value.EnumerateObject().Any(),
                _ => true,
            };
    }

    private static List<ChatMessage> Messages(IReadOnlyList<MessageWire?>? messages)
    {
        if (messages is not { Count: > 0 })
        {
            throw ApiException.BadField("messages", "The field messages is missing or empty; at least one message is needed.");
        }

        return [.. messages.Select((message, index) => Message(message, $"messages[{index}]"))];
    }

    private static ChatMessage Message(MessageWire? message, string field)
    {
        ChatRole role = message?.Role switch
        {
            "system" or "developer" => ChatRole.System,
            "user" => ChatRole.User,
            "assistant" => ChatRole.Assistant,
            _ => throw ApiException.BadField($"{field}.role", "A message's role is system, developer, user or assistant."),
        };
        List<AIContent> contents = [];
        if ((message.Reasoning ?? message.ReasoningContent) is { Length: > 0 } reasoning)
        {
            contents.Add(new TextReasoningContent(reasoning));
        }

        contents.Add(new TextContent(TextOf(message.Content, role, $"{field}.content")));
        return new(role, contents);
    }

    private static string TextOf(JsonElement? content, ChatRole role, string field) =>
        content switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString() ?? "",
            { ValueKind: JsonValueKind.Array } parts => string.Concat(
                parts.EnumerateArray().Select((part, index) => PartText(part, $"{field}[{index}]"))
            ),
            null or { ValueKind: JsonValueKind.Null } when role == ChatRole.Assistant => "",
            _ => throw ApiException.BadField(field, "A message's content is a string or a list of text parts."),
        };

    private static string PartText(JsonElement part, string field) =>
        part.ValueKind == JsonValueKind.Object
        && part.TryGetProperty("type", out JsonElement type)
        && type.ValueKind == JsonValueKind.String
        && type.ValueEquals("text")
        && part.TryGetProperty("text", out JsonElement text)
        && text.ValueKind == JsonValueKind.String
            ? text.GetString() ?? ""
            : throw ApiException.BadField(field, "This model reads text alone: a part is {\"type\": \"text\", \"text\": …}.");

    private static string[] Stops(JsonElement? stop) =>
        stop switch
        {
            null or { ValueKind: JsonValueKind.Null } => [],
            { ValueKind: JsonValueKind.String } one => [one.GetString() ?? ""],
            { ValueKind: JsonValueKind.Array } many when many.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String) =>
            [
                .. many.EnumerateArray().Select(text => text.GetString() ?? ""),
            ],
            _ => throw ApiException.BadField("stop", "The field stop is a string or a list of strings."),
        };

    private static int? LogProbs(ChatRequestWire request)
    {
        int top = request.TopLogprobs ?? 0;
        return (request.Logprobs, top) switch
        {
            (_, < 0 or > MostTopLogProbs) => throw ApiException.BadField(
                "top_logprobs",
                $"top_logprobs is {top}; it is 0 to {MostTopLogProbs}."
            ),
            (true, _) => top,
            (_, 0) => null,
            _ => throw ApiException.BadField("top_logprobs", "top_logprobs goes with logprobs: true."),
        };
    }

    /// <summary>Removes the last message from the chat where the completion continues it.</summary>
    private static string? Prefill(ChatRequestWire request, List<ChatMessage> messages)
    {
        if (request.ContinueFinalMessage != true)
        {
            return request.AddGenerationPrompt != false
                ? null
                : throw ApiException.BadField(
                    "add_generation_prompt",
                    "add_generation_prompt: false goes with continue_final_message: true."
                );
        }

        if (request.AddGenerationPrompt == true)
        {
            throw ApiException.BadField("add_generation_prompt", "add_generation_prompt and continue_final_message exclude each other.");
        }

        ChatMessage last = messages[^1];
        if (last.Role != ChatRole.Assistant || messages.Count < 2)
        {
            throw ApiException.BadField(
                "messages",
                "continue_final_message needs an assistant's message at the end, after at least one other."
            );
        }

        messages.RemoveAt(messages.Count - 1);
        string thought = string.Concat(last.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
        return thought.Length == 0
            ? last.Text
            : throw ApiException.BadField(
                "messages",
                "The message to be continued has its reasoning in a separate field; write it into the content, between "
                    + $"{ReasoningText.OpenTag} and {ReasoningText.CloseTag}."
            );
    }

    private void SetBudget(ChatOptions options, ChatRequestWire request)
    {
        if (request.ThinkingTokenBudget is null or -1)
        {
            return;
        }

        Set(options, ChatOptionKeys.ThinkingBudget, request.ThinkingTokenBudget, "thinking_token_budget");
        Set(options, ChatOptionKeys.ThinkingStub, request.ThinkingStub ?? DefaultStub, "thinking_stub");
        Set(options, ChatOptionKeys.ThinkingStubChoices, request.ThinkingStubChoices?.ToArray(), "thinking_stub_choices");
    }

    private static IReadOnlyList<string>? Choices(StructuredOutputsWire? outputs) =>
        outputs switch
        {
            null => null,
            { Others.Count: > 0 } => throw ApiException.BadField(
                "structured_outputs",
                "Of the structured outputs only choice is supported."
            ),
            { Choice: null } => null,
            { Choice: { Count: > 0 } choices } when choices.All(choice => !string.IsNullOrEmpty(choice)) => choices,
            _ => throw ApiException.BadField(
                "structured_outputs.choice",
                "structured_outputs.choice is a list of texts, none of them empty."
            ),
        };

    private void Set(ChatOptions options, string key, object? value, string field)
    {
        if (value is null)
        {
            return;
        }

        if (!supported.Contains(key))
        {
            throw ApiException.BadField(field, $"{field} is not supported by this model. Leave it out.");
        }

        (options.AdditionalProperties ??= [])[key] = value;
    }
}
