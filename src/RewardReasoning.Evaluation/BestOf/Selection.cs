namespace RewardReasoning.Evaluation.BestOf;

/// <summary>Ways of choosing among responses without a judge, each as the probability that the chosen one is right.</summary>
internal static class Selection
{
    /// <summary>Any response, each as likely.</summary>
    public static double Random(IReadOnlyList<bool> correct) => correct.Average(isRight => isRight ? 1.0 : 0.0);

    /// <summary>A right one, if there is one.</summary>
    public static double Oracle(IReadOnlyList<bool> correct) => correct.Any(isRight => isRight) ? 1 : 0;

    /// <summary>
    /// A response with the most frequent final answer. Where several answers are equally frequent each is as likely, and so is each
    /// response of one answer; where no response has an answer, any.
    /// </summary>
    public static double Majority(IReadOnlyList<bool> correct, IReadOnlyList<string?> answers)
    {
        ArgumentNullException.ThrowIfNull(correct);
        ArgumentNullException.ThrowIfNull(answers);
        List<bool>[] groups =
        [
            .. correct
                .Zip(answers, (isRight, answer) => (IsRight: isRight, Answer: answer))
                .Where(response => response.Answer is not null)
                .GroupBy(response => response.Answer, response => response.IsRight)
                .Select(group => group.ToList()),
        ];
        int most = groups.Select(group => group.Count).DefaultIfEmpty(0).Max();
        return groups.Length == 0 ? Random(correct) : groups.Where(group => group.Count == most).Average(Random);
    }
}
