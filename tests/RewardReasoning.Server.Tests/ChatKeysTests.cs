using System.Reflection;
using RewardReasoning.Models;

namespace RewardReasoning.Server.Tests;

/// <summary>
/// Judge and local models know nothing of each other and write the keys between them down twice, on purpose; both lists must say the same.
/// One key is the store's alone.
/// </summary>
public sealed class ChatKeysTests
{
    [Fact]
    public void Keys_OfJudgeAndLocalModels_AreTheSame()
    {
        Type local = typeof(LocalChatClient).Assembly.GetType("RewardReasoning.Models.ChatKeys", throwOnError: true)!;
        Assert.Equal(
            ConstantsOf(typeof(ChatOptionKeys))
                .Concat(ConstantsOf(typeof(ChatResponseKeys)))
                .Where(key => key.Key != nameof(ChatResponseKeys.Kept))
                .OrderBy(key => key.Key, StringComparer.Ordinal),
            ConstantsOf(local).OrderBy(key => key.Key, StringComparer.Ordinal)
        );
    }

    private static IEnumerable<KeyValuePair<string, string>> ConstantsOf(Type type) =>
        type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static)
            .Where(field => field.IsLiteral)
            .Select(field => KeyValuePair.Create(field.Name, (string)field.GetRawConstantValue()!));
}
