using RewardReasoning.Testing;
using Xunit;

namespace RewardReasoning.Endpoints.Tests;

public sealed class ServerQuirksTests
{
    [Fact]
    public void All_HasEveryFlavourOnce() => Assert.Equal(Enum.GetValues<ServerFlavour>(), ServerQuirks.All.Select(row => row.Flavour));

    [Fact]
    public void Of_NoSuchFlavour_IsRefused() => Assert.Throws<ArgumentOutOfRangeException>(() => ServerQuirks.Of((ServerFlavour)99));

    [Fact]
    public void All_StandsInTheDocumentAsItIs()
    {
        string document = File.ReadAllText(Path.Combine(SharedFolder.RepositoryRoot, "docs", "endpoints.md"));
        Assert.All(ServerQuirks.All, row => Assert.Contains(Line(row), document, StringComparison.Ordinal));
    }

    private static string Line(ServerQuirks row)
    {
        string[] cells =
        [
            row.Name,
            Code(row.Flavour.ToString().ToLowerInvariant()),
            Code(row.TokenLimitField),
            row.Prefill switch
            {
                PrefillStyle.ContinueFinalMessage => "`continue_final_message`",
                PrefillStyle.LastMessage => row.PrefillTurnsThinkingOff ? "last message, with thinking off" : "last message",
                _ => "-",
            },
            row.Choice switch
            {
                ChoiceStyle.StructuredOutputs => "`structured_outputs`",
                ChoiceStyle.Grammar => "`grammar`",
                ChoiceStyle.Regex => "`regex`",
                _ => "-",
            },
            row.ThinkingSwitch switch
            {
                ThinkingSwitch.TemplateOption => "`enable_thinking`",
                ThinkingSwitch.ReasoningEffort => "`reasoning_effort`",
                _ => "-",
            },
            row.TopKOff is { } off ? FormattableString.Invariant($"{off}") : "-",
            Yes(row.MinP),
            row.ThoughtField is { } field ? Code(field) : "-",
            Yes(row.Seeds),
            Yes(row.LogProbs),
            Yes(row.Choices),
            row.CacheReport ?? "-",
            row.ThinkingCap is { } cap ? Code(cap.Field) + (cap.Needs is { } option ? $", with {option}" : "") : "-",
        ];
        return $"| {string.Join(" | ", cells)} |";
    }

    private static string Code(string text) => $"`{text}`";

    private static string Yes(bool holds) => holds ? "yes" : "-";
}
