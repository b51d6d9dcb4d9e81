using System.Text.RegularExpressions;

namespace RewardReasoning.Lab.Words;

/// <summary>
/// Instructions whose keeping a program can check, each with a response that keeps it and a near miss. Their sentences come out of the word
/// problems.
/// </summary>
internal sealed partial class Instructions
{
    private const int ShortestWord = 4;
    private const int Attempts = 10_000;

    private static readonly string[] Things =
    [
        "apple",
        "bread",
        "candle",
        "door",
        "engine",
        "flute",
        "garden",
        "hammer",
        "island",
        "jacket",
        "kettle",
        "lemon",
        "mirror",
        "needle",
        "orange",
        "pencil",
        "queen",
        "river",
        "silver",
        "table",
        "umbrella",
        "violin",
        "window",
        "yellow",
        "zebra",
        "basket",
        "cloud",
        "dragon",
        "eagle",
        "forest",
        "grape",
        "honey",
        "iron",
        "jungle",
        "kite",
        "ladder",
        "market",
        "night",
        "ocean",
        "paper",
    ]; // csharpier-ignore

    private static readonly (string From, string To, int Factor)[] Units =
    [
        ("m", "cm", 100),
        ("km", "m", 1_000),
        ("kg", "g", 1_000),
        ("hours", "minutes", 60),
        ("minutes", "seconds", 60),
        ("weeks", "days", 7),
        ("feet", "inches", 12),
        ("days", "hours", 24),
        ("litres", "ml", 1_000),
        ("dollars", "cents", 100),
    ]; // csharpier-ignore

    private static readonly string[] Keys = ["name", "age", "city", "price", "colour", "size", "title", "year", "count", "state"];

    private static readonly Dictionary<string, Func<Instructions, SeededRandom, TextItem?>> Makers = new()
    {
        ["begins"] = (from, random) => from.Begins(random),
        ["ends"] = (from, random) => from.Ends(random),
        ["contains"] = (from, random) => from.Contains(random, wanted: true),
        ["avoids"] = (from, random) => from.Contains(random, wanted: false),
        ["case"] = (from, random) => from.Case(random),
        ["copy"] = (from, random) => from.Copy(random),
        ["list"] = (_, random) => List(random),
        ["order"] = (_, random) => Order(random),
        ["reverse"] = (_, random) => Reverse(random),
        ["json"] = (_, random) => Json(random),
        ["unit"] = (_, random) => Unit(random),
        ["one-word"] = (from, random) => from.OneWord(random),
    };

    private readonly string[] _sentences;
    private readonly string[] _words;

    /// <param name="problems">Where sentences come from.</param>
    /// <exception cref="FormatException">There are too few sentences in them.</exception>
    public Instructions(IEnumerable<WordProblem> problems)
    {
        _sentences =
        [
            .. problems
                .SelectMany(problem => SentenceEnd().Split(problem.Text))
                .Where(sentence => PlainSentence().IsMatch(sentence) && sentence.Split(' ').Length is >= 4 and <= 9)
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
        if (_sentences.Length < 50)
        {
            throw new FormatException(
                $"The word problems have {_sentences.Length} sentences of four to nine words without numbers; at least 50 are "
                    + "needed for instructions."
            );
        }

        _words =
        [
            .. _sentences
                .SelectMany(sentence => sentence.TrimEnd('.').Split(' '))
                .Where(word => word.Length >= ShortestWord && word.All(char.IsAsciiLetterLower))
                .Distinct()
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>Names of the families.</summary>
    public static IReadOnlyCollection<string> Families => Makers.Keys;

    /// <summary>An instruction of a family.</summary>
    /// <exception cref="FormatException">The sentences allow none.</exception>
    public TextItem Draw(string family, SeededRandom random)
    {
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            if (Makers[family](this, random) is { } item && item.Right != item.Wrong)
            {
                return item;
            }
        }

        throw new FormatException(
            $"No instruction of the family {family} came of {Attempts} tries: the word problems' {_sentences.Length} sentences are "
                + "too much alike or too long; give more of them."
        );
    }

    private TextItem? Begins(SeededRandom random)
    {
        string right = Sentence(random),
            wrong = Sentence(random);
        string word = right.Split(' ')[0];
        return wrong.Split(' ')[0] == word
            ? null
            : Item("begins", $"Write a sentence that begins with the word {word}.", $"begins with {word}", right, wrong);
    }

    private TextItem? Ends(SeededRandom random)
    {
        string right = Sentence(random),
            wrong = Sentence(random);
        string word = right.TrimEnd('.').Split(' ')[^1];
        return wrong.TrimEnd('.').Split(' ')[^1] == word
            ? null
            : Item("ends", $"Write a sentence that ends with the word {word}.", $"ends with {word}", right, wrong);
    }

    private TextItem? Contains(SeededRandom random, bool wanted)
    {
        string with = Sentence(random);
        string[] words = with.TrimEnd('.').Split(' ');
        string word = words[random.Next(words.Length)];
        if (word.Length < ShortestWord || !word.All(char.IsAsciiLetterLower))
        {
            return null;
        }

        string without = random.Chance(0.5)
            ? Sentence(random)
            : string.Join(' ', words.Select(one => one == word ? _words[random.Next(_words.Length)] : one)) + ".";
        if (without.Contains(word, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        return wanted
            ? Item("contains", $"Write a sentence with the word {word}.", $"used {word}", with, without)
            : Item("avoids", $"Write a sentence without the word {word}.", $"did not use {word}", without, with);
    }

    private TextItem Case(SeededRandom random)
    {
        string sentence = Sentence(random);
        string capitals = sentence.ToUpperInvariant(),
            small = sentence.ToLowerInvariant();
        bool up = random.Chance(0.5);
        string other =
            random.Chance(0.5) ? sentence
            : up ? small
            : capitals;
        return up
            ? Item("case", "Write a sentence in capital letters only.", "wrote in capitals", capitals, other)
            : Item("case", "Write a sentence in small letters only.", "wrote in small letters", small, other);
    }

    private TextItem? Copy(SeededRandom random)
    {
        string sentence = Sentence(random);
        List<string> words = [.. sentence.TrimEnd('.').Split(' ')];
        if (words.Count > 6)
        {
            return null;
        }

        int at = 1 + random.Next(words.Count - 1);
        switch (random.Next(3))
        {
            case 0:
                words.RemoveAt(at);
                break;
            case 1:
                words[at] = _words[random.Next(_words.Length)];
                break;
            default:
                (words[at - 1], words[at]) = (words[at], words[at - 1]);
                break;
        }

        string edited = string.Join(' ', words) + ".";
        return Item("copy", $"Copy this sentence: {sentence}", $"wrote {sentence.TrimEnd('.')}", sentence, edited);
    }

    private static TextItem List(SeededRandom random)
    {
        int count = random.Between(2, 5);
        int other = random.Chance(0.5) && count > 2 ? count - 1 : count + 1;
        return Item(
            "list",
            $"Name {count} things.",
            $"named {count}",
            string.Join(", ", Draw(count, random)),
            string.Join(", ", Draw(other, random))
        );
    }

    private static TextItem Order(SeededRandom random)
    {
        string[] words = Draw(random.Between(3, 4), random);
        string sorted = string.Join(", ", words.Order(StringComparer.Ordinal));
        string[] wrong = [.. words.Order(StringComparer.Ordinal)];
        int at = random.Next(wrong.Length - 1);
        (wrong[at], wrong[at + 1]) = (wrong[at + 1], wrong[at]);
        return Item(
            "order",
            $"Sort these words by the alphabet: {string.Join(", ", words)}",
            $"wrote {sorted}",
            sorted,
            string.Join(", ", wrong)
        );
    }

    private static TextItem Reverse(SeededRandom random)
    {
        string[] words = Draw(random.Between(3, 4), random);
        string[] reversed = [.. words.Reverse()];
        string[] wrong = [.. reversed];
        int at = random.Next(wrong.Length - 1);
        (wrong[at], wrong[at + 1]) = (wrong[at + 1], wrong[at]);
        string right = string.Join(", ", reversed);
        return Item(
            "reverse",
            $"Write these words backwards, the last one first: {string.Join(", ", words)}",
            $"wrote {right}",
            right,
            string.Join(", ", wrong)
        );
    }

    private static TextItem? Json(SeededRandom random)
    {
        string key = Keys[random.Next(Keys.Length)],
            second = Keys[random.Next(Keys.Length)],
            other = Keys[random.Next(Keys.Length)];
        if (key == other || key == second || second == other)
        {
            return null;
        }

        string value = Things[random.Next(Things.Length)];
        int number = random.Between(2, 99);
        string right = $"{{\"{key}\": \"{value}\", \"{second}\": {number}}}";
        string wrong = $"{{\"{other}\": \"{value}\", \"{second}\": {number}}}";
        return Item("json", $"Answer in JSON with the key {key}.", $"has the key {key}", right, wrong);
    }

    private static TextItem Unit(SeededRandom random)
    {
        (string from, string to, int factor) = Units[random.Next(Units.Length)];
        int amount = random.Between(2, 30);
        int right = amount * factor;
        string wrong = random.Next(4) switch
        {
            0 => $"{right * 10} {to}",
            1 => $"{amount + factor} {to}",
            2 => $"{right} {from}",
            _ => $"{(amount + (random.Chance(0.5) ? 1 : -1)) * factor} {to}",
        };
        return new TextItem(
            "unit",
            $"How many {to} are {amount} {from}?",
            $"{amount}*{factor}={right}",
            $"said {right} {to}",
            $"{right} {to}",
            wrong,
            $"{right} {to}",
            "easy"
        )
        {
            WrongDid = $"said {wrong}",
        };
    }

    private TextItem? OneWord(SeededRandom random)
    {
        string word = _words[random.Next(_words.Length)];
        return Item(
            "one-word",
            "Answer with one word.",
            "wrote one word",
            word,
            random.Chance(0.5) ? Sentence(random) : $"{word} and {Things[random.Next(Things.Length)]}"
        );
    }

    private static TextItem Item(string family, string query, string wanted, string right, string wrong) =>
        new(family, query, "", wanted, right, wrong, right, "easy");

    private static string[] Draw(int count, SeededRandom random)
    {
        string[] things = [.. Things];
        random.Shuffle(things);
        return things[..count];
    }

    private string Sentence(SeededRandom random) => _sentences[random.Next(_sentences.Length)];

    [GeneratedRegex(@"(?<=[.?!]) +")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"^[A-Z][a-z]*(?: [A-Za-z]+)* [a-z]{3,}\.$")]
    private static partial Regex PlainSentence();
}
