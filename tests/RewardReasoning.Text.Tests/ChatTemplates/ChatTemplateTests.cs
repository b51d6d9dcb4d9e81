using System.Text.Json;
using CsCheck;
using RewardReasoning.Testing;
using RewardReasoning.Text.ChatTemplates;
using Xunit;

namespace RewardReasoning.Text.Tests.ChatTemplates;

public sealed class ChatTemplateTests
{
    private static readonly ChatMessageText[] Hello = [new("user", "hello")];

    [Fact]
    public void Load_FolderWithJinjaFile_PrefersIt()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer_config.json", """{"chat_template": "from config", "eos_token": {"content": "<end>"}}""");
        Assert.Equal("from config", Render(folder));
        folder.Write("chat_template.jinja", "from file {{ eos_token }}{{ bos_token }}\n");
        Assert.Equal("from file <end>", Render(folder));
    }

    [Fact]
    public void Load_TokensInTheirOwnFileAlone_AreTheTemplates()
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer_config.json", """{"chat_template": "{{ bos_token }}hi{{ eos_token }}", "eos_token": "<old>"}""");
        folder.Write("special_tokens_map.json", """{"bos_token": "<bos>", "eos_token": {"content": "<eos>", "lstrip": false}}""");
        Assert.Equal("<bos>hi<eos>", Render(folder));
        folder.Write(
            "tokenizer_config.json",
            """{"chat_template": "{{ bos_token }}hi{{ eos_token }}", "eos_token": "<new>", "added_tokens_decoder": {}}"""
        );
        Assert.Equal("hi<new>", Render(folder));
    }

    [Fact]
    public void IsIn_JinjaFileAlone_IsTrue()
    {
        using TemporaryFolder folder = new();
        Assert.False(ChatTemplate.IsIn(folder.Path));
        folder.Write("chat_template.jinja", "hi");
        Assert.True(ChatTemplate.IsIn(folder.Path));
    }

    [Fact]
    public void Render_CallBlock_GivesTheMacroItsBody() =>
        Assert.Equal(
            "<b>hello</b> and<i> 1:hello</i>",
            ChatTemplate
                .Parse(
                    """
                    {%- macro bold() -%}<b>{{ caller() }}</b>{%- endmacro -%}
                    {%- macro numbered(n) -%}<i>{{ caller(n) }}</i>{%- endmacro -%}
                    {% call bold() %}{{ messages[0].content }}{% endcall %} and
                    {%- call(k) numbered(1) %} {{ k }}:{{ messages[0].content }}{% endcall %}
                    """
                )
                .Render(Hello, new ChatRenderOptions())
        );

    [Fact]
    public void Render_WorkOnLongTextsWithoutEnd_Fails()
    {
        ChatTemplate template = ChatTemplate.Parse(
            "{% set s = 'x' * 1000 * 60000 %}{% for i in range(100000) %}{% if 'y' in s %}{% endif %}{% endfor %}"
        );
        Assert.Contains(
            "steps",
            Assert.Throws<ChatTemplateException>(() => template.Render(Hello, new ChatRenderOptions())).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Load_NamedTemplates_TakesTheDefault()
    {
        using TemporaryFolder folder = new();
        folder.Write(
            "tokenizer_config.json",
            """{"chat_template": [{"name": "tool_use", "template": "tools"}, {"name": "default", "template": "plain"}]}"""
        );
        Assert.Equal("plain", Render(folder));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"chat_template": null}""")]
    [InlineData("""{"chat_template": [{"name": "tool_use", "template": "tools"}]}""")]
    public void Load_NoTemplate_IsNull(string config)
    {
        using TemporaryFolder folder = new();
        folder.Write("tokenizer_config.json", config);
        Assert.Null(ChatTemplate.Load(folder.Path));
    }

    [Theory]
    [InlineData("a\n{% include 'x' %}", "line 2", "'include'")]
    [InlineData("\n\n{% filter upper %}{% endfilter %}", "line 3", "'filter'")]
    [InlineData("\n{% call 'x' %}{% endcall %}", "line 2", "'call' needs a call of a macro")]
    [InlineData("{% for x in y recursive %}{% endfor %}", "line 1", "recursive")]
    [InlineData("{{ f(*x) }}", "line 1", "'*'")]
    [InlineData("{% break %}", "line 1", "'break'")]
    [InlineData("{% set true = 1 %}", "line 1", "'true'")]
    [InlineData("{% if x %}\n{% endfor %}", "line 2", "'endif' is expected")]
    [InlineData("x\n{{ 'abc }}", "line 2", "string is not closed")]
    [InlineData("x\n{# abc", "line 2", "comment is not closed")]
    [InlineData("{{ 99999999999999999999 }}", "line 1", "too large")]
    [InlineData("{{ a ? b }}", "line 1", "'?'")]
    public void Parse_UnknownConstruct_IsNamedWithItsLine(string source, params string[] parts) =>
        Assert.All(
            parts,
            part =>
                Assert.Contains(
                    part,
                    Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source)).Message,
                    StringComparison.Ordinal
                )
        );

    [Theory]
    [InlineData("a\n{{ 'x' | shuffle }}", "line 2", "filter 'shuffle'")]
    [InlineData("a\n\n{{ 'x' is filter }}", "line 3", "test 'filter'")]
    [InlineData("{{ 'x'.encode() }}", "line 1", "no attribute 'encode'")]
    [InlineData("{% if true %}\n{{ raise_exception('roles must alternate') }}{% endif %}", "line 2", "roles must alternate")]
    [InlineData("{{ messages[0].content.foo.bar }}", "line 1", "'foo'")]
    [InlineData("{{ 'x'.split(separator=',') }}", "line 1", "'separator'")]
    public void Render_WhatCannotBeDone_IsNamedWithItsLine(string source, params string[] parts)
    {
        ChatTemplate template = ChatTemplate.Parse(source);
        Assert.All(
            parts,
            part =>
                Assert.Contains(
                    part,
                    Assert.Throws<ChatTemplateException>(() => template.Render(Hello, new ChatRenderOptions())).Message,
                    StringComparison.Ordinal
                )
        );
    }

    public static TheoryData<string> Endless =>
        [
            "{% for a in range(99999) %}{% for b in range(99999) %}{{ b }}{% endfor %}{% endfor %}",
            "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
            "{{ range(999999999999) }}",
            "{{ 'abc' * 999999999999 }}",
            "{% set ns = namespace(t='abc') %}{% for i in range(99) %}{% set ns.t = ns.t + ns.t %}{% endfor %}",
            "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}{% set ns.l = ns.l + ns.l %}{% endfor %}",
            "{% set ns = namespace(n=9) %}{% for i in range(99) %}{% set ns.n = ns.n * ns.n %}{% endfor %}",
            "{% set ns = namespace(l=[]) %}{% for i in range(999) %}{% set ns.l = [ns.l] %}{% endfor %}{{ ns.l }}",
            "{{ 9 ** 9 ** 9 ** 9 }}",
            "{{ " + new string('(', 100_000) + "1" + new string(')', 100_000) + " }}",
            "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}",
            "{{ " + new string('-', 100_000) + "1 }}",
            "{{ 1" + string.Concat(Enumerable.Repeat(" + 1", 1_000_000)) + " }}", // fewer may fit the stack once the interpreter is optimised
            "{{ " + new string('[', 100_000),
            string.Concat(Enumerable.Repeat("{% if true %}", 100_000)),
            "{% if 0 %}" + string.Concat(Enumerable.Repeat("{% elif 0 %}", 100_000)) + "{% endif %}",
            "{{ x" + string.Concat(Enumerable.Repeat("|upper", 100_000)) + " }}",
        ];

    [Theory]
    [MemberData(nameof(Endless), DisableDiscoveryEnumeration = true)]
    public void Render_TemplateThatAsksForTooMuch_FailsInBounds(string source) =>
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(source).Render(Hello, new ChatRenderOptions()));

    [Fact]
    public void Render_AnySource_FailsOnlyAsATemplateError()
    {
        string[] parts =
        [
            "{%",
            "%}",
            "{{",
            "}}",
            "{#",
            "#}",
            "-",
            "+",
            " ",
            "\n",
            "if",
            "else",
            "elif",
            "endif",
            "for",
            "in",
            "endfor",
            "set",
            "endset",
            "=",
            "==",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "x",
            "messages",
            "loop",
            "not",
            "and",
            "or",
            "is",
            "defined",
            "none",
            "|",
            "length",
            "tojson",
            "join",
            ".",
            ",",
            ":",
            "'a'",
            "\"",
            "'",
            "\\",
            "1",
            "-2",
            "0.5",
            "*",
            "/",
            "//",
            "%",
            "~",
            "namespace",
            "range(3)",
            "macro",
            "endmacro",
            "raw",
            "endraw",
            "{% if x %}",
            "{% endif %}",
            "{{ x }}",
            "{% for m in messages %}",
            "{% endfor %}",
            "split",
            "content",
            "é",
            "\uD800",
            "?",
        ];
        Gen.Int[0, parts.Length - 1]
            .Array[0, 30]
            .Select(picked => string.Concat(picked.Select(i => parts[i] + (i % 3 == 0 ? " " : ""))))
            .Sample(
                source =>
                {
                    try
                    {
                        _ = ChatTemplate.Parse(source).Render(Hello, new ChatRenderOptions());
                    }
                    catch (ChatTemplateException error)
                    {
                        Assert.NotEmpty(error.Message);
                    }
                },
                iter: 20_000
            );
    }

    [Fact]
    public void Render_MessagesThatAreNoObjects_IsTheCallersMistake() =>
        Assert.Throws<ArgumentException>(() => ChatTemplate.Parse("x").Render(JsonElement.Parse("[1]"), new ChatRenderOptions()));

    [Fact]
    public void Render_JsonWithHalfASurrogatePair_IsTheCallersMistake() =>
        Assert.Throws<ArgumentException>(() =>
            ChatTemplate.Parse("x").Render(JsonElement.Parse("""[{"role": "user", "content": "\ud800"}]"""), new ChatRenderOptions())
        );

    [Fact]
    public void Render_NullsOfMessages_AreLeftOutUnlessKept()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ messages[0].a is defined }}");
        JsonElement messages = JsonElement.Parse("""[{"role": "user", "a": null}]""");
        Assert.Equal("False", template.Render(messages, new ChatRenderOptions()));
        Assert.Equal("True", template.Render(messages, new ChatRenderOptions { KeepNulls = true }));
    }

    [Fact]
    public void Render_ReasoningContent_IsGivenOnlyWhereItIs()
    {
        ChatTemplate template = ChatTemplate.Parse("{% for m in messages %}{{ m.reasoning_content | default('-') }}{% endfor %}");
        Assert.Equal(
            "-why",
            template.Render([new("user", "a"), new("assistant", "b") { ReasoningContent = "why" }], new ChatRenderOptions())
        );
    }

    private static string? Render(TemporaryFolder folder) => ChatTemplate.Load(folder.Path)?.Render(Hello, new ChatRenderOptions());
}
