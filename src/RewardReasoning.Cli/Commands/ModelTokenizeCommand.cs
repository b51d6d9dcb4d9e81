using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RewardReasoning.Cli.Hub;
using RewardReasoning.Cli.Judging;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Data.Rows;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Cli.Commands;

/// <summary><c>rrm model tokenize</c>: texts in, token ids out.</summary>
internal static class ModelTokenizeCommand
{
    private const string StandardInput = "-";

    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = new("FOLDER") { Description = "Folder with a tokenizer.json, or hf://OWNER/NAME of a model on the hub." };
        Argument<string> texts = new("FILE")
        {
            Description = "One JSON string a line; - for standard input.",
            DefaultValueFactory = _ => StandardInput,
        };
        Option<bool> plain = new("--plain") { Description = "Read special tokens as the text they are, as in untrusted text." };
        Command command = Verb.Create(
            terminal,
            "tokenize",
            "Print the token ids of texts: one JSON string a line in, one JSON array of ids a line out.",
            """
            echo '"12*4+7"' | rrm model tokenize models/rrm-mini
            rrm model tokenize models/rrm-mini texts.jsonl --plain
            """
        );
        command.Arguments.Add(folder);
        command.Arguments.Add(texts);
        command.Options.Add(plain);
        command.SetAction(
            (parsed, cancellationToken) =>
                RunAsync(
                    terminal,
                    parsed.GetRequiredValue(folder),
                    parsed.GetRequiredValue(texts),
                    parsed.GetValue(plain),
                    cancellationToken
                )
        );
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, string folder, string texts, bool plain, CancellationToken cancellationToken)
    {
        if (texts != StandardInput && !File.Exists(texts))
        {
            throw new UsageException($"There is no file '{texts}'.");
        }

        Tokenizer tokenizer = Tokenizer.Load(
            ModelFolders.RequireExisting(await HubArgument.LocalModelAsync(folder, terminal, cancellationToken))
        );
        await using Stream stream = texts == StandardInput ? terminal.In : await JsonLines.OpenAsync(texts, cancellationToken);
        string name = texts == StandardInput ? "standard input" : texts;
        await foreach (Line line in JsonLines.ReadAsync(stream, cancellationToken))
        {
            string text = line.Error is null
                ? Parse(line.Bytes, $"{name}:{line.Number}")
                : throw new UsageException($"{name}:{line.Number}: {line.Error}");
            IEnumerable<string> ids = (plain ? tokenizer.EncodePlain(text) : tokenizer.Encode(text)).Select(id =>
                id.ToString(CultureInfo.InvariantCulture)
            );
            terminal.Out.WriteLine($"[{string.Join(", ", ids)}]");
        }

        return ExitCodes.Done;
    }

    private static string Parse(ReadOnlyMemory<byte> line, string place)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.String && document.RootElement.GetString() is { } text
                ? text
                : throw new UsageException($"{place}: not a JSON string; write each text in quotes, line ends as \\n.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new UsageException($"{place}: not a JSON string; write each text in quotes, line ends as \\n.", exception);
        }
    }
}
