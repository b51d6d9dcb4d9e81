using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RewardReasoning.Data.Rows;

/// <summary>
/// The rows of a file that is one JSON object over several lines, or several of them: each is a row; one whose members are all lists of
/// objects is as many rows as they hold, in their order, with the member's name as <c>group</c> where a row has no such field. A list named
/// <c>data</c>, <c>rows</c>, <c>examples</c> or <c>instances</c> beside single values holds the rows too. Such files are small and are read
/// whole.
/// </summary>
internal static class JsonObjects
{
    private const string GroupName = "group";
    private const int MaxBytes = 1 << 29;

    public static async IAsyncEnumerable<DataRow> ReadAsync(RowFile file, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (byte[] bytes, string? damage) = await ReadAllAsync(file.Content, cancellationToken).ConfigureAwait(false);
        long number = 0;
        int at = bytes.AsSpan().StartsWith("\uFEFF"u8) ? 3 : 0;
        while (damage is null && at < bytes.Length)
        {
            DataRow place = new()
            {
                File = file.Name,
                Number = number + 1,
                IsLine = false,
            };
            (JsonElement? value, int taken, string? fault) = Take(bytes.AsMemory(at));
            at += taken;
            if (fault is not null)
            {
                yield return place with
                {
                    Error = fault,
                };
                yield break;
            }

            if (value is not { } element)
            {
                yield break;
            }

            foreach ((string? group, JsonElement row) in RowsOf(element))
            {
                place = place with { Number = ++number };
                yield return JsonRow.Parse(Bytes(row, group), place);
            }
        }

        if (damage is not null)
        {
            yield return new DataRow
            {
                File = file.Name,
                Number = number + 1,
                IsLine = false,
                Error = damage,
            };
        }
    }

    private static (JsonElement? Value, int Taken, string? Fault) Take(ReadOnlyMemory<byte> text)
    {
        Utf8JsonReader reader = new(text.Span, new JsonReaderOptions { AllowMultipleValues = true });
        try
        {
            return reader.Read() ? (JsonElement.ParseValue(ref reader), (int)reader.BytesConsumed, null) : (null, text.Length, null);
        }
        catch (JsonException exception)
        {
            return (null, text.Length, $"{JsonRow.NotJson(exception)}; what follows cannot be read.");
        }
    }

    private static IEnumerable<(string? Group, JsonElement Row)> RowsOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object
        && value.EnumerateObject().Any()
        && value.EnumerateObject().All(member => IsListOfObjects(member.Value))
            ? value.EnumerateObject().SelectMany(member => member.Value.EnumerateArray().Select(row => ((string?)member.Name, row)))
        : Wrapped(value) is { } list ? list.EnumerateArray().Select(row => ((string?)null, row))
        : [(null, value)];

    /// <summary>The rows of <c>{"version": 1, "data": [...]}</c>; null for anything else.</summary>
    private static JsonElement? Wrapped(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        JsonProperty[] lists =
        [
            .. value.EnumerateObject().Where(member => member.Value.ValueKind is JsonValueKind.Array or JsonValueKind.Object),
        ];
        return lists is [{ Name: "data" or "rows" or "examples" or "instances" } only] && IsListOfObjects(only.Value) ? only.Value : null;
    }

    private static bool IsListOfObjects(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array
        && value.GetArrayLength() > 0
        && value.EnumerateArray().All(row => row.ValueKind == JsonValueKind.Object);

    private static byte[] Bytes(JsonElement row, string? group)
    {
        if (group is null || row.TryGetProperty(GroupName, out _) || JsonObject.Create(row) is not { } fields)
        {
            return System.Text.Encoding.UTF8.GetBytes(row.GetRawText());
        }

        fields[GroupName] = group;
        return JsonSerializer.SerializeToUtf8Bytes(fields);
    }

    private static async Task<(byte[] Bytes, string? Damage)> ReadAllAsync(Stream content, CancellationToken cancellationToken)
    {
        using MemoryStream all = new();
        byte[] buffer = new byte[1 << 16];
        while (true)
        {
            (int read, string? damage) = await RowCompressions.ReadAsync(content, buffer, cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                return (all.ToArray(), damage);
            }

            all.Write(buffer, 0, read);
            if (all.Length > MaxBytes)
            {
                return ([], $"One JSON object of more than {MaxBytes >> 20} MiB is not read; rows are a JSON list, or one object a line.");
            }
        }
    }
}
