using System.Text.RegularExpressions;

namespace RewardReasoning.Data.Hub;

/// <summary>What a hub repository holds.</summary>
public enum HubRepositoryKind
{
    /// <summary>A model.</summary>
    Model,

    /// <summary>A data set.</summary>
    DataSet,
}

/// <summary>
/// A place on the Hugging Face hub, as its own file system writes it: <c>hf://owner/name@revision/path</c> for models,
/// <c>hf://datasets/owner/name@revision/path</c> for data sets. Revision and path may be left out.
/// </summary>
public sealed partial record HubAddress
{
    private const string Scheme = "hf://";
    private const string DefaultRevision = "main";

    private HubAddress(HubRepositoryKind kind, string repository)
    {
        Kind = kind;
        Repository = repository;
    }

    /// <summary>What the repository holds.</summary>
    public HubRepositoryKind Kind { get; }

    /// <summary><c>owner/name</c>.</summary>
    public string Repository { get; }

    /// <summary>A branch, a tag, a commit, or a reference such as <c>refs/convert/parquet</c>.</summary>
    /// <value><c>main</c>.</value>
    public string Revision { get; private init; } = DefaultRevision;

    /// <summary>A file, a folder or a pattern (<c>*</c>, <c>?</c>, <c>**</c>) in the repository; empty for all of it.</summary>
    public string Path { get; private init; } = "";

    /// <summary>Whether a text is meant to be an address on the hub.</summary>
    public static bool IsHub(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith(Scheme, StringComparison.Ordinal);
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is not an address; the message says what one looks like.</exception>
    public static HubAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Form().Match(text) is not { Success: true } match)
        {
            throw new FormatException(
                $"'{text}' is no address on the hub; it is hf://OWNER/NAME[@REVISION][/PATH] for a model, "
                    + "hf://datasets/OWNER/NAME[@REVISION][/PATH] for a data set."
            );
        }

        string path = match.Groups["path"].Value.TrimEnd('/');
        if (path.Length > 0)
        {
            RequirePlain(path, text);
        }

        return new(
            match.Groups["kind"].Value == "datasets/" ? HubRepositoryKind.DataSet : HubRepositoryKind.Model,
            match.Groups["repository"].Value
        )
        {
            Revision = match.Groups["revision"] is { Success: true } revision ? Uri.UnescapeDataString(revision.Value) : DefaultRevision,
            Path = path,
        };
    }

    /// <summary>Reads a model's <c>owner/name[@revision]</c>, with or without the scheme.</summary>
    /// <exception cref="FormatException">It is not an address, or names a file in it.</exception>
    public static HubAddress ParseModel(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        HubAddress address = Parse(IsHub(text) ? text : Scheme + text);
        return address is { Kind: HubRepositoryKind.Model, Path: "" }
            ? address
            : throw new FormatException(
                $"'{text}' is no model on the hub; a model is OWNER/NAME or OWNER/NAME@REVISION, with %2F for a slash in the revision."
            );
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Scheme}{(Kind == HubRepositoryKind.DataSet ? "datasets/" : "")}{Repository}"
        + (Revision == DefaultRevision ? "" : $"@{Revision}")
        + (Path.Length == 0 ? "" : $"/{Path}");

    /// <summary>A path that stays inside of the folder it is put under.</summary>
    internal static bool IsPlain(string path) =>
        path.Length > 0
        && !path.Contains('\\')
        && !path.Any(char.IsControl)
        && path.Split('/').All(part => part is not ("" or "." or ".."));

    private static void RequirePlain(string path, string text)
    {
        if (!IsPlain(path))
        {
            throw new FormatException(
                $"'{text}': the path '{path}' has a part that is empty, '.' or '..', or a backslash; it is the path of a file, a folder "
                    + "or a pattern in the repository."
            );
        }
    }

    [GeneratedRegex(
        @"^hf://(?>(?<kind>datasets/|models/|))(?!spaces/)"
            + @"(?<repository>[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*)"
            + @"(?:@(?<revision>refs/(?:convert|pr)/[^/@]+|[^/@]+))?(?:/(?<path>.*))?$",
        RegexOptions.Singleline
    )]
    private static partial Regex Form();
}
