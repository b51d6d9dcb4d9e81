using System.Runtime.ExceptionServices;
using System.Text.Json.Nodes;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Judging;
using RewardReasoning.Training.Grpo;
using RewardReasoning.Training.Rollouts;
using RewardReasoning.Training.Runs;
using RewardReasoning.Verification;

namespace RewardReasoning.Training.Policies;

/// <summary>Responses to questions, rewarded by a judge's ranking of those to the same question.</summary>
internal sealed class PolicyTask : IRolloutTask
{
    private readonly PolicyRecipe _recipe;
    private readonly TrainedChat _chat;
    private readonly SeededStream<(RowQuery Query, string? Answer)> _questions;
    private readonly AnswerVerifier _verifier = new();
    private readonly ResponseGuard _guard;
    private readonly ContextFilter _context;
    private readonly JudgeDomain? _domain;
    private readonly IGroupRanker _ranker;

    /// <param name="recipe">A valid recipe.</param>
    /// <param name="session">The policy.</param>
    /// <param name="position">Null at the beginning.</param>
    /// <param name="ranker">Ranks the responses.</param>
    /// <param name="domain">What the judge can judge; null for anything.</param>
    public PolicyTask(PolicyRecipe recipe, TrainingSession session, DataPosition? position, IGroupRanker ranker, JudgeDomain? domain)
    {
        (_recipe, _domain, _chat, _ranker) = (recipe, domain, session.Chat, ranker);
        EndTokens = _chat.EndTokens;
        _questions = new(QuestionFile.Read(recipe.Data, answered: false, domain: domain), recipe.Seed, position?.Taken ?? 0);
        _context = new ContextFilter(_chat.ContextLength, recipe.MaxTokens, "question", _questions.Count);
        HeldOut = _context.RequireAll(
            recipe.Evaluation is { } held ? [.. QuestionFile.Read(held.Data, answered: true, held.Questions).Select(Ask)] : []
        );
        _guard = new ResponseGuard(recipe.Guard, domain);
    }

    /// <summary>A judge that the task disposes; null where somebody else does.</summary>
    public IDisposable? Owned { get; init; }

    public DataPosition Position => new(_questions.Position);

    public IReadOnlySet<int> EndTokens { get; }

    public int Repeats => _recipe.Responses;

    public IReadOnlyList<RolloutPrompt> HeldOut { get; }

    public DrawnPrompts Draw(int count, int firstGroup, int step)
    {
        long leftOut = _context.LeftOut;
        List<RolloutPrompt> prompts = [];
        while (prompts.Count < count)
        {
            PolicyQuestion question = Ask(_questions.Next(), firstGroup + prompts.Count);
            if (_context.Fits([question]))
            {
                prompts.Add(question);
            }
        }

        return new DrawnPrompts(prompts, _context.LeftOut > leftOut ? [("questions/beyond_context", _context.LeftOut - leftOut)] : []);
    }

    public Rollout Read(RolloutPrompt prompt, SampledCompletion completion)
    {
        PolicyQuestion question = (PolicyQuestion)prompt;
        string text = _chat.Tokenizer.Decode(completion.Written);
        string answer = ReasoningText.Split(text, promptOpensReasoning: _chat.OpensReasoning(question.PromptIds)).Answer.Trim();
        return new PolicyRollout(question, completion, text, answer, _guard.Check(answer, completion.Finished), double.NaN);
    }

    /// <summary>Ranks all groups at once.</summary>
    public IReadOnlyList<Rollout> Reward(IReadOnlyList<Rollout> rollouts, CancellationToken cancellationToken) =>
        RewardAsync([.. rollouts.Cast<PolicyRollout>()], cancellationToken).GetAwaiter().GetResult();

    /// <summary>Ends the run where the judge could judge nothing of a step.</summary>
    /// <exception cref="OutOfDomainException">None of the responses is of the kind that the judge was made for.</exception>
    /// <exception cref="Exception">What the judge failed with.</exception>
    public void Require(IReadOnlyList<Rollout> rewarded)
    {
        PolicyRollout[] responses = [.. rewarded.Cast<PolicyRollout>()];
        GroupRanking[] rankings = Rankings(responses);
        if (Array.Exists(rankings, ranking => ranking.Matches > ranking.Missing))
        {
            return;
        }

        if (
            _domain is { } known
            && Array.TrueForAll(responses, response => response.Fault is not null)
            && Array.Find(responses, response => response.Fault == ResponseFault.OutsideDomain) is { } outside
        )
        {
            throw new OutOfDomainException(
                $"None of the step's {responses.Length} responses can be shown to the judge; one is '{outside.Answer}'. {known.Says} "
                    + "Name another judge, or begin with a policy that answers in that form."
            );
        }

        if (Array.Find(rankings, ranking => ranking.Failure is not null)?.Failure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    public bool IsRight(Rollout rollout)
    {
        PolicyRollout response = (PolicyRollout)rollout;
        return response.Question.Answer is { } gold && _verifier.Verify(gold, response.Answer) == AnswerVerdict.Equal;
    }

    public IEnumerable<(string Metric, double Value)> Describe(IReadOnlyList<Rollout> sampled)
    {
        PolicyRollout[] responses = [.. sampled.Cast<PolicyRollout>()];
        GroupRanking[] rankings = Rankings(responses);
        yield return ("reward/missing", responses.Count(response => !response.HasReward));
        yield return ("reward/missing_groups", rankings.Count(ranking => ranking.Rewards.All(double.IsNaN)));
        yield return ("guard/responses", responses.Count(response => response.Fault is not null));
        yield return ("guard/empty", responses.Count(response => response.Fault == ResponseFault.Empty));
        yield return ("guard/too_long", responses.Count(response => response.Fault == ResponseFault.TooLong));
        yield return ("guard/speaks_to_judge", responses.Count(response => response.Fault == ResponseFault.SpeaksToJudge));
        yield return ("guard/outside_domain", responses.Count(response => response.Fault == ResponseFault.OutsideDomain));
        yield return ("judge/matches", rankings.Sum(ranking => ranking.Matches));
        yield return ("judge/missing_matches", rankings.Sum(ranking => ranking.Missing));
        yield return ("judge/tokens", rankings.Sum(ranking => ranking.Usage.PromptTokens + ranking.Usage.OutputTokens));
        yield return ("judge/kept_tokens", rankings.Sum(ranking => ranking.Usage.KeptPromptTokens + ranking.Usage.KeptOutputTokens));
        yield return ("length/answer", responses.Average(response => response.Answer.Length));
    }

    public JsonObject Row(Rollout rollout)
    {
        PolicyRollout response = (PolicyRollout)rollout;
        return new JsonObject
        {
            ["query"] = response.Question.Query,
            ["reward"] = response.HasReward ? response.Reward : null,
            ["guarded"] = response.Fault?.ToString(),
            ["completion"] = response.Text,
        };
    }

    public void Dispose() => Owned?.Dispose();

    private static GroupRanking[] Rankings(PolicyRollout[] responses) =>
        [
            .. responses
                .Select(response => response.Ranking)
                .OfType<GroupRanking>()
                .Distinct(ReferenceEqualityComparer.Instance)
                .Cast<GroupRanking>(),
        ];

    private PolicyQuestion Ask((RowQuery Query, string? Answer) question, int group) =>
        new(group, question.Query.Text, question.Answer, _chat.Prompt(question.Query.Messages));

    private async Task<IReadOnlyList<Rollout>> RewardAsync(PolicyRollout[] responses, CancellationToken cancellationToken)
    {
        int[][] groups =
        [
            .. Enumerable.Range(0, responses.Length).GroupBy(index => responses[index].Question.Group).Select(group => group.ToArray()),
        ];
        GroupRanking[] rankings = await Task.WhenAll(
                groups.Select(group =>
                    _ranker.RankAsync(
                        responses[group[0]].Question.Query,
                        [.. group.Select(index => responses[index].Answer)],
                        group
                            .Where(index => responses[index].Fault is not null)
                            .Select(index => responses[index].Answer)
                            .ToHashSet(StringComparer.Ordinal),
                        cancellationToken
                    )
                )
            )
            .ConfigureAwait(false);
        Rollout[] rewarded = new Rollout[responses.Length];
        foreach ((int[] group, GroupRanking ranking) in groups.Zip(rankings))
        {
            foreach ((int index, double reward) in group.Zip(ranking.Rewards))
            {
                rewarded[index] = responses[index] with { Reward = reward, Ranking = ranking };
            }
        }

        return rewarded;
    }
}
