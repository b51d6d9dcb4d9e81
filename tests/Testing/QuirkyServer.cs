using System.Text.Json.Nodes;
using RewardReasoning.Endpoints;

namespace RewardReasoning.Testing;

/// <summary>
/// The script of a <see cref="FakeOpenAIServer"/> that behaves as the table of servers says of one, with a model that thinks.
/// </summary>
public sealed record QuirkyServer(ServerFlavour Flavour)
{
    private const string LongThought =
        "Let me see. The first one says it at length, with reasons, and so does the second one; "
        + "the numbers decide which of them is right here, so I go through them.";

    /// <summary>What <c>owned_by</c> says; that of the row unless set.</summary>
    public string? Owner { get; init; } = ServerQuirks.Of(Flavour).ModelOwner;

    private ServerQuirks Row => ServerQuirks.Of(Flavour);

    /// <summary>Names of the models; none for a server without the list.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["judge-7b"];

    /// <summary>The list of models as it is sent; null for the usual form.</summary>
    public string? ModelList { get; init; }

    /// <summary>What becomes of the answers that the row would give.</summary>
    public Func<FakeRequest, FakeReply, FakeReply> Change { get; init; } = (_, reply) => reply;

    /// <summary>The script.</summary>
    public FakeReply Answer(FakeRequest request)
    {
        if (request.Path.EndsWith("/models", StringComparison.Ordinal))
        {
            return Models.Count == 0 ? FakeReply.Error(404, "no such path") : new FakeReply { Body = ModelList ?? ListOfModels() };
        }

        string other = Row.TokenLimitField == "max_tokens" ? "max_completion_tokens" : "max_tokens";
        return request.Body.ContainsKey(other) && Row.Flavour == ServerFlavour.OpenAI
            ? FakeReply.Error(400, $"Unsupported parameter: '{other}' is not supported with this model.")
            : Change(request, Completion(request));
    }

    private string ListOfModels() =>
        new JsonObject
        {
            ["object"] = "list",
            ["data"] = new JsonArray([
                .. Models.Select(name => new JsonObject
                {
                    ["id"] = name,
                    ["object"] = "model",
                    ["owned_by"] = Owner,
                    ["max_model_len"] = 32768,
                }),
            ]),
        }.ToJsonString();

    private FakeReply Completion(FakeRequest request)
    {
        bool goesOn = Row.Prefill switch
        {
            PrefillStyle.ContinueFinalMessage => request.Body["continue_final_message"]?.GetValue<bool>() == true,
            PrefillStyle.LastMessage => request.Body["messages"]?.AsArray()[^1]?["role"]?.GetValue<string>() == "assistant",
            _ => false,
        };
        if (goesOn && Row.PrefillTurnsThinkingOff && !IsSwitchedOff(request))
        {
            return FakeReply.Error(400, "Assistant response prefill is incompatible with enable_thinking.");
        }

        bool thinks = !goesOn && Row.ThoughtField is not null && !IsSwitchedOff(request);
        int? cap = Row.ThinkingCap is { } means ? request.Body[means.Field]?.GetValue<int>() : null;
        string message = Row.ThinkingCap?.MessageField is { } field ? request.Body[field]?.GetValue<string>() ?? "" : "";
        string told = $"Gulls over harbour {(Row.Seeds ? request.Body["seed"]?.GetValue<long>() : request.Index)}.";
        return new()
        {
            Reasoning = thinks ? $"{(cap is null ? LongThought : "Let me see.")} {told}{message}" : null,
            ReasoningField = Row.ThoughtField ?? "reasoning",
            Content =
                goesOn ? "1}"
                : thinks && cap is null ? ""
                : cap is not null ? $"{told} \\boxed{{Assistant 1}}"
                : told,
            FinishReason = goesOn || cap is not null ? "stop" : "length",
            Choices = Row.Choices ? request.Body["n"]?.GetValue<int>() ?? 1 : 1,
            LogProbs = Row.LogProbs && request.Body["logprobs"]?.GetValue<bool>() == true ? LogProbs() : null,
            Usage = new()
            {
                ["prompt_tokens"] = 40,
                ["completion_tokens"] = request.Body[Row.TokenLimitField]?.GetValue<int>() ?? 1000,
                ["prompt_tokens_details"] = Row.CacheReport is null ? null : new JsonObject { ["cached_tokens"] = 32 },
            },
        };
    }

    private bool IsSwitchedOff(FakeRequest request) =>
        Row.ThinkingSwitch switch
        {
            ThinkingSwitch.TemplateOption => request.Body["chat_template_kwargs"]?["enable_thinking"]?.GetValue<bool>() == false,
            ThinkingSwitch.ReasoningEffort => request.Body["reasoning_effort"]?.GetValue<string>() == "none",
            _ => false,
        };

    private static JsonObject LogProbs() =>
        new()
        {
            ["content"] = new JsonArray(
                new JsonObject
                {
                    ["token"] = "1",
                    ["logprob"] = -0.1,
                    ["top_logprobs"] = new JsonArray(
                        new JsonObject { ["token"] = "1", ["logprob"] = -0.1 },
                        new JsonObject { ["token"] = "2", ["logprob"] = -2.4 }
                    ),
                }
            ),
        };
}
