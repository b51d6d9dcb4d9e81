using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RewardReasoning.Evaluation.Running;

namespace RewardReasoning.Evaluation.Criteria;

/// <summary>How a judge applies the texts of criteria to two responses.</summary>
internal enum CriteriaMode
{
    /// <summary>It compares the two, in both orders.</summary>
    Pairwise,

    /// <summary>It scores each by itself, from 1 to 5.</summary>
    Pointwise,
}

/// <summary>
/// A file of criteria, TOML or JSON: a list <c>criteria</c> of objects with <c>name</c>, <c>weight</c> and either <c>text</c> or one check,
/// and <c>mode</c>. All faults are reported at once.
/// </summary>
internal sealed class CriteriaFile
{
    private const string Language = "language";
    private const int MostChoices = 9;
    private static readonly string[] Checks =
    [
        "contains",
        "not_contains",
        "regex",
        "words",
        "sentences",
        "script",
        "json_schema",
        "equals_answer",
    ];
    private static readonly string[] Known = ["name", "weight", "critical", "text", "choices", Language, .. Checks];

    private CriteriaFile(IReadOnlyList<Criterion> criteria, CriteriaMode mode, string hash) =>
        (Criteria, Mode, Hash) = (criteria, mode, hash);

    /// <summary>What the file says, in one word.</summary>
    public string Hash { get; }

    /// <summary>The criteria, at least one.</summary>
    public IReadOnlyList<Criterion> Criteria { get; }

    /// <summary>How their texts are applied to two responses.</summary>
    public CriteriaMode Mode { get; }

    /// <summary>Reads a file: TOML where its name ends in <c>.toml</c>, else JSON.</summary>
    /// <exception cref="RewardReasoningException">It cannot be used; the message lists every fault, a line each.</exception>
    public static CriteriaFile Load(string path)
    {
        return Read(TomlOrJson.Read(path), path);
    }

    /// <summary>Whether a judge is needed: not all are checks.</summary>
    public bool NeedsJudge => Criteria.Any(criterion => criterion.Text is not null);

    private static CriteriaFile Read(JsonElement root, string path)
    {
        List<string> faults = [];
        List<Criterion> criteria = [];
        CriteriaMode mode = CriteriaMode.Pairwise;
        if (
            root.ValueKind != JsonValueKind.Object
            || !root.TryGetProperty("criteria", out JsonElement list)
            || list.ValueKind != JsonValueKind.Array
        )
        {
            throw new RunException($"{path}: it has no list 'criteria' of objects with a name and a text or a check.");
        }

        foreach (JsonProperty field in root.EnumerateObject().Where(field => field.Name is not ("criteria" or "mode")))
        {
            faults.Add($"'{field.Name}' is not known; a file of criteria has 'criteria' and 'mode'.");
        }

        if (root.TryGetProperty("mode", out JsonElement named) && !Enum.TryParse(named.ToString(), ignoreCase: true, out mode))
        {
            faults.Add($"'mode' is {named.GetRawText()}; it is pairwise or pointwise.");
        }

        foreach ((int at, JsonElement item) in list.EnumerateArray().Index())
        {
            string place = $"criterion {at + 1}";
            try
            {
                Criterion criterion = ReadOne(item);
                place += $", '{criterion.Name}'";
                if (criteria.Exists(other => other.Name == criterion.Name))
                {
                    throw new FormatException("another one has this name.");
                }

                criteria.Add(criterion);
            }
            catch (FormatException exception)
            {
                faults.Add($"{place}: {exception.Message}");
            }
        }

        if (list.GetArrayLength() == 0)
        {
            faults.Add("the list 'criteria' is empty; at least one is needed.");
        }

        return faults.Count == 0
            ? new CriteriaFile(criteria, mode, HashOf(root))
            : throw new RunException($"{path}: {string.Join($"\n{path}: ", faults)}");
    }

    private static Criterion ReadOne(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"it is {item.ValueKind}, not an object with a name and a text or a check.");
        }

        if (item.EnumerateObject().Select(field => field.Name).FirstOrDefault(name => !Known.Contains(name)) is { } unknown)
        {
            throw new FormatException($"'{unknown}' is not known; it has {string.Join(", ", Known.Where(name => name != Language))}.");
        }

        if (item.TryGetProperty(Language, out _))
        {
            throw new FormatException(
                "'language' needs a detector of languages, which rrm does not bring. Check the script with 'script', such as cyrillic, or "
                    + "ask the judge with 'text'."
            );
        }

        string name = Text(item, "name") ?? throw new FormatException("it has no 'name'.");
        double weight = item.TryGetProperty("weight", out JsonElement given)
            ? given.ValueKind == JsonValueKind.Number && given.GetDouble() is > 0 and < double.PositiveInfinity and var number
                ? number
                : throw new FormatException($"'weight' is {given.GetRawText()}; it is a number above 0.")
            : 1;
        bool critical =
            item.TryGetProperty("critical", out JsonElement flag)
            && flag.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => throw new FormatException($"'critical' is {flag.GetRawText()}; it is true or false."),
            };
        string[] checks = [.. Checks.Where(check => item.TryGetProperty(check, out _))];
        string? text = Text(item, "text");
        return (text, checks) switch
        {
            ({ } told, []) when critical => throw new FormatException(
                $"'critical' is for checks that code does; a judge's word on '{told}' decides by its weight."
            ),
            ({ } told, []) => new Criterion(name, weight, critical, told, null) { Choices = ChoicesOf(item) },
            _ when item.TryGetProperty("choices", out _) => throw new FormatException("'choices' go with 'text', and this is a check."),
            (null, [var check]) => new Criterion(name, weight, critical, null, CheckOf(check, item.GetProperty(check))),
            _ => throw new FormatException($"it needs either 'text' or one check: {string.Join(", ", Checks)}."),
        };
    }

    private static Func<string, CheckResult> CheckOf(string check, JsonElement value)
    {
        try
        {
            return check switch
            {
                "contains" => CriterionChecks.Contains(TextOf(value)),
                "not_contains" => CriterionChecks.NotContains(TextOf(value)),
                "regex" => CriterionChecks.Matches(TextOf(value)),
                "script" => CriterionChecks.IsInScript(TextOf(value)),
                "equals_answer" => CriterionChecks.EqualsAnswer(TextOf(value)),
                "json_schema" => value.ValueKind is JsonValueKind.Object
                    ? CriterionChecks.FitsSchema(value)
                    : throw new FormatException("it is not an object; write the schema itself."),
                "words" => CriterionChecks.Words(RangeOf(value).Least, RangeOf(value).Most),
                _ => CriterionChecks.Sentences(RangeOf(value).Least, RangeOf(value).Most),
            };
        }
        catch (FormatException exception)
        {
            throw new FormatException($"'{check}': {exception.Message}", exception);
        }
    }

    /// <summary>What the judge chooses from: texts with what each is worth; null where there are none.</summary>
    private static CriterionChoice[]? ChoicesOf(JsonElement item)
    {
        if (!item.TryGetProperty("choices", out JsonElement given))
        {
            return null;
        }

        return given.ValueKind == JsonValueKind.Object && given.EnumerateObject().Count() is >= 2 and <= MostChoices
            ?
            [
                .. given
                    .EnumerateObject()
                    .Select(choice =>
                        choice.Value.ValueKind == JsonValueKind.Number && choice.Value.GetDouble() is >= 0 and <= 1 and var worth
                            ? new CriterionChoice(choice.Name, worth)
                            : throw new FormatException(
                                $"the choice '{choice.Name}' is worth {choice.Value.GetRawText()}; it is a number from 0 to 1."
                            )
                    ),
            ]
            : throw new FormatException(
                $"'choices' is {given.GetRawText()}; it is an object of 2 to {MostChoices} texts, each with what it is worth from 0 to 1."
            );
    }

    private static string HashOf(JsonElement root) =>
        $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(root.GetRawText())))}";

    private static (int Least, int Most) RangeOf(JsonElement value)
    {
        int? Bound(string name) =>
            value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out JsonElement bound)
                ? bound.ValueKind == JsonValueKind.Number && bound.TryGetInt32(out int number) && number >= 0
                    ? number
                    : throw new FormatException($"'{name}' is {bound.GetRawText()}; it is a whole number from 0.")
                : null;
        return (Bound("min"), Bound("max")) switch
        {
            (null, null) => throw new FormatException("it needs 'min' or 'max', or both."),
            ({ } least, { } most) when least > most => throw new FormatException($"'min' is {least} and 'max' {most}."),
            var (least, most) => (least ?? 0, most ?? int.MaxValue),
        };
    }

    private static string? Text(JsonElement item, string name) =>
        item.TryGetProperty(name, out JsonElement value) ? TextOf(value, name) : null;

    private static string TextOf(JsonElement value, string name = "value") =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw new FormatException($"its {name} is {value.GetRawText()}; it is a text.");
}
