using System.Globalization;
using System.Text;

namespace RewardReasoning.Data.Export.Verl;

/// <summary>The files beside the data: reward function, settings, launch script, README; embedded, with the options filled in.</summary>
internal sealed class VerlScripts(VerlExportOptions options)
{
    private const UnixFileMode Executable =
        UnixFileMode.UserRead
        | UnixFileMode.UserWrite
        | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead
        | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead
        | UnixFileMode.OtherExecute;

    public async Task WriteAsync(string folder, bool hasTest, CancellationToken cancellationToken)
    {
        foreach (string name in (string[])["rewards.py", "settings.txt", "run.sh", "README.md"])
        {
            string path = Path.Combine(folder, name);
            await File.WriteAllTextAsync(path, Filled(Read(name), hasTest), cancellationToken).ConfigureAwait(false);
            if (name == "run.sh" && !OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, Executable);
            }
        }
    }

    /// <summary>
    /// verl does not start without a file to validate on, so without test rows it is given the other one and does not validate.
    /// </summary>
    private string Filled(string text, bool hasTest) =>
        new StringBuilder(text)
            .Replace("{model}", options.Model)
            .Replace("{gpus}", Number(options.Gpus))
            .Replace("{nodes}", Number(options.Nodes))
            .Replace("{max_prompt_tokens}", Number(options.MaxPromptTokens))
            .Replace("{max_response_tokens}", Number(options.MaxResponseTokens))
            .Replace("{max_tokens}", Number(options.MaxPromptTokens + options.MaxResponseTokens))
            .Replace("{test_file}", hasTest ? "test" : "train")
            .Replace("{test_freq}", hasTest ? "50" : "-1")
            .Replace("{validates}", hasTest ? "True" : "False")
            .ToString();

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
