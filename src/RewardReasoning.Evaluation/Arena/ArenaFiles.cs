using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Evaluation.Benchmarks;
using RewardReasoning.Ratings;

namespace RewardReasoning.Evaluation.Arena;

/// <summary>Answers of models, recorded battles, and what a run leaves.</summary>
internal static class ArenaFiles
{
    private static readonly string[] PromptFields = ["prompt", "uid", "question_id", "id"];

    /// <summary>The answers of files, by the prompt and the model, prompts in the order in which they first come.</summary>
    /// <param name="paths">
    /// Rows of <c>model</c>, a prompt and an answer; also as AlpacaEval, Arena-Hard and MT-Bench publish them, those with their questions
    /// in a file of its own beside the answers.
    /// </param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidDataException">A row is not an answer, its question is missing, or it answers what the same model answered
    /// before.</exception>
    public static async Task<ArenaAnswers> ReadAnswersAsync(IEnumerable<string> paths, CancellationToken cancellationToken = default)
    {
        ArenaAnswers answers = new();
        Dictionary<string, string> questions = new(StringComparer.Ordinal);
        List<(DataRow Row, ModelAnswerContent Answer)> waiting = [];
        await foreach (DataRow row in RowReader.ReadAsync(paths, cancellationToken).ConfigureAwait(false))
        {
            switch (RowRecognizer.Recognize(row))
            {
                case ModelAnswerContent { Query: { } query } answer:
                    Add(row, query.Text, answer);
                    break;
                case ModelAnswerContent answer when IdOf(row) is not null:
                    waiting.Add((row, answer));
                    break;
                case QueryContent { Query: var query } when IdOf(row) is { } id:
                    questions[id] = query.Text;
                    break;
                case var other:
                    throw new InvalidDataException(
                        $"{row.Place}: "
                            + $"{(row.Error ?? (other as FaultyContent)?.Error ?? "the row is not an answer of a model").TrimEnd('.')}. "
                            + "An arena's answers are rows of model, prompt and answer, or of model_id, question_id and choices beside "
                            + "the file of questions."
                    );
            }
        }

        foreach ((DataRow row, ModelAnswerContent answer) in waiting)
        {
            Add(
                row,
                questions.TryGetValue(IdOf(row) ?? "", out string? question)
                    ? question
                    : throw new InvalidDataException(
                        $"{row.Place}: the row answers question '{IdOf(row)}', and its text is in none of the files; give the file of "
                            + "questions (question.jsonl) with the answers."
                    ),
                answer
            );
        }

        return answers;

        void Add(DataRow row, string prompt, ModelAnswerContent answer)
        {
            if (!answers.Add(prompt, answer.Model, answer.Answer))
            {
                throw new InvalidDataException(
                    $"{row.Place}: '{answer.Model}' answered this prompt before; an arena takes one answer of each model to each prompt."
                );
            }
        }
    }

    private static string? IdOf(DataRow row) => row.Field("question_id") ?? row.Field("uid");

    /// <summary>
    /// Battles as they were recorded: rows of matches, with the prompt's identity and the answers' styles where they have them.
    /// </summary>
    /// <param name="path">A file of battles; that of a run, or anything with players and a winner.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="InvalidDataException">A row is not a battle.</exception>
    public static async Task<(IReadOnlyList<Battle> Battles, int Missing)> ReadBattlesAsync(
        string path,
        CancellationToken cancellationToken = default
    )
    {
        List<Battle> battles = [];
        int missing = 0;
        await foreach (DataRow row in RowReader.ReadAsync(RowFiles.Find(path), cancellationToken).ConfigureAwait(false))
        {
            MatchContent match = RowRecognizer.Recognize(row) switch
            {
                MatchContent content => content,
                FaultyContent faulty => throw new InvalidDataException($"{row.Place}: {faulty.Error}"),
                var other => throw new InvalidDataException(
                    $"{row.Place}: the row holds {RowKinds.Describe(other.Kind)}; a battle has two players and a winner."
                ),
            };
            if (new MatchResult(0, 1, match.Outcome).FirstPoints is not { } points)
            {
                missing++;
                continue;
            }

            battles.Add(
                new Battle
                {
                    // A row without a prompt is a prompt of its own.
                    Prompt =
                        PromptFields.Select(row.Field).FirstOrDefault(prompt => prompt is not null)
                        ?? row.Number.ToString(CultureInfo.InvariantCulture),
                    Model1 = match.Player1,
                    Model2 = match.Player2,
                    Games = 1,
                    Points1 = points,
                    Style1 = StyleOf(row, "style_1"),
                    Style2 = StyleOf(row, "style_2"),
                }
            );
        }

        return (battles, missing);
    }

    /// <summary>The battles of a run, a row for each game: <c>rrm rate</c> and a replay read them.</summary>
    public static Task WriteBattlesAsync(string folder, IEnumerable<JudgedItem> items, CancellationToken cancellationToken = default)
    {
        IEnumerable<string> rows = items
            .Where(judged => Battle.Of(judged) is not null)
            .SelectMany(judged =>
                judged.Shown.Select(shown =>
                    JsonSerializer.Serialize(
                        new ArenaGame(
                            judged.Item.Row,
                            judged.Item.Section,
                            judged.Item.Detail,
                            shown.Outcome switch
                            {
                                MatchOutcome.First => "1",
                                MatchOutcome.Second => "2",
                                _ => "tie",
                            },
                            shown.Order,
                            AnswerStyle.Of(judged.Item.Comparison.Response1),
                            AnswerStyle.Of(judged.Item.Comparison.Response2)
                        ),
                        ArenaJson.Lines.ArenaGame
                    )
                )
            );
        Directory.CreateDirectory(folder);
        return File.WriteAllLinesAsync(Path.Combine(folder, "battles.jsonl"), rows, cancellationToken);
    }

    private static AnswerStyle? StyleOf(DataRow row, string name)
    {
        try
        {
            return row.Field(name) is { } style ? JsonSerializer.Deserialize(style, ArenaJson.Lines.AnswerStyle) : null;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException(
                $"{row.Place}: {name} is not a style of an answer ({exception.Message}); it has length, headings, list_items and bold.",
                exception
            );
        }
    }
}

/// <summary>A row of battles.jsonl: one game.</summary>
/// <param name="Prompt">The prompt's number in the run.</param>
/// <param name="Player1">The first model.</param>
/// <param name="Player2">The second model.</param>
/// <param name="Winner">1, 2 or tie.</param>
/// <param name="Order">The order in which the judge was shown their answers.</param>
/// <param name="Style1">Style of the first answer.</param>
/// <param name="Style2">Style of the second answer.</param>
internal sealed record ArenaGame(
    string Prompt,
    [property: JsonPropertyName("player_1")] string Player1,
    [property: JsonPropertyName("player_2")] string Player2,
    string Winner,
    ShownOrder Order,
    [property: JsonPropertyName("style_1")] AnswerStyle Style1,
    [property: JsonPropertyName("style_2")] AnswerStyle Style2
);
