using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Recipes;

namespace RewardReasoning.Training.Preferences;

/// <summary>A labelled pair.</summary>
/// <param name="Row">Its place, and its other fields.</param>
/// <param name="Conversation">What was asked, turn by turn.</param>
/// <param name="Pair">The same as texts, with both responses.</param>
internal sealed record PreferenceRow(DataRow Row, IReadOnlyList<ChatMessage> Conversation, PreferencePair Pair);

/// <summary>Labelled pairs of a data file, as every kind of training on preferences reads them.</summary>
internal static class PreferenceFile
{
    /// <summary>All rows, in file order.</summary>
    /// <exception cref="RewardReasoningException">The file cannot be read or holds no pair, or a row is unusable or unlabelled; the place
    /// is named.</exception>
    public static List<PreferenceRow> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new RecipeException($"{path} does not exist; it must be a JSONL or Parquet file of query, chosen and rejected.");
        }

        List<PreferenceRow> pairs = [];
        foreach (DataRow row in RowReader.ReadAsync(path).ToBlockingEnumerable())
        {
            pairs.Add(
                RowRecognizer.Recognize(row) switch
                {
                    PairContent { Preference: { } pair } labelled => new PreferenceRow(row, labelled.Query.Messages, pair),
                    PairContent => throw new RecipeException($"{row.Place}: the pair has no label; training needs chosen and rejected."),
                    FaultyContent faulty => throw new RecipeException($"{row.Place}: {faulty.Error}"),
                    var other => throw new RecipeException(
                        $"{row.Place}: the row holds {RowKinds.Describe(other.Kind)}; training needs chosen and rejected."
                    ),
                }
            );
        }

        return pairs.Count > 0 ? pairs : throw new RecipeException($"{path} holds no pair; there is nothing to train on.");
    }
}
