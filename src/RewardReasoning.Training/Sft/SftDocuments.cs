using System.Text.Json;
using Microsoft.Extensions.AI;
using RewardReasoning.Models.ChatTemplates;
using RewardReasoning.Models.Tokenization;
using RewardReasoning.Training.Runs;

namespace RewardReasoning.Training.Sft;

/// <summary>Token ids of a document and the weight of each as a target; 0 over the prompt.</summary>
public sealed record SftDocument(int[] Ids, float[] Weights);

/// <summary>
/// Reads supervised documents: JSONL rows of <c>prompt</c> (the user's turn) and <c>completion</c>, which follows the chat template's
/// generation prompt and is either a string or a list of <c>{"text", "weight"}</c>. The end-of-turn token is added, with weight 1.
/// Control tokens in a completion are meant (it is the assistant's own text), those in a prompt are plain text.
/// </summary>
public sealed class SftDocuments : IDisposable
{
    private readonly string _path;
    private readonly FileStream _file;
    private readonly List<long> _offsets = [];
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
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        FindLines();
        if (_offsets.Count == 0)
        {
            _file.Dispose();
            throw new RecipeException($"{path} holds no line; there is nothing to train on.");
        }
    }

    /// <summary>Number of documents.</summary>
    public int Count => _offsets.Count;

    /// <summary>Reads document <paramref name="index"/>.</summary>
    /// <exception cref="RecipeException">The line is no document; file and line are named.</exception>
    public SftDocument Read(int index)
    {
        long end = index + 1 < _offsets.Count ? _offsets[index + 1] : _file.Length;
        byte[] line = new byte[end - _offsets[index]];
        _file.Position = _offsets[index];
        _file.ReadExactly(line);
        try
        {
            using JsonDocument row = JsonDocument.Parse(line);
            return Tokenize(row.RootElement);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new RecipeException($"{_path}, document {index + 1}: {error.Message} A row must hold \"prompt\" and \"completion\".", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private SftDocument Tokenize(JsonElement row)
    {
        string prompt = row.GetProperty("prompt").GetString() ?? throw new InvalidOperationException("prompt is null.");
        List<int> ids = [.. ConversationIds.Of(_chat, [new ChatMessage(ChatRole.User, prompt)])];
        List<float> weights = [.. Enumerable.Repeat(0f, ids.Count)];
        JsonElement completion = row.GetProperty("completion");
        if (completion.ValueKind == JsonValueKind.String)
        {
            Append(ids, weights, completion.GetString() ?? "", 1);
        }
        else
        {
            foreach (JsonElement part in completion.EnumerateArray())
            {
                Append(ids, weights, part.GetProperty("text").GetString() ?? "", part.GetProperty("weight").GetSingle());
            }
        }

        ids.Add(_endOfTurn);
        weights.Add(1);
        return new SftDocument([.. ids], [.. weights]);
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
                    if (!blank)
                    {
                        _offsets.Add(start);
                    }

                    start = position + i + 1;
                    blank = true;
                }
                else
                {
                    blank &= buffer[i] is (byte)' ' or (byte)'\r';
                }
            }

            position += read;
        }

        if (!blank)
        {
            _offsets.Add(start);
        }
    }
}
