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
    [InlineData("""{"criteria":[{"name":"a","json_schema":"x"}]}""", "'json_schema': it is not an object")]
    [InlineData("""{"criteria":[""", "c.json: ")]
    public void Load_Fault_IsNamedWithItsPlace(string json, string message) =>
        Assert.Contains(message, Assert.ThrowsAny<RewardReasoningException>(() => Load("c.json", json)).Message, StringComparison.Ordinal);

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
