using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RewardReasoning.Lab.Words;

/// <summary>
/// Reads word problems: rows of <c>question</c> and <c>answer</c>, with an equation (<c>meta.equation</c> as SVAMP has it, or
/// <c>meta.formula</c> as ASDiv), with GSM8K's calculator annotations in the answer, or with neither (MAWPS).
/// </summary>
internal static partial class WordProblemFile
{
    private const int LongestQuestion = 330;
    private const int MostSteps = 4;

    /// <summary>The problems that are short enough and whose calculations come out; the others are left out.</summary>
    /// <exception cref="FormatException">A line is no object with question and answer; file and line are named.</exception>
    public static List<WordProblem> Read(string path)
    {
        List<WordProblem> problems = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            WordProblem? problem;
            try
            {
                problem = Parse(JsonNode.Parse(line) as JsonObject ?? []);
            }
            catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException)
            {
                throw new FormatException(
                    $"{path}, line {number}: {error.Message} Each line must be an object with \"question\" and \"answer\".",
                    error
                );
            }

            if (problem is not null && problem.Text.Length <= LongestQuestion && problem.Steps.Count <= MostSteps)
            {
                problems.Add(problem);
            }
        }

        return problems;
    }

    private static WordProblem? Parse(JsonObject row)
    {
        string question = Text(row, "question");
        string answer = Text(row, "answer");
        string source = row["source"]?.GetValue<string>() ?? "gsm8k";
        JsonObject? meta = row["meta"] as JsonObject;
        if (answer.LastIndexOf("####", StringComparison.Ordinal) is >= 0 and var mark)
        {
            return NumberOf(answer[(mark + 4)..]) is { } value
                ? WordProblem.TryMake(source, question, [.. Annotation().Matches(answer).Select(match => match.Groups[1].Value)], value)
                : null;
        }

        if (NumberOf(meta?["answer_number"]?.GetValue<string>() ?? answer) is not { } right)
        {
            return null;
        }

        return (meta?["equation"] ?? meta?["formula"])?.GetValue<string>() is { } equation
            ? WordProblem.TryMake(source, question, WordProblem.StepsOf(equation.Split('=')[0]), right)
            : WordProblem.TryFind(source, question, right);
    }

    private static string Text(JsonObject row, string field) =>
        row[field]?.GetValue<string>() ?? throw new FormatException($"It has no \"{field}\".");

    private static decimal? NumberOf(string text) =>
        decimal.TryParse(text.Trim().TrimStart('$'), NumberStyles.Number, CultureInfo.InvariantCulture, out decimal value) ? value : null;

    [GeneratedRegex(@"<<([^<>=]+)=[^<>]*>>")]
    private static partial Regex Annotation();
}
