using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Output;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Runs;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Evaluation.Criteria;
using RewardReasoning.Judging;
using RewardReasoning.Ratings;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm judge</c>: compares two responses to one query.</summary>
internal sealed class JudgeCommand
{
    private const string Bold = "1";
    private const string Green = "1;32";
    private const string Yellow = "1;33";

    private readonly Terminal _terminal;
    private readonly ModelArguments _model = new();
    private readonly JudgingArguments _judging = new();
    private readonly Option<string> _query = new("--query")
    {
        Description = "The user's request: a text, @FILE, or - for standard input.",
        HelpName = "TEXT",
        Required = true,
    };

    private readonly Option<string[]> _responses = new("--response")
    {
        Description = "A response to be judged; give it twice, or once with --criteria or --against.",
        HelpName = "TEXT",
        Required = true,
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _against = new("--against")
    {
        Description =
            "A reference response: score a single --response from 0 to 1 by how it compares with each reference; may be repeated.",
        HelpName = "TEXT",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the judgment as one JSON object." };
    private readonly Option<bool> _showPrompt = new("--show-prompt")
    {
        Description = "Print the judge's prompt, and its length in tokens if it is known; runs nothing.",
    };

    private JudgeCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        JudgeCommand judge = new(terminal);
        Command command = Verb.Create(
            terminal,
            "judge",
            "Compare two responses to one query: the judge reasons, then chooses.",
            """
            rrm judge --query "12*4+7" --response 55 --response 54
            rrm judge --query @question.txt --response @a.md --response @b.md --votes 9 --order both
            rrm judge --query "12*4+7" --response 55 --response 54 --votes 17 --adaptive 0.95
            rrm judge --query "7-28" --response=-21 --response 21 --json
            rrm judge --endpoint http://localhost:8000/v1 --model Reward-Reasoning/RRM-7B \
                --query "Why is the sky blue?" --response @a.md --response @b.md
            rrm judge --query "12*4+7" --response 55 --response 54 --votes 3 --abstain 0.05 --calibration calibration.json
            rrm judge --query @question.txt --response @answer.md --criteria criteria.toml --endpoint http://localhost:8000/v1 --model qwen3
            rrm judge --query "12*4+7" --response 55 --response 54 --screen models/direct-mini --quick-confidence 0.95
            rrm judge --query "12*4+7" --response 55 --response 54 --jury jury.toml
            rrm judge --query "12*4+7" --response 55 --against 55.0 --against 54 --json
            rrm judge --query "12*4+7" --response 55 --response 54 --show-prompt
            """
        );
        command.Options.Add(judge._query);
        command.Options.Add(judge._responses);
        command.Options.Add(judge._against);
        command.Options.Add(judge._json);
        command.Options.Add(judge._showPrompt);
        judge._judging.AddTo(command, withAbstention: true, withFirstStage: true, withCriteria: true);
        judge._model.AddTo(command, withJury: true);
        command.SetAction(judge.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        ModelSource source = await _model.ReadAsync(parsed, _terminal, cancellationToken);
        CriteriaFile? criteria = _judging.CriteriaIn(parsed);
        if (parsed.GetValue(_showPrompt) && criteria is not null)
        {
            throw new UsageException("--show-prompt shows the prompt of a comparison; a criterion has one of its own (docs/criteria.md).");
        }

        if (source is JurySource && parsed.GetValue(_showPrompt))
        {
            throw new UsageException("--show-prompt is for one judge; each member of a jury has a prompt of its own.");
        }

        if (source is FolderSource { IsScalar: true } scalar && parsed.GetValue(_showPrompt))
        {
            throw new UsageException(
                $"--show-prompt is for a judge that reasons; {scalar.Folder} is a scalar reward model, which reads each response by itself."
            );
        }

        JudgeOptions options = _judging.Read(parsed, source);
        if (parsed.GetValue(_against) is { Length: > 0 } against)
        {
            return await AgainstAsync(parsed, source, options, against, cancellationToken);
        }

        if (criteria is not null)
        {
            return await new CriteriaRun(_terminal, _judging).RunAsync(
                parsed,
                source,
                options,
                criteria,
                await ReadTextsAsync(parsed, cancellationToken),
                parsed.GetValue(_json),
                cancellationToken
            );
        }

        Comparison comparison = await ReadComparisonAsync(parsed, cancellationToken);
        if (parsed.GetValue(_showPrompt))
        {
            return ShowPrompt(source, options, comparison, parsed.GetValue(_json));
        }

        if (options.Domain?.Check(comparison) is { } refusal)
        {
            throw new OutOfDomainException(refusal);
        }

        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        return Finish(await JudgeAsync(judge, comparison, options, parsed.GetValue(_json), cancellationToken));
    }

    private async Task<int> AgainstAsync(
        ParseResult parsed,
        ModelSource source,
        JudgeOptions options,
        string[] against,
        CancellationToken cancellationToken
    )
    {
        (string query, string[] responses) = await ReadTextsAsync(parsed, cancellationToken);
        if (responses.Length != 1 || parsed.GetValue(_showPrompt))
        {
            throw new UsageException("--against scores one response: give --response once, and no --show-prompt.");
        }

        TextArgument texts = new(_terminal);
        List<string> references = [];
        foreach (string reference in against)
        {
            references.Add(await texts.ReadAsync(reference, $"--against number {references.Count + 1}", cancellationToken));
        }

        using OpenedJudge judge = await _judging.OpenJudgeAsync(parsed, source, options, _terminal, cancellationToken);
        return await new AgainstRun(_terminal).RunAsync(judge, query, responses[0], references, parsed.GetValue(_json), cancellationToken);
    }

    private int Finish(Judgment judgment)
    {
        foreach (string warning in judgment.Warnings)
        {
            _terminal.Error.WriteLine($"rrm: warning: {warning}");
        }

        return ExitCodes.Of(judgment.Outcome != MatchOutcome.Missing, judgment.Outcome == MatchOutcome.Abstained);
    }

    private async Task<Comparison> ReadComparisonAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] responses = parsed.GetRequiredValue(_responses);
        if (responses.Length != 2)
        {
            throw new UsageException(
                $"--response is given {responses.Length} time{(responses.Length == 1 ? "" : "s")}; judge compares two: --response A "
                    + $"--response B."
            );
        }

        (string query, string[] texts) = await ReadTextsAsync(parsed, cancellationToken);
        return new Comparison(query, texts[0], texts[1]);
    }

    private async Task<(string Query, string[] Responses)> ReadTextsAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] responses = parsed.GetRequiredValue(_responses);
        if (responses.Length > 2)
        {
            throw new UsageException($"--response is given {responses.Length} times; --criteria judges one response or two.");
        }

        TextArgument texts = new(_terminal);
        string query = await texts.ReadAsync(parsed.GetRequiredValue(_query), "--query", cancellationToken);
        string[] names = ["the first --response", "the second --response"];
        for (int at = 0; at < responses.Length; at++)
        {
            responses[at] = await texts.ReadAsync(responses[at], names[at], cancellationToken);
        }

        return (query, responses);
    }

    private async Task<Judgment> JudgeAsync(
        OpenedJudge judge,
        Comparison comparison,
        JudgeOptions options,
        bool json,
        CancellationToken cancellationToken
    )
    {
        if (!json && judge.Reasoning is { } reasoning)
        {
            VotePrinter printer = new(_terminal, options.Order.Completions(options.Votes));
            Judgment? judgment = null;
            await foreach (JudgmentEvent happened in reasoning.JudgeStreamingAsync(comparison, cancellationToken))
            {
                printer.Show(happened);
                judgment = happened.Judgment ?? judgment;
            }

            WriteResult(judgment ?? throw new InvalidOperationException("The judge ended without a judgment."));
            return judgment;
        }

        Judgment whole = await judge.Judge.JudgeAsync(comparison, cancellationToken);
        if (json)
        {
            _terminal.Out.WriteLine(JsonSerializer.Serialize(whole, OutputJson.Indented.Judgment));
        }
        else
        {
            WriteResult(whole);
        }

        return whole;
    }

    private void WriteResult(Judgment judgment)
    {
        _terminal.Out.WriteLine();
        _terminal.Out.WriteLine(
            judgment.Preferred is { } preferred ? _terminal.Paint($"Response {(preferred == Verdict.First ? 1 : 2)} is better.", Green)
            : judgment.IsTie ? _terminal.Paint("Neither response is better.", Green)
            : _terminal.Paint($"No judgment. {judgment.MissingReason}", Yellow)
        );
        int first = judgment.Votes.Count(vote => vote.Verdict == Verdict.First);
        int second = judgment.Votes.Count(vote => vote.Verdict == Verdict.Second);
        int ties = judgment.Votes.Count(vote => vote.Verdict == Verdict.Tie);
        long tokens = judgment is { Votes.Count: 0, Members.Count: 0 } ? judgment.Usage.PromptTokens : judgment.Usage.OutputTokens;
        string[] facts =
        [
            judgment.Votes.Count == 0
                ? ""
                : $"votes {first}:{second}{(ties > 0 ? $", {ties} for a tie" : "")}"
                    + (judgment.EndedBy == VotingEnd.AllVotes ? "" : $" of at most {judgment.MaxVotes}"),
            judgment.IsScreened is { } screened ? $"decided by the {(screened ? "first stage" : "judge")}" : "",
            judgment.Confidence is { } confidence ? FormattableString.Invariant($"confidence {confidence:0.00}") : "",
            judgment.CalibratedConfidence is { } calibrated ? FormattableString.Invariant($"calibrated {calibrated:0.00}") : "",
            judgment is { Outcome: MatchOutcome.Abstained, Withheld: { } withheld }
                ? $"withheld: response {(withheld == Verdict.First ? 1 : 2)}"
                : "",
            judgment.PositionBias is { } bias ? FormattableString.Invariant($"position bias {bias:+0.00;-0.00;0.00}") : "",
            judgment.Votes.Count(vote => vote.Forced) is > 0 and int forced ? $"{forced} forced" : "",
            FormattableString.Invariant($"{tokens} tokens"),
            judgment.Usage.KeptOutputTokens is > 0 and long kept
                ? $"{kept.ToString(CultureInfo.InvariantCulture)} of them from the store"
                : "",
            judgment.Usage.Cost is { } cost ? FormattableString.Invariant($"cost {cost:0.######}") : "",
            FormattableString.Invariant($"{judgment.Usage.Elapsed.TotalSeconds:0.0} s"),
            judgment.Model,
        ];
        _terminal.Out.WriteLine(string.Join(" · ", facts.Where(fact => fact.Length > 0)));
        foreach (string line in judgment.Members.Count == 0 ? [] : JuryText.Lines(judgment.Members))
        {
            _terminal.Out.WriteLine(line);
        }
    }

    private int ShowPrompt(ModelSource source, JudgeOptions options, Comparison comparison, bool json)
    {
        Comparison judged = options.Truncated(comparison);
        ShownOrder order = options.Order.OrderOf(judged, 0);
        IReadOnlyList<ChatMessage> messages = options.Template.Render(judged, order);
        (string Text, int Tokens)? rendered = source.Render(messages);
        if (json)
        {
            PromptJson prompt = new(
                order == ShownOrder.Given ? "given" : "swapped",
                [.. messages.Select(message => new MessageJson(message.Role.Value, message.Text))],
                rendered?.Text,
                rendered?.Tokens
            );
            _terminal.Out.WriteLine(JsonSerializer.Serialize(prompt, OutputJson.Indented.PromptJson));
        }
        else if (rendered is { } whole)
        {
            _terminal.Out.WriteLine(whole.Text);
            _terminal.Error.WriteLine(FormattableString.Invariant($"rrm: {whole.Tokens} tokens"));
        }
        else
        {
            foreach (ChatMessage message in messages)
            {
                _terminal.Out.WriteLine(_terminal.Paint($"[{message.Role}]", Bold));
                _terminal.Out.WriteLine(message.Text);
            }

            _terminal.Error.WriteLine(
                "rrm: the server puts these messages into the model's own template; only it knows how many tokens they are."
            );
        }

        if (options.Domain?.Check(comparison) is { } refusal)
        {
            _terminal.Error.WriteLine($"rrm: warning: {refusal}");
        }

        return ExitCodes.Done;
    }
}
