namespace RewardReasoning.Bench;

/// <summary>
/// A part of a document that a benchmark writes anew, between <c>&lt;!-- NAME: begin --&gt;</c> and <c>&lt;!-- NAME: end --&gt;</c>.
/// </summary>
internal static class DocumentPart
{
    public static void Replace(string document, string name, string text)
    {
        (string begin, string end) = ($"<!-- {name}: begin -->", $"<!-- {name}: end -->");
        string whole = File.ReadAllText(document);
        int from = whole.IndexOf(begin, StringComparison.Ordinal),
            to = whole.IndexOf(end, StringComparison.Ordinal);
        if (from < 0 || to < from)
        {
            throw new InvalidDataException($"{document} has no part '{begin}' … '{end}' to write into.");
        }

        File.WriteAllText(document, $"{whole[..(from + begin.Length)]}\n\n{text.Trim()}\n\n{whole[to..]}");
    }
}
