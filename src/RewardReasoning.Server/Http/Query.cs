using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace RewardReasoning.Server.Http;

/// <summary>Values in the query of an address.</summary>
internal static class Query
{
    /// <summary>A flag; false where it is not given.</summary>
    /// <exception cref="ApiException">It is neither true nor false.</exception>
    public static bool Flag(HttpRequest request, string name) =>
        request.Query[name].ToString() switch
        {
            "" or "false" => false,
            "true" => true,
            _ => throw ApiException.BadField(name, $"{name} is true or false."),
        };

    /// <summary>A whole number; null where it is not given.</summary>
    /// <exception cref="ApiException">It is not a number in this range.</exception>
    public static long? Number(HttpRequest request, string name, long least, long most) =>
        request.Query[name].ToString() is not { Length: > 0 } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number >= least && number <= most
            ? number
        : throw ApiException.BadField(name, FormattableString.Invariant($"{name} is a whole number from {least} to {most}."));

    /// <summary>A text; null where it is not given.</summary>
    public static string? Text(HttpRequest request, string name) => request.Query[name].ToString() is { Length: > 0 } text ? text : null;
}
