using System.Text.Json;
using RewardReasoning.Data.Rows;

namespace RewardReasoning.Evaluation.Benchmarks;

/// <summary>A row of a benchmark's file, with its place for error messages.</summary>
/// <param name="Fields">The row's fields.</param>
/// <param name="Place">File and number of the row, from 1.</param>
/// <param name="File">The file's name, without folders.</param>
/// <param name="Number">The row's number, from 0.</param>
internal readonly record struct BenchmarkRow(JsonElement Fields, string Place, string File, int Number)
{
    /// <summary>A field that must be a string (or a number, as text).</summary>
    public string Text(string name) => OptionalText(name) ?? throw new InvalidDataException($"{Place}: the row has no '{name}'.");

    /// <summary>A field as text; null where the row has none, or null.</summary>
    public string? OptionalText(string name) =>
        !Fields.TryGetProperty(name, out JsonElement value)
            ? null
            : value.ValueKind switch
            {
                JsonValueKind.String => Known(value, name),
                JsonValueKind.Null => null,

                // As Python prints them, through which the authors' own files went.
                JsonValueKind.True => "True",
                JsonValueKind.False => "False",
                JsonValueKind.Number => value.GetRawText(),
                _ => throw new InvalidDataException($"{Place}: '{name}' is not a text."),
            };

    /// <summary>A field that must be a list of strings.</summary>
    public IReadOnlyList<string> Texts(string name)
    {
        BenchmarkRow row = this;
        return
            Fields.TryGetProperty(name, out JsonElement value)
            && value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => row.Known(item, name))]
            : throw new InvalidDataException($"{Place}: '{name}' is not a list of strings.");
    }

    private string Known(JsonElement text, string name)
    {
        try
        {
            return text.GetString() ?? "";
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidDataException($"{Place}: '{name}' is not valid Unicode (half a surrogate pair).", exception);
        }
    }
}

/// <summary>Reads the files of a benchmark, in any format of <see cref="RowReader"/>. They are small and are read whole.</summary>
internal static class BenchmarkRows
{
    /// <summary>
    /// The files that a path stands for (<see cref="RowFiles.Find"/>); of a folder or pattern, those whose name is wanted.
    /// </summary>
    /// <exception cref="FileNotFoundException">There are none.</exception>
    public static IReadOnlyList<string> Files(string path, Func<string, bool>? wanted = null)
    {
        IReadOnlyList<string> found = RowFiles.Find(path);
        if (wanted is null || File.Exists(path))
        {
            return found;
        }

        string[] files = [.. found.Where(file => wanted(Path.GetFileName(file)))];
        return files.Length > 0
            ? files
            : throw new FileNotFoundException($"'{path}' holds data files, and none with a name that files of this benchmark have.", path);
    }

    /// <summary>What a row is called that has no identity of its own: its line, where there are several files with the file.</summary>
    public static string IdOf(DataRow row, IReadOnlyList<string> files) =>
        files.Count > 1 ? row.Place : FormattableString.Invariant($"{(row.IsLine ? "line" : "row")} {row.Number}");

    /// <summary>The rows of the files at a path, in order.</summary>
    /// <exception cref="InvalidDataException">A row cannot be read; the message names file and row.</exception>
    public static async Task<IReadOnlyList<BenchmarkRow>> ReadAsync(
        string path,
        Func<string, bool>? wanted,
        CancellationToken cancellationToken
    )
    {
        List<BenchmarkRow> rows = [];
        foreach (string file in Files(path, wanted))
        {
            string name = RowFiles.NameOf(file);
            int number = 0;
            await foreach (DataRow row in RowReader.ReadAsync(file, cancellationToken).ConfigureAwait(false))
            {
                rows.Add(
                    row.Fields is { } fields
                        ? new BenchmarkRow(fields, row.Place, name, number)
                        : throw new InvalidDataException($"{row.Place}: {row.Error}")
                );
                number++;
            }
        }

        return rows;
    }
}
