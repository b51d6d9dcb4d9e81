using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Recipes;
using RewardReasoning.Text.ChatTemplates;
using RewardReasoning.Text.Tokenization;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Sft;

/// <summary>Token ids of a document and the weight of each as a target; 0 over the prompt.</summary>
public sealed record SftDocument(int[] Ids, float[] Weights)
{
    /// <summary>What is learnt, as text.</summary>
    public string Completion { get; init; } = "";
}

/// <summary>
/// Reads supervised documents: JSON lines of <c>prompt</c> (the user's turn) and <c>completion</c>, which follows the chat template's
/// generation prompt and is either a string or a list of <c>{"text", "weight"}</c>; or questions with their answers, labelled pairs, of
/// which the better response is learnt, or messages, of which the last is. The end-of-turn token is added, with weight 1.
/// Control tokens in a completion are meant (it is the assistant's own text), those in a prompt are plain text. Rows are read where they
/// are needed, so that a file may be larger than memory; a packed one is unpacked into memory.
/// </summary>
public sealed class SftDocuments : IDisposable
{
    private readonly string _path;
    private readonly Stream _file;
    private readonly List<Place> _places = [];
    private readonly Tokenizer _tokenizer;
    private readonly ChatTokenizer _chat;
    private readonly int _endOfTurn;

    /// <summary>Opens the file and finds its lines.</summary>
    /// <exception cref="RecipeException">The file is missing or empty.</exception>
    public SftDocuments(string path, ChatTokenizer chat, int endOfTurn)
    {
        if (!File.Exists(path))
        {
            throw new RecipeException($"{path} does not exist; the recipe's data must be a JSONL file of prompt and completion.");
        }

        (_path, _chat, _tokenizer, _endOfTurn) = (path, chat, chat.Tokenizer, endOfTurn);
        _file = Open(path);
        FindLines();
        if (_places.Count == 0)
        {
            _file.Dispose();
            throw new RecipeException($"{path} holds no line; there is nothing to train on.");
        }
    }

    /// <summary>Number of documents.</summary>
    public int Count => _places.Count;

    /// <summary>Reads document <paramref name="index"/>.</summary>
    /// <exception cref="RecipeException">The line is no document; file and line are named.</exception>
    public SftDocument Read(int index)
    {
        Place place = _places[index];
        byte[] line = new byte[place.Length];
        _file.Position = place.Start;
        _file.ReadExactly(line);
        try
        {
            using JsonDocument row = JsonDocument.Parse(line);
            return Tokenize(row.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RecipeException(
                $"{_path}, document {place.Number}: {error.Message} A row must hold \"prompt\" and \"completion\", a question with its answer, a labelled pair, or messages.",
                error
            );
        }
    }

    /// <summary>Takes documents out of these by chance, for measuring: they are no longer read here.</summary>
    /// <param name="count">How many.</param>
    /// <param name="longest">Their most tokens.</param>
    /// <param name="seed">Of the choice.</param>
    /// <exception cref="RecipeException">There are not that many, or none would be left.</exception>
    public IReadOnlyList<SftDocument> TakeOut(int count, int longest, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, Count)];
        new SeededRandom(seed).Shuffle(order);
        (int Index, SftDocument Document)[] taken =
        [
            .. order.Select(index => (index, Read(index))).Where(entry => entry.Item2.Ids.Length <= longest).Take(count),
        ];
        if (taken.Length < count || count == Count)
        {
            throw new RecipeException(
                $"{_path} holds {Count} documents, {taken.Length} of them of at most {longest} tokens; {count} cannot be held out of it. Lower held_out.documents, or name held_out.data."
            );
        }

        foreach (int index in taken.Select(entry => entry.Index).OrderDescending())
        {
            _places.RemoveAt(index);
        }

        return [.. taken.Select(entry => entry.Document)];
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static Stream Open(string path)
    {
        try
        {
            RowFile file = RowFile.OpenAsync(path).GetAwaiter().GetResult();
            (RowFormat format, RowCompression packing) = (file.Format, file.Compression);
            file.DisposeAsync().AsTask().GetAwaiter().GetResult();
            if (format != RowFormat.JsonLines)
            {
                throw new RecipeException($"{path} does not hold JSON lines; supervised documents are read from JSON lines alone.");
            }

            if (packing == RowCompression.None)
            {
                return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            }

            using Stream unpacking = JsonLines.OpenAsync(path, CancellationToken.None).GetAwaiter().GetResult();
            MemoryStream unpacked = new();
            unpacking.CopyTo(unpacked);
            unpacked.Position = 0;
            return unpacked;
        }
        catch (Exception error) when (error is NotSupportedException or InvalidDataException)
        {
            throw new RecipeException($"{path}: {error.Message}", error);
        }
    }

    private SftDocument Tokenize(JsonElement row)
    {
        if (!row.TryGetProperty("completion", out JsonElement completion))
        {
            (IReadOnlyList<ChatMessage> conversation, string reply) = Recognize(row);
            return Document(conversation, [(reply, 1)]);
        }

        string prompt = row.GetProperty("prompt").GetString() ?? throw new InvalidOperationException("prompt is null.");
        return Document(
            [new ChatMessage(ChatRole.User, prompt)],
            completion.ValueKind == JsonValueKind.String
                ? [(completion.GetString() ?? "", 1)]
                :
                [
                    .. completion
                        .EnumerateArray()
                        .Select(part => (part.GetProperty("text").GetString() ?? "", part.GetProperty("weight").GetSingle())),
                ]
        );
    }

    private (IReadOnlyList<ChatMessage> Conversation, string Reply) Recognize(JsonElement row) =>
        RowRecognizer.Recognize(
            new DataRow
            {
                File = _path,
                Number = 0,
                Fields = row,
            }
        ) switch
        {
            QuestionContent question => (question.Query.Messages, question.Answer),
            PairContent { Preference: { } pair } labelled => (labelled.Query.Messages, pair.Chosen),
            MessagesContent { Messages: [_, .., var last] } messages when last.Role == ChatRole.Assistant => (
                [.. messages.Messages.SkipLast(1)],
                last.Text
            ),
            FaultyContent faulty => throw new InvalidOperationException(faulty.Error),
            var other => throw new InvalidOperationException($"The row holds {RowKinds.Describe(other.Kind)}."),
        };

    private SftDocument Document(IReadOnlyList<ChatMessage> conversation, (string Text, float Weight)[] completion)
    {
        List<int> ids = [.. ConversationIds.Of(_chat, conversation)];
        List<float> weights = [.. Enumerable.Repeat(0f, ids.Count)];
        foreach ((string text, float weight) in completion)
        {
            Append(ids, weights, text, weight);
        }

        ids.Add(_endOfTurn);
        weights.Add(1);
        return new SftDocument([.. ids], [.. weights]) { Completion = string.Concat(completion.Select(part => part.Text)) };
    }

    private void Append(List<int> ids, List<float> weights, string text, float weight)
    {
        int[] tokens = _tokenizer.Encode(text);
        ids.AddRange(tokens);
        weights.AddRange(Enumerable.Repeat(weight, tokens.Length));
    }

    private void FindLines()
    {
        byte[] buffer = new byte[1 << 20];
        long position = 0;
        long start = 0;
        bool blank = true;
        for (int read = _file.Read(buffer); read > 0; read = _file.Read(buffer))
        {
            for (int i = 0; i < read; i++)
            {
                if (buffer[i] == (byte)'\n')
                {
                    EndLine(position + i + 1);
                }
                else
                {
                    blank &= buffer[i] is (byte)' ' or (byte)'\r';
                }
            }

            position += read;
        }

        EndLine(position);

        void EndLine(long next)
        {
            if (!blank)
            {
                _places.Add(new Place(start, (int)(next - start), _places.Count + 1));
            }

            start = next;
            blank = true;
        }
    }

    /// <summary>A line that is not blank.</summary>
    /// <param name="Start">Its first byte.</param>
    /// <param name="Length">In bytes.</param>
    /// <param name="Number">Which document of the file, from 1.</param>
    private readonly record struct Place(long Start, int Length, int Number);
}
