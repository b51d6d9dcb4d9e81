using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Judging;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Policies;

/// <summary>Questions of a data file, with the answers where they are asked for.</summary>
internal static class QuestionFile
{
    /// <summary>The questions, in file order, and their answers; null where a row has none.</summary>
    /// <param name="path">JSONL or Parquet.</param>
    /// <param name="answered">Whether every row must have an answer.</param>
    /// <param name="most">Rows to read, from the first on.</param>
    /// <param name="domain">What the judge can judge, so every question must be of it; null for anything.</param>
    /// <exception cref="RewardReasoningException">The file cannot be read or holds no question, or a row is unusable; the place is
    /// named.</exception>
    public static List<(RowQuery Query, string? Answer)> Read(
        string path,
        bool answered,
        int most = int.MaxValue,
        JudgeDomain? domain = null
    )
    {
        string wanted = answered ? "query and answer" : "query";
        if (!File.Exists(path))
        {
            throw new RecipeException($"{path} does not exist; it must be a JSONL or Parquet file of {wanted}.");
        }

        List<(RowQuery Query, string? Answer)> questions = [];
        foreach (DataRow row in RowReader.ReadAsync(path).ToBlockingEnumerable().Take(most))
        {
            questions.Add(
                RowRecognizer.Recognize(row) switch
                {
                    QuestionContent question => (question.Query, question.Answer),
                    QueryContent query when !answered => (query.Query, null),
                    FaultyContent faulty => throw new RecipeException($"{row.Place}: {faulty.Error}"),
                    var other => throw new RecipeException(
                        $"{row.Place}: the row holds {RowKinds.Describe(other.Kind)}; it must hold {wanted}."
                    ),
                }
            );
            if (domain?.HoldsQuery(questions[^1].Query.Text) == false)
            {
                throw new RecipeException(
                    $"{row.Place}: the judge cannot judge answers to this question. {domain.Says} Take the question out, or name another "
                        + "judge."
                );
            }
        }

        return questions.Count > 0 ? questions : throw new RecipeException($"{path} holds no question.");
    }
}
