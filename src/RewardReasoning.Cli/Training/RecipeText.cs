using RewardReasoning.Cli.Terminals;
using RewardReasoning.Recipes;

namespace RewardReasoning.Cli.Training;

/// <summary>The fields of a recipe as people read them: a line for each, and below it what it means.</summary>
internal static class RecipeText
{
    private const string Bold = "1";
    private const string Indent = "    ";

    public static void Write(Terminal terminal, Type recipe)
    {
        foreach (string line in Wrap(RecipeDescription.Summary(recipe), terminal.Width))
        {
            terminal.Out.WriteLine(line);
        }

        foreach (RecipeField field in RecipeDescription.Fields(recipe))
        {
            terminal.Out.WriteLine();
            terminal.Out.WriteLine(
                $"{terminal.Paint(field.Name, Bold)}  "
                    + $"{field.Type}{(field.Default is { } value ? $" (default {value})" : ", must be given")}"
            );
            foreach (string line in Wrap(field.Says, terminal.Width - Indent.Length))
            {
                terminal.Out.WriteLine(Indent + line);
            }
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length > 0 ? " " + word : word;
        }

        yield return line;
    }
}
