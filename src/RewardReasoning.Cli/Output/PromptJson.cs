namespace RewardReasoning.Cli.Output;

/// <summary>What <c>judge --show-prompt --json</c> prints.</summary>
internal sealed record PromptJson(string Order, IReadOnlyList<MessageJson> Messages, string? Text, int? Tokens);

/// <summary>One message of a prompt.</summary>
internal sealed record MessageJson(string Role, string Content);
