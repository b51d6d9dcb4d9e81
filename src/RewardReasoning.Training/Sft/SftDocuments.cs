using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Data.Recognition;
using RewardReasoning.Data.Rows;
using RewardReasoning.Recipes;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Sft;

/// <summary>Token ids of a document and the weight of each as a target; 0 over the prompt.</summary>
internal sealed record SftDocument(int[] Ids, float[] Weights)
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
internal sealed class SftDocuments : IDisposable
{
    private readonly string _path;
    private readonly Stream _file;
    private readonly List<Place> _places = [];
    private readonly TrainedChat _chat;

    /// <summary>Opens the file and finds its lines.</summary>
    /// <exception cref="RewardReasoningException">The file is missing or empty.</exception>
    public SftDocuments(string path, TrainedChat chat)
    {
        if (!File.Exists(path))
        {
            throw new RecipeException($"{path} does not exist; the recipe's data must be a JSONL file of prompt and completion.");
        }

        (_path, _chat) = (path, chat);
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
    /// <exception cref="RewardReasoningException">The line is no document; file and line are named.</exception>
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
        catch (JsonException error)
        {
            throw new RecipeException($"{_path}, document {place.Number}, is not valid JSON: {error.Message}", error);
        }
        catch (RecipeException error)
        {
            throw new RecipeException($"{_path}, document {place.Number}: {error.Message}", error);
        }
    }

    /// <summary>Takes documents out of these by chance, for measuring: they are no longer read here.</summary>
    /// <param name="count">How many.</param>
    /// <param name="longest">Their most tokens.</param>
    /// <param name="seed">Of the choice.</param>
    /// <exception cref="RewardReasoningException">There are not that many, or none would be left.</exception>
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
                $"{_path} holds {Count} documents, {taken.Length} of them of at most {longest} tokens; {count} cannot be held out of it. "
                    + "Lower held_out.documents, or name held_out.data."
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
        JsonElement completion =
            row.ValueKind == JsonValueKind.Object && row.TryGetProperty("completion", out JsonElement given) ? given : default;
        return completion.ValueKind switch
        {
            JsonValueKind.Undefined => Recognize(row),
            JsonValueKind.String => Document(Prompt(row), [(completion.GetString() ?? "", 1)]),
            JsonValueKind.Array when completion.EnumerateArray().Any(IsMessage) => Recognize(Conversation(row, completion)),
            JsonValueKind.Array => Document(Prompt(row), [.. completion.EnumerateArray().Select(WeightedPart)]),
            _ => throw Unusable("completion is neither a text nor a list"),
        };
    }

    private static bool IsMessage(JsonElement item) => item.ValueKind == JsonValueKind.Object && item.TryGetProperty("role", out _);

    private static IReadOnlyList<ChatMessage> Prompt(JsonElement row) =>
        row.TryGetProperty("prompt", out JsonElement prompt) && prompt.ValueKind == JsonValueKind.String
            ? [new ChatMessage(ChatRole.User, prompt.GetString() ?? "")]
            : throw Unusable("prompt is missing or not a text");

    private static (string Text, float Weight) WeightedPart(JsonElement part) =>
        part.ValueKind == JsonValueKind.Object
        && part.TryGetProperty("text", out JsonElement text)
        && text.ValueKind == JsonValueKind.String
        && part.TryGetProperty("weight", out JsonElement weight)
        && weight.ValueKind == JsonValueKind.Number
            ? (text.GetString() ?? "", weight.GetSingle())
            : throw Unusable("a part of completion is not an object of text and weight");

    /// <summary>TRL's conversational rows: prompt and completion are lists of messages, which together are one conversation.</summary>
    private static JsonElement Conversation(JsonElement row, JsonElement completion)
    {
        if (!row.TryGetProperty("prompt", out JsonElement prompt) || prompt.ValueKind != JsonValueKind.Array)
        {
            throw Unusable("completion is a list of messages, so prompt must be one too");
        }

        return JsonSerializer.SerializeToElement(
            new Dictionary<string, JsonElement[]> { ["messages"] = [.. prompt.EnumerateArray(), .. completion.EnumerateArray()] }
        );
    }

    private SftDocument Recognize(JsonElement row) =>
        RowRecognizer.Recognize(
            new DataRow
            {
                File = _path,
                Number = 0,
                Fields = row,
            }
        ) switch
        {
            QuestionContent question => Document(question.Query.Messages, [(question.Answer, 1)]),
            PairContent { Preference: { } pair } labelled => Document(labelled.Query.Messages, [(pair.Chosen, 1)]),
            MessagesContent { Messages: [_, .., var last] } messages when last.Role == ChatRole.Assistant => Document(
                [.. messages.Messages.SkipLast(1)],
                last.Text,
                Reasoning(row)
            ),
            FaultyContent faulty => throw Unusable(faulty.Error.TrimEnd('.')),
            var other => throw Unusable($"the row holds {RowKinds.Describe(other.Kind)}"),
        };

    /// <summary>The reasoning that a conversation's last message gives apart; null without one.</summary>
    private static string? Reasoning(JsonElement row) =>
        row.EnumerateObject().Select(field => field.Value).FirstOrDefault(IsConversation) is { ValueKind: JsonValueKind.Array } messages
        && messages.EnumerateArray().Last().TryGetProperty("reasoning_content", out JsonElement reasoning)
        && reasoning.ValueKind == JsonValueKind.String
        && reasoning.GetString() is { Length: > 0 } text
            ? text
            : null;

    private static bool IsConversation(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() > 0 && value.EnumerateArray().All(IsMessage);

    private static RecipeException Unusable(string found) =>
        new(
            $"{found}. A row must hold prompt and completion (texts, or lists of messages), a question with its answer, a labelled pair, "
                + "or "
                + "messages that end with the assistant's."
        );

    private SftDocument Document(IReadOnlyList<ChatMessage> conversation, string reply, string? reasoning)
    {
        if (reasoning is null)
        {
            return Document(conversation, [(reply, 1)]);
        }

        int[] prompt = _chat.Prompt(conversation);
        int[] ids = [.. prompt, .. _chat.Reply(conversation, prompt, reasoning, reply), _chat.EndOfTurn];
        return new SftDocument(ids, [.. ids.Select((_, index) => index < prompt.Length ? 0f : 1f)]) { Completion = reply };
    }

    private SftDocument Document(IReadOnlyList<ChatMessage> conversation, (string Text, float Weight)[] completion)
    {
        int[] prompt = _chat.Prompt(conversation);
        List<int> ids = [.. prompt];
        List<float> weights = [.. Enumerable.Repeat(0f, ids.Count)];
        for (int part = 0; part < completion.Length; part++)
        {
            (string text, float weight) = completion[part];
            int[] tokens = _chat.Reply(part == 0 ? prompt : [], text);
            ids.AddRange(tokens);
            weights.AddRange(Enumerable.Repeat(weight, tokens.Length));
        }

        ids.Add(_chat.EndOfTurn);
        weights.Add(1);
        return new SftDocument([.. ids], [.. weights]) { Completion = string.Concat(completion.Select(part => part.Text)) };
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
