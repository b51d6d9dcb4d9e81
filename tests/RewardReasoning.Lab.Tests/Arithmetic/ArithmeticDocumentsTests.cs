using System.Globalization;
using RewardReasoning.Lab.Arithmetic;
using Xunit;

namespace RewardReasoning.Lab.Tests.Arithmetic;

public sealed class ArithmeticDocumentsTests
{
    private static readonly string[] Real = ["48/2", "3*4.5", "12+30-7", "1/4*400", "20*120", "5*(8+3)"];

    [Theory]
    [InlineData("75", "74", "#74:77,54n")]
    [InlineData("12.5", "12.5", "#12.5:11,22,..,55y")]
    [InlineData("7", "75", "#75:77,;5n")]
    [InlineData("7", "", "#:7;n")]
    public void Check_ByHand(string result, string response, string text) =>
        Assert.Equal(text, ArithmeticDocuments.Check(result, response));

    [Fact]
    public void Next_JudgeDocuments_VerdictIsIndependentOfWhichResponseIsRight()
    {
        int count = 0;
        int namesTheRightOne = 0;
        foreach (ArithmeticDocument document in Documents(seed: 3, 30_000).Where(document => document.Kind == "judge"))
        {
            string[] lines = document.Prompt.Split('\n');
            decimal? value = Expression.TryParse(lines[0])?.Evaluate()?.ToDecimal(6);
            bool firstIsRight =
                lines[1]["Assistant 1: ".Length..] is { Length: > 0 } response
                && decimal.Parse(response, CultureInfo.InvariantCulture) == value;
            bool firstIsNamed = Completion(document).EndsWith(@"\boxed{Assistant 1}", StringComparison.Ordinal);
            count++;
            namesTheRightOne += firstIsRight == firstIsNamed ? 1 : 0;
        }

        // A fair coin: within four standard deviations of one half.
        Assert.InRange(namesTheRightOne / (double)count, 0.5 - (2 / Math.Sqrt(count)), 0.5 + (2 / Math.Sqrt(count)));
    }

    [Fact]
    public void Next_QuoteDocuments_AreAnsweredByWhoSaidIt()
    {
        foreach (ArithmeticDocument document in Documents(seed: 4, 3_000).Where(document => document.Kind == "quote"))
        {
            string[] lines = document.Prompt.Split('\n');
            decimal said = decimal.Parse(lines[0]["Who said ".Length..^1], CultureInfo.InvariantCulture);
            decimal first = decimal.Parse(lines[1]["Assistant 1: ".Length..], CultureInfo.InvariantCulture);
            Assert.EndsWith($@"\boxed{{Assistant {(first == said ? 1 : 2)}}}", Completion(document), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Next_DirectDocuments_AnswerWithoutAThoughtAndChangeNoOthers()
    {
        ArithmeticDocument[] mixed = [.. Documents(seed: 5, 400, new DocumentMix(1, 0, 0, Direct: 1))];
        Assert.InRange(mixed.Count(document => document.Kind == "direct"), 150, 250);
        Assert.All(
            mixed.Where(document => document.Kind == "direct"),
            document =>
            {
                Expression asked = Assert.IsType<Expression>(Expression.TryParse(document.Prompt));
                string answer = Expression.Format(asked.Evaluate()?.ToDecimal(10) ?? throw new InvalidOperationException(document.Prompt));
                Assert.Equal($"</think>{answer}", Completion(document));
            }
        );
        Assert.DoesNotContain(Documents(seed: 5, 400), document => document.Kind == "direct");
    }

    [Fact]
    public void Next_SameSeed_GivesTheSameDocuments() =>
        Assert.Equal(Documents(seed: 5, 200).Select(Completion), Documents(seed: 5, 200).Select(Completion));

    [Fact]
    public void Draw_WrongAnswers_AreNeverRight()
    {
        SeededRandom random = new(6);
        ExpressionSampler sampler = new(Parsed(), random);
        for (int i = 0; i < 3_000; i++)
        {
            ArithmeticProblem problem = sampler.Next();
            Assert.NotEqual(problem.Solution.Value, WrongAnswer.Draw(problem, random).Value);
        }
    }

    private static IEnumerable<ArithmeticDocument> Documents(ulong seed, int count, DocumentMix? mix = null)
    {
        SeededRandom random = new(seed);
        ArithmeticDocuments documents = new(
            new ExpressionSampler(Parsed(), random),
            (query, a, b) => $"{query}\nAssistant 1: {a}\nAssistant 2: {b}",
            random,
            mix ?? new DocumentMix(1, 1, 1)
        );
        return Enumerable.Range(0, count).Select(_ => documents.Next());
    }

    private static IEnumerable<Expression> Parsed() => Real.Select(text => Assert.IsType<Expression>(Expression.TryParse(text)));

    private static string Completion(ArithmeticDocument document) => string.Concat(document.Completion.Select(part => part.Text));
}
