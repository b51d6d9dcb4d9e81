using System.Globalization;
using System.Numerics;
using System.Text;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>The files beside the data: reward function, settings, launch script, README; embedded, with the options filled in.</summary>
internal sealed class VerlScripts(VerlExportOptions options)
{
    private const int MostRowsOfAStep = 128;

    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    public async Task WriteAsync(string folder, long trainRows, long testRows, CancellationToken cancellationToken)
    {
        foreach (string name in (string[])["rewards.py", "settings.txt", "run.sh", "README.md"])
        {
            string path = Path.Combine(folder, name);
            await File.WriteAllTextAsync(path, Filled(Read(name), trainRows, testRows > 0), cancellationToken).ConfigureAwait(false);
            if (name == "run.sh" && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, Executable);
            }
        }
    }

    /// <summary>
    /// verl does not start without a file to validate on, so without test rows it is given the other one and does not validate. It drops a
    /// last batch that is not full, and so would train on nothing if there were fewer rows than a batch: then the batch is smaller.
    /// </summary>
    private string Filled(string text, long trainRows, bool hasTest) =>
        new StringBuilder(text)
            .Replace("{model}", options.Model)
            .Replace("{gpus}", Number(options.Gpus))
            .Replace("{nodes}", Number(options.Nodes))
            .Replace("{max_prompt_tokens}", Number(options.MaxPromptTokens))
            .Replace("{max_response_tokens}", Number(options.MaxResponseTokens))
            .Replace("{max_tokens}", Number(options.MaxPromptTokens + options.MaxResponseTokens))
            .Replace("{batch}", Number(BatchOf(trainRows)))
            .Replace("{test_file}", hasTest ? "test" : "train")
            .Replace("{test_freq}", hasTest ? "50" : "-1")
            .Replace("{validates}", hasTest ? "True" : "False")
            .ToString();

    /// <summary>Rows of a step: a power of two, so that the rollouts divide among GPUs.</summary>
    private static int BatchOf(long rows) => (int)Math.Min(MostRowsOfAStep, BitOperations.RoundUpToPowerOf2((ulong)(rows / 2) + 1));

    private static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Read(string name)
    {
        using Stream stream =
            typeof(VerlScripts).Assembly.GetManifestResourceStream($"verl/{name}")
            ?? throw new InvalidOperationException($"The program holds no {name}.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
