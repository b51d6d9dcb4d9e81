using RewardReasoning.Measure;

// measure FOLDER…: the figures of each checkout, as a Markdown table with a column a checkout. eng/measure.sh calls it for commits.
if (args.Length == 0)
{
    Console.Error.WriteLine("measure FOLDER...: figures of git checkouts, as a table");
    return 2;
}

(string What, string Value)[][] columns = [.. args.Select(folder => Figures.Of(new Checkout(Path.GetFullPath(folder))).ToArray())];
Console.WriteLine($"| | {string.Join(" | ", args.Select(folder => Path.GetFileName(Path.TrimEndingDirectorySeparator(folder))))} |");
Console.WriteLine($"|---|{string.Concat(args.Select(_ => "---|"))}");
for (int row = 0; row < columns[0].Length; row++)
{
    Console.WriteLine($"| {columns[0][row].What} | {string.Join(" | ", columns.Select(column => column[row].Value))} |");
}

return 0;
