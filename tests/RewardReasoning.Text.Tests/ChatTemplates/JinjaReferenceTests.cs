using System.Text.Json;
using RewardReasoning.Testing;
using RewardReasoning.Text.ChatTemplates;
using Xunit;

namespace RewardReasoning.Text.Tests.ChatTemplates;

/// <summary>
/// Small templates against Jinja2 3.1.6 in transformers' environment (sandboxed, trim_blocks, lstrip_blocks, loopcontrols): what
/// <c>jinja-cases.json</c> holds was rendered there, at 15:04:05 on 26 July 2024.
/// </summary>
public sealed class JinjaReferenceTests
{
    private static readonly JsonElement Reference = JsonDocument
        .Parse(
            File.ReadAllBytes(Path.Combine(SharedFolder.RepositoryRoot, "tests/RewardReasoning.Text.Tests/ChatTemplates/jinja-cases.json"))
        )
        .RootElement;

    public static TheoryData<string> Templates =>
        [.. Reference.GetProperty("cases").EnumerateArray().Select(c => c.GetProperty("template").GetString() ?? "")];

    [Theory]
    [MemberData(nameof(Templates))]
    public void Render_Template_GivesReferenceTextOrError(string template)
    {
        JsonElement expected = Reference
            .GetProperty("cases")
            .EnumerateArray()
            .First(c => c.GetProperty("template").GetString() == template);
        ChatRenderOptions options = new()
        {
            Variables = Reference.GetProperty("variables").EnumerateObject().ToDictionary(v => v.Name, v => (object?)v.Value),
            Clock = new StoppedClock(new DateTimeOffset(2024, 7, 26, 15, 4, 5, TimeSpan.Zero)),
        };
        JsonElement noMessages = JsonElement.Parse("[]");
        if (expected.TryGetProperty("text", out JsonElement text))
        {
            Assert.Equal(text.GetString(), ChatTemplate.Parse(template).Render(noMessages, options));
        }
        else
        {
            ChatTemplateException error = Assert.Throws<ChatTemplateException>(() =>
                ChatTemplate.Parse(template).Render(noMessages, options)
            );
            Assert.StartsWith("Chat template, line 1: ", error.Message, StringComparison.Ordinal);
        }
    }

    private sealed class StoppedClock(DateTimeOffset now) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => now;
    }
}
