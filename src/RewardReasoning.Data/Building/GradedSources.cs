using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Verification;

namespace RewardReasoning.Data.Building;

/// <summary>The queries of one source with their graded responses, as a stream; what is left out is counted.</summary>
internal sealed class GradedSources(BuildSource source, BuildRecipe recipe, BuildTools tools, SourceCounts counts)
{
    private readonly AnswerVerifier _verifier = new();

    /// <summary>Identities of the models that were asked.</summary>
    public List<string> Models { get; } = [];

    public IAsyncEnumerable<GradedQuery> ReadAsync(CancellationToken cancellationToken) =>
        source switch
        {
            OutputsSource outputs => ReadOutputsAsync(outputs, cancellationToken),
            SampledSource sampled => ReadSampledAsync(sampled, cancellationToken),
            AnnotatedSource annotated => ReadAnnotatedAsync(annotated, cancellationToken),
            _ => ReadPreferencesAsync(cancellationToken),
        };

    private async IAsyncEnumerable<GradedQuery> ReadOutputsAsync(
        OutputsSource outputs,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        List<OutputJoin> files =
        [
            .. RowFiles
                .FindAll(outputs.Outputs)
                .Select(path => new OutputJoin(path, outputs.Key, counts, cancellationToken) { Complain = Complain }),
        ];
        try
        {
            await foreach (
                (DataRow row, QuestionContent question) in RowsOf<QuestionContent>("a question and its answer", cancellationToken)
                    .ConfigureAwait(false)
            )
            {
                if (row.Field(outputs.Key) is not { } key)
                {
                    Fault(row, $"The row has no '{outputs.Key}'.");
                    continue;
                }

                List<(string Text, bool? IsRight)> graded = [];
                foreach (OutputJoin file in files)
                {
                    foreach (DataRow output in await file.TakeAsync(key).ConfigureAwait(false))
                    {
                        counts.Responses++;
                        if (Graded(output, question.Answer, outputs) is { } one)
                        {
                            graded.Add(one);
                        }
                    }
                }

                yield return Of(QueryOf(row, question), graded);
            }
        }
        finally
        {
            foreach (OutputJoin file in files)
            {
                await file.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private async IAsyncEnumerable<GradedQuery> ReadSampledAsync(
        SampledSource sampled,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Func<SampledModel, CancellationToken, Task<IChatClient>> open =
            tools.OpenModel ?? throw new InvalidOperationException("A source is sampled, and nothing opens its models.");
        List<IChatClient> clients = [];
        try
        {
            foreach (SampledModel model in sampled.Models)
            {
                clients.Add(await open(model, cancellationToken).ConfigureAwait(false));
                Models.Add(ChatOptionKeys.ModelIdentityOf(clients[^1]));
            }

            ResponseSampler sampler = new(clients, sampled, recipe.Seed);
            await foreach (
                (DataRow row, RowQuery query, string answer, IReadOnlyList<string>? samples, string? error) in OrderedWindow
                    .SelectAsync(
                        RowsOf<QuestionContent>("a question and its answer", cancellationToken),
                        tools.Concurrency,
                        4 * tools.Concurrency,
                        SampleAsync,
                        cancellationToken: cancellationToken
                    )
                    .ConfigureAwait(false)
            )
            {
                if (samples is null)
                {
                    counts.Missing++;
                    Complain(row, error ?? "no outputs");
                    continue;
                }

                counts.Responses += samples.Count;
                yield return Of(query, [.. samples.Select(Prepared).OfType<string>().Select(text => (text, RightOf(answer, text)))]);
            }

            async Task<(DataRow, RowQuery, string, IReadOnlyList<string>?, string?)> SampleAsync(
                (DataRow Row, QuestionContent Question) one,
                CancellationToken stop
            )
            {
                RowQuery query = QueryOf(one.Row, one.Question);
                try
                {
                    return (one.Row, query, one.Question.Answer, await sampler.SampleAsync(query, stop).ConfigureAwait(false), null);
                }
                catch (Exception exception) when (sampler.Failures.EndsOnlyTheRow(exception, stop))
                {
                    return (one.Row, query, one.Question.Answer, null, exception.Message);
                }
            }
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    private async IAsyncEnumerable<GradedQuery> ReadAnnotatedAsync(
        AnnotatedSource annotated,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        IJudge judge = tools.Judge ?? throw new InvalidOperationException("A source is annotated, and there is no judge.");
        FailurePolicy failures = new();
        await foreach (
            (DataRow row, PairContent pair, Judgment? judgment, string? error) in OrderedWindow
                .SelectAsync(
                    RowsOf<PairContent>("a query and two responses", cancellationToken),
                    tools.Concurrency,
                    4 * tools.Concurrency,
                    JudgeAsync,
                    cancellationToken: cancellationToken
                )
                .ConfigureAwait(false)
        )
        {
            if (judgment is not { Preferred: { } preferred, VoteShare: { } share })
            {
                counts.Missing++;
                Complain(row, error ?? judgment?.MissingReason ?? "no judgment");
            }
            else if ((2 * share) - 1 is var margin && (margin == 0 || margin < annotated.MinMargin))
            {
                counts.LowMargins++;
            }
            else
            {
                yield return Preferring(pair, preferred);
            }
        }

        async Task<(DataRow, PairContent, Judgment?, string?)> JudgeAsync((DataRow Row, PairContent Pair) one, CancellationToken stop)
        {
            try
            {
                Judgment judgment = await judge.JudgeAsync(one.Pair.Comparison, stop).ConfigureAwait(false);
                failures.Succeeded();
                return (one.Row, one.Pair, judgment, null);
            }
            catch (Exception exception) when (failures.EndsOnlyTheRow(exception, stop))
            {
                return (one.Row, one.Pair, null, exception.Message);
            }
        }
    }

    private async IAsyncEnumerable<GradedQuery> ReadPreferencesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (
            (DataRow row, PairContent pair) in RowsOf<PairContent>("a query and two responses", cancellationToken).ConfigureAwait(false)
        )
        {
            if (pair.Label == Verdict.Unparsable)
            {
                counts.LowMargins++;
            }
            else
            {
                yield return Preferring(pair, pair.Label);
            }
        }
    }

    private async IAsyncEnumerable<(DataRow Row, T Content)> RowsOf<T>(
        string what,
        [EnumeratorCancellation] CancellationToken cancellationToken
    )
        where T : RowContent
    {
        await foreach (
            DataRow row in RowReader
                .ReadAsync(RowFiles.FindAll(source.Rows), cancellationToken)
                .Take(source.Limit ?? int.MaxValue)
                .ConfigureAwait(false)
        )
        {
            counts.Rows++;
            switch (RowRecognizer.Recognize(row))
            {
                case T content:
                    yield return (row, content);
                    break;
                case FaultyContent faulty:
                    Fault(row, faulty.Error);
                    break;
                case var other:
                    Fault(row, $"The row holds {RowKinds.Describe(other.Kind)}; this source needs {what}.");
                    break;
            }
        }
    }

    private (string Text, bool? IsRight)? Graded(DataRow output, string answer, OutputsSource outputs)
    {
        foreach ((string field, JsonElement value) in outputs.Require)
        {
            if (output.Field(field) != (value.ValueKind == JsonValueKind.String ? value.GetString() : value.GetRawText()))
            {
                counts.ExcludedResponses++;
                return null;
            }
        }

        if (output.Field(outputs.Output) is not { } text)
        {
            Fault(output, $"The row has no '{outputs.Output}'.");
            return null;
        }

        if (output.Value(outputs.Output) is { ValueKind: JsonValueKind.String } written && JsonRow.TextOf(written) is null)
        {
            Fault(output, $"'{outputs.Output}' is not valid Unicode (half a surrogate pair).");
            return null;
        }

        return Prepared(text) is not { } prepared ? null
            : outputs.Correct is null ? (prepared, RightOf(answer, prepared))
            : (
                prepared,
                output.Field(outputs.Correct) switch
                {
                    "true" or "1" => true,
                    "false" or "0" => false,
                    _ => null,
                }
            );
    }

    private bool? RightOf(string answer, string text) =>
        _verifier.Verify(answer, ReasoningText.Split(text).Answer) switch
        {
            AnswerVerdict.Equal => true,
            AnswerVerdict.Different => false,
            _ => null,
        };

    /// <summary>The response as it will be judged; null where nothing is left of it.</summary>
    private string? Prepared(string response)
    {
        string? text =
            recipe.StripThoughts ? ReasoningText.AnswerOf(response)
            : response.Length > 0 ? response
            : null;
        foreach (string mark in source.CutAt)
        {
            int at = text?.IndexOf(mark, StringComparison.Ordinal) ?? -1;
            text = at < 0 ? text : text?[..at].TrimEnd();
        }

        if (string.IsNullOrEmpty(text))
        {
            counts.EmptyResponses++;
            return null;
        }

        return text;
    }

    /// <summary>
    /// The query with its right and wrong responses. A response that counts as wrong, but gives the same answer as one that counts as
    /// right, is neither: a pair of the two would have no right label.
    /// </summary>
    private GradedQuery Of(RowQuery query, List<(string Text, bool? IsRight)> graded)
    {
        string[] right = [.. graded.Where(one => one.IsRight == true).Select(one => one.Text)];
        string[] wrong =
        [
            .. graded
                .Where(one => one.IsRight == false && (source is OutputsSource { Correct: not null } || !GivesAnswerOf(right, one.Text)))
                .Select(one => one.Text),
        ];
        counts.UndecidedResponses += graded.Count - right.Length - wrong.Length;
        return new GradedQuery(query, right, wrong);
    }

    private bool GivesAnswerOf(string[] right, string text) => right.Length > 0 && _verifier.Verify(right[0], text) == AnswerVerdict.Equal;

    private GradedQuery Preferring(PairContent pair, Verdict better)
    {
        counts.Responses += 2;
        (string chosen, string rejected) =
            better == Verdict.First
                ? (pair.Comparison.Response1, pair.Comparison.Response2)
                : (pair.Comparison.Response2, pair.Comparison.Response1);
        return new GradedQuery(pair.Query, Prepared(chosen) is { } right ? [right] : [], Prepared(rejected) is { } wrong ? [wrong] : []);
    }

    /// <summary>The question, with the options of one that has them.</summary>
    private static RowQuery QueryOf(DataRow row, QuestionContent question)
    {
        if (
            row.Fields is not { } fields
            || !fields.TryGetProperty("options", out JsonElement options)
            || options.ValueKind != JsonValueKind.Array
            || options.GetArrayLength() is 0 or > 26
        )
        {
            return question.Query;
        }

        IEnumerable<string> lines = options
            .EnumerateArray()
            .Select(
                (option, index) =>
                    $"({(char)('A' + index)}) "
                    + $"{(option.ValueKind == JsonValueKind.String ? JsonRow.TextOrEscapes(option) : option.GetRawText())}"
            );
        return RowQuery.OfText($"{question.Query.Text}\n\n{string.Join('\n', lines)}");
    }

    private void Fault(DataRow row, string fault)
    {
        counts.FaultyRows++;
        Complain(row, fault);
    }

    private void Complain(DataRow row, string fault) => tools.Complain(row.Place, fault);
}
