using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;

namespace RewardReasoning.Judging;

/// <summary>
/// The template of what a judge reads: an optional section <c>[system]</c> and a section <c>[user]</c>, each named on a line of its
/// own; <c>{query}</c>, <c>{response_1}</c> and <c>{response_2}</c> stand for the comparison as shown, <c>{fence}</c> for a marker that
/// occurs in none of the three. They are filled in one pass, so nothing inside a response is ever taken for a placeholder, and all
/// else is literal. Blank lines at either end of a section do not belong to it.
/// </summary>
public sealed partial class JudgePrompt
{
    private const string SystemHeader = "[system]";
    private const string UserHeader = "[user]";
    private const string ThinkFirst = "Think it through before you decide.";
    private static readonly string[] RequiredPlaceholders = ["{query}", "{response_1}", "{response_2}"];

    private static readonly string[] RequiredForOne = ["{query}", "{response}", "{criterion}"];

    private readonly string? _system;
    private readonly string _user;
    private readonly string? _criterion;
    private readonly string[] _systemParts;
    private readonly string[] _userParts;

    private JudgePrompt(string? system, string user, string text, string? criterion = null)
    {
        _system = system;
        _user = user;
        _criterion = criterion;
        _systemParts = Parts(system ?? "");
        _userParts = Parts(user);
        Text = text;
    }

    /// <summary>The built-in template, with the structure of the released reward reasoning models (arXiv 2505.14674).</summary>
    public static JudgePrompt Default { get; } = Parse(ReadEmbedded("pairwise.txt"), "the built-in template");

    /// <summary>The built-in template for a judge that may call a tie.</summary>
    internal static JudgePrompt WithTies { get; } = Parse(ReadEmbedded("pairwise-ties.txt"), "the built-in template");

    /// <summary>The built-in template for a judge with a calculator.</summary>
    internal static JudgePrompt WithCalculator { get; } = Default.OfferingCalculator();

    /// <summary>The built-in template for a judge with a calculator that may call a tie.</summary>
    internal static JudgePrompt WithTiesAndCalculator { get; } = WithTies.OfferingCalculator();

    /// <summary>The built-in template for one criterion between two responses.</summary>
    internal static JudgePrompt PairwiseCriterion { get; } = Parse(ReadEmbedded("criterion.txt"), "the built-in template");

    /// <summary>The built-in template for one criterion of one response, which is the first of the comparison.</summary>
    internal static JudgePrompt PointwiseCriterion { get; } =
        Parse(ReadEmbedded("criterion-pointwise.txt"), "the built-in template", RequiredForOne);

    /// <summary>The same for a criterion with a list of choices.</summary>
    internal static JudgePrompt ChoiceCriterion { get; } =
        Parse(ReadEmbedded("criterion-choice.txt"), "the built-in template", RequiredForOne);

    /// <summary>The template as it was written, with its criterion where it is for one.</summary>
    public string Text { get; }

    /// <summary>Reads a template file (UTF-8).</summary>
    /// <exception cref="FormatException">The file is not a template; the message names the file and what is missing.</exception>
    public static JudgePrompt Load(string path) => Parse(File.ReadAllText(path), path);

    /// <summary>Reads a template from its text.</summary>
    /// <param name="text">The template.</param>
    /// <param name="source">Where it comes from, for error messages.</param>
    /// <exception cref="FormatException">The text is not a template; the message names the source and what is missing.</exception>
    public static JudgePrompt Parse(string text, string source = "the template") => Parse(text, source, RequiredPlaceholders);

    /// <summary>The same template for a criterion, whose text stands for <c>{criterion}</c>.</summary>
    internal JudgePrompt WithCriterion(string criterion) =>
        new(_system, _user, Text.Replace("{criterion}", criterion, StringComparison.Ordinal), criterion);

    private JudgePrompt OfferingCalculator() =>
        Parse(
            Text.Replace(ThinkFirst, $"{ReadEmbedded("calculator.txt").TrimEnd()}\n\n{ThinkFirst}", StringComparison.Ordinal),
            "the built-in template"
        );

    private static JudgePrompt Parse(string text, string source, string[] required)
    {
        ArgumentNullException.ThrowIfNull(text);
        Dictionary<string, List<string>> sections = [];
        List<string>? current = null;
        int number = 0;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            number++;
            string header = line.Trim();
            if (header is SystemHeader or UserHeader)
            {
                current = [];
                if (!sections.TryAdd(header, current))
                {
                    throw new FormatException($"{source}, line {number}: a second section {header}; a template has each section once.");
                }
            }
            else if (current is not null)
            {
                current.Add(line);
            }
            else if (header.Length > 0)
            {
                throw new FormatException(
                    $"{source}, line {number}: text before the first section. Begin with a line {SystemHeader} or {UserHeader}."
                );
            }
        }

        if (!sections.TryGetValue(UserHeader, out List<string>? user))
        {
            throw new FormatException($"{source}: no section {UserHeader}; it holds what the judge is asked.");
        }

        string? system = sections.TryGetValue(SystemHeader, out List<string>? lines) ? WithoutBlankEnds(lines) : null;
        JudgePrompt prompt = new(system, WithoutBlankEnds(user), text);
        string[] missing = [.. required.Where(name => !(prompt._system + prompt._user).Contains(name, StringComparison.Ordinal))];
        return missing.Length == 0
            ? prompt
            : throw new FormatException(
                $"{source}: no {string.Join(" and no ", missing)}; a judge must be shown the query and both responses."
            );
    }

    /// <summary>The messages that a judge reads: the system message, if the template has one, and the user's.</summary>
    public IReadOnlyList<ChatMessage> Render(Comparison comparison, ShownOrder order = ShownOrder.Given)
    {
        ArgumentNullException.ThrowIfNull(comparison);
        Comparison shown = order == ShownOrder.Given ? comparison : comparison.Mirrored();
        string fence = FenceFor(comparison);
        ChatMessage user = new(ChatRole.User, Fill(_userParts, shown, fence));
        return _system is null ? [user] : [new ChatMessage(ChatRole.System, Fill(_systemParts, shown, fence)), user];
    }

    /// <summary>
    /// Four tildes, or where one of the texts holds these, tildes with a hash of the texts: nobody can write a response that contains
    /// its own hash, and the marker does not depend on the numbering.
    /// </summary>
    internal static string FenceFor(Comparison comparison)
    {
        const string Plain = "~~~~";
        string fence = Plain;
        for (int round = 0; OccursIn(comparison, fence); round++)
        {
            byte[] hash = SHA256.HashData([.. ComparisonHash.OfUnorderedPair(comparison), (byte)round]);
            fence = $"{Plain}{Convert.ToHexStringLower(hash.AsSpan(0, 6))}{Plain}";
        }

        return fence;
    }

    private static bool OccursIn(Comparison comparison, string fence) =>
        comparison.Query.Contains(fence, StringComparison.Ordinal)
        || comparison.Response1.Contains(fence, StringComparison.Ordinal)
        || comparison.Response2.Contains(fence, StringComparison.Ordinal);

    /// <summary>The template's literals and placeholders in turn, a literal first and last.</summary>
    private static string[] Parts(string template)
    {
        List<string> parts = [];
        int at = 0;
        foreach (ValueMatch match in Placeholder().EnumerateMatches(template))
        {
            parts.Add(template[at..match.Index]);
            parts.Add(template.Substring(match.Index, match.Length));
            at = match.Index + match.Length;
        }

        parts.Add(template[at..]);
        return [.. parts];
    }

    private string Fill(string[] parts, Comparison shown, string fence)
    {
        string[] filled = [.. parts];
        for (int i = 1; i < filled.Length; i += 2)
        {
            filled[i] = filled[i] switch
            {
                "{query}" => shown.Query,
                "{response_1}" => shown.Response1,
                "{response_2}" => shown.Response2,
                "{fence}" => fence,
                "{criterion}" => _criterion ?? filled[i],
                "{response}" => _criterion is null ? filled[i] : shown.Response1,
                var other => throw new UnreachableException(other),
            };
        }

        return string.Concat(filled);
    }

    private static string WithoutBlankEnds(List<string> lines)
    {
        int first = lines.FindIndex(line => !string.IsNullOrWhiteSpace(line));
        int last = lines.FindLastIndex(line => !string.IsNullOrWhiteSpace(line));
        return first < 0 ? "" : string.Join('\n', lines[first..(last + 1)]);
    }

    private static string ReadEmbedded(string name)
    {
        using Stream stream =
            typeof(JudgePrompt).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly holds no resource {name}.");
        using StreamReader reader = new(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"\{(?:query|response_1|response_2|fence|criterion|response)\}", RegexOptions.CultureInvariant)]
    private static partial Regex Placeholder();
}
