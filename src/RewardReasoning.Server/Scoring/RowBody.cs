using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using RewardReasoning.Data.Rows;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Scoring;

/// <summary>A body of rows, read one at a time: JSON lines, or one JSON list. It may be of any length.</summary>
internal sealed class RowBody
{
    /// <summary>The media type of JSON lines.</summary>
    public const string Lines = "application/x-ndjson";

    private const string Name = "request";
    private static readonly string[] LineTypes = [Lines, "application/ndjson", "application/jsonl", "application/jsonlines"];

    private readonly HttpContext _context;

    private RowBody(HttpContext context, bool isList) => (_context, IsList) = (context, isList);

    /// <summary>Whether it is one JSON list.</summary>
    public bool IsList { get; }

    /// <exception cref="ApiException">The body is not declared as rows.</exception>
    public static RowBody Of(HttpContext context)
    {
        bool isList = context.Request.HasJsonContentType();
        if (!isList && !IsLines(context.Request.ContentType))
        {
            throw new ApiException(
                StatusCodes.Status415UnsupportedMediaType,
                $"The body is rows: JSON lines (\"Content-Type: {Lines}\") or a JSON list (\"Content-Type: application/json\")."
            );
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            limit.MaxRequestBodySize = null;
        }

        return new RowBody(context, isList);
    }

    /// <summary>The rows; what cannot be read is a row with the reason.</summary>
    public async IAsyncEnumerable<DataRow> ReadAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken
    )
    {
        Stream body = _context.Request.Body;
        if (IsList)
        {
            await foreach (ListItem item in JsonList.ReadAsync(body, cancellationToken))
            {
                yield return RowOf(item.Number, isLine: false, item.Bytes, item.Error);
            }

            yield break;
        }

        await foreach (Line line in JsonLines.ReadAsync(body, cancellationToken))
        {
            if (line.Error is not null || line.Bytes.Span.ContainsAnyExcept(" \t\r"u8))
            {
                yield return RowOf(line.Number, isLine: true, line.Bytes, line.Error);
            }
        }
    }

    /// <summary>A row from its bytes, which are copied.</summary>
    public static DataRow RowOf(long number, bool isLine, ReadOnlyMemory<byte> json, string? error = null)
    {
        DataRow place = new()
        {
            File = Name,
            Number = number,
            IsLine = isLine,
            Error = error,
        };
        return error is null ? JsonRow.Parse(json, place) : place;
    }

    private static bool IsLines(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && LineTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase);
}
