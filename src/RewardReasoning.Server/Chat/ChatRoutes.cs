using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.AI;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Chat;

/// <summary>A chat model under its name.</summary>
internal sealed record ChatModel(string Name, int? ContextLength, IChatClient Client, Admission Admission);

/// <summary>OpenAI's interface: <c>/v1/chat/completions</c> and <c>/v1/models</c>.</summary>
internal sealed class ChatRoutes
{
    private const string Completions = "/v1/chat/completions";
    private const string Models = "/v1/models";

    private readonly ModelWire _model;

    private ChatRoutes(ChatModel model, TimeProvider time) =>
        _model = new(model.Name, "model", time.GetUtcNow().ToUnixTimeSeconds(), "rrm", model.ContextLength);

    /// <summary>Whether an address belongs to this interface, whose clients expect its own form of errors.</summary>
    public static bool Owns(PathString path) => path.StartsWithSegments("/v1/chat") || path.StartsWithSegments(Models);

    /// <summary>Adds the routes.</summary>
    public static void Map(IEndpointRouteBuilder routes, ChatModel model, TimeProvider time)
    {
        ChatRoutes chat = new(model, time);
        routes.MapGet(
            Models,
            context => ChatJson.WriteAsync(context.Response, StatusCodes.Status200OK, new("list", [chat._model]), ChatJson.Wire.ModelsWire)
        );
        routes.MapGet($"{Models}/{{**name}}", chat.DescribeAsync);
        routes.MapPost(Completions, new ChatCompletions(model, time).AnswerAsync);
    }

    private Task DescribeAsync(HttpContext context) =>
        context.Request.RouteValues["name"] as string == _model.Id
            ? ChatJson.WriteAsync(context.Response, StatusCodes.Status200OK, _model, ChatJson.Wire.ModelWire)
            : throw new ApiException(
                StatusCodes.Status404NotFound,
                $"There is no such model here; this server serves \"{_model.Id}\".",
                "model_not_found",
                "model"
            );
}
