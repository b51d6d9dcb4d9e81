using RewardReasoning.Evaluation.Criteria;
using Xunit;

namespace RewardReasoning.Evaluation.Tests.Criteria;

public sealed class CriteriaFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rrm-criteria-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Load_TomlAndJson_GiveTheSameCriteria()
    {
        CriteriaFile toml = Load(
            "c.toml",
            """
            mode = "pointwise"

            [[criteria]]
            name = "short"
            words = { max = 3 }
            critical = true

            [[criteria]]
            name = "kind"
            text = "It is friendly."
            weight = 2.5
            """
        );
        CriteriaFile json = Load(
            "c.json",
            """
            { "mode": "pointwise", "criteria": [
                { "name": "short", "words": { "max": 3 }, "critical": true },
                { "name": "kind", "text": "It is friendly.", "weight": 2.5 }, // a comment
            ] }
            """
        );
        foreach (CriteriaFile file in new[] { toml, json })
        {
            Assert.Equal((CriteriaMode.Pointwise, true), (file.Mode, file.NeedsJudge));
            Assert.Equal([("short", 1.0, true, null), ("kind", 2.5, false, "It is friendly.")], file.Criteria.Select(Said));
            Assert.Equal(new CheckResult(true), file.Criteria[0].Check?.Invoke("one two three"));
        }

        static (string, double, bool, string?) Said(Criterion one) => (one.Name, one.Weight, one.IsCritical, one.Text);
    }

    [Theory]
    [InlineData("""{"criteria":[]}""", "the list 'criteria' is empty")]
    [InlineData("""[]""", "it has no list 'criteria'")]
    [InlineData("""{"criteria":[{"name":"a","text":"b"}],"jury":1}""", "'jury' is not known")]
    [InlineData("""{"criteria":[{"text":"b"}]}""", "criterion 1: it has no 'name'")]
    [InlineData("""{"criteria":[{"name":"a"}]}""", "criterion 1: it needs either 'text' or one check")]
    [InlineData("""{"criteria":[{"name":"a","text":"b","contains":"c"}]}""", "it needs either 'text' or one check")]
    [InlineData("""{"criteria":[{"name":"a","text":"b","critical":true}]}""", "'critical' is for checks")]
    [InlineData("""{"criteria":[{"name":"a","text":"b","weight":0}]}""", "'weight' is 0; it is a number above 0")]
    [InlineData("""{"criteria":[{"name":"a","text":"b"},{"name":"a","text":"c"}]}""", "criterion 2, 'a': another one has this name")]
    [InlineData("""{"criteria":[{"name":"a","regex":"("}]}""", "'regex': Invalid pattern '('")]
    [InlineData("""{"criteria":[{"name":"a","words":{}}]}""", "'words': it needs 'min' or 'max'")]
    [InlineData("""{"criteria":[{"name":"a","words":{"min":3,"max":2}}]}""", "'words': 'min' is 3 and 'max' 2")]
    [InlineData("""{"criteria":[{"name":"a","language":"de"}]}""", "'language' needs a detector of languages")]
    [InlineData("""{"criteria":[{"name":"a","script":"klingon"}]}""", "'script': 'klingon' is not known; it is latin, greek")]
    [InlineData("""{"criteria":[{"name":"a","text":"b","choices":["x","y"]}]}""", "an object of 2 to 9 texts")]
    [InlineData("""{"criteria":[{"name":"a","text":"b","choices":{"x":1,"y":2}}]}""", "the choice 'y' is worth 2")]
    [InlineData("""{"criteria":[{"name":"a","contains":"b","choices":{"x":1,"y":0}}]}""", "'choices' go with 'text'")]
    [InlineData("""{"criteria":[{"name":"a","json_schema":"x"}]}""", "'json_schema': it is not an object")]
    [InlineData("""{"criteria":[""", "c.json: ")]
    public void Load_Fault_IsNamedWithItsPlace(string json, string message) =>
        Assert.Contains(message, Assert.ThrowsAny<RewardReasoningException>(() => Load("c.json", json)).Message, StringComparison.Ordinal);

    /// <summary>A response that would keep a backtracking pattern busy for hours is missing within seconds, wherever the pattern is.</summary>
    [Theory]
    [InlineData("""{"pattern":"^(a+)+$"}""", "\"{0}!\"")]
    [InlineData("""{"$schema":"http://json-schema.org/draft-07/schema#","properties":{"x":{"pattern":"^(a+)+$"}}}""", "{{\"x\":\"{0}!\"}}")]
    [InlineData("""{"patternProperties":{"^(a+)+$":{"type":"number"}},"additionalProperties":false}""", "{{\"{0}!\":1}}")]
    [InlineData("""{"$ref":"#/$defs/s","$defs":{"s":{"items":{"pattern":"^(a+)+$"}}}}""", "[\"{0}!\"]")]
    public void Check_HostileResponseToAPatternOfASchema_IsMissing(string schema, string response)
    {
        CriteriaFile file = Load("c.json", $$"""{"criteria":[{"name":"a","json_schema":{{schema}}}]}""");
        string hostile = string.Format(System.Globalization.CultureInfo.InvariantCulture, response, new string('a', 40));

        CheckResult? result = file.Criteria[0].Check?.Invoke(hostile);

        Assert.Null(result?.Passes);
        Assert.Contains("took more than 1 s on this response", result?.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a1":1}""", true)]
    [InlineData("""{"a1":"x"}""", false)]
    [InlineData("""{"b":1}""", false)]
    public void Check_PatternsOfASchema_StillDecide(string response, bool passes) =>
        Assert.Equal(
            passes,
            Load(
                "c.json",
                """{"criteria":[{"name":"a","json_schema":{"patternProperties":{"^a":{"type":"number"}},"additionalProperties":false}}]}"""
            )
                .Criteria[0]
                .Check?.Invoke(response)
                .Passes
        );

    [Theory]
    [InlineData("cyrillic", "Это вода (H2O).", true)]
    [InlineData("cyrillic", "This is water (вода).", false)]
    [InlineData("latin", "Straße, naïve, 12!", true)]
    [InlineData("japanese", "これは水です", true)]
    [InlineData("han", "これは水です", false)]
    [InlineData("Hangul", "물입니다", true)]
    [InlineData("latin", "12 + 3", false)]
    public void Check_Script_IsThatOfMostLetters(string script, string response, bool passes) =>
        Assert.Equal(
            passes,
            Load("c.json", $$"""{"criteria":[{"name":"a","script":"{{script}}"}]}""").Criteria[0].Check?.Invoke(response).Passes
        );

    [Fact]
    public void Load_SeveralFaults_AreAllReported()
    {
        string message = Assert
            .ThrowsAny<RewardReasoningException>(() =>
                Load("c.toml", "mode = \"both\"\n[[criteria]]\nname = \"a\"\n[[criteria]]\ntext = \"b\"\n")
            )
            .Message;
        Assert.Equal(3, message.Split('\n').Length);
        Assert.Contains("'mode' is \"both\"; it is pairwise or pointwise.", message, StringComparison.Ordinal);
    }

    private CriteriaFile Load(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return CriteriaFile.Load(path);
    }
}
