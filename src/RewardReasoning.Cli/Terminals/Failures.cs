using System.Text.Json;
using System.Text.RegularExpressions;

namespace RewardReasoning.Cli.Terminals;

/// <summary>The one place where an exception becomes a line on stderr and an exit code.</summary>
internal static partial class Failures
{
    public static int Report(Exception exception, Terminal terminal, bool verbose, CancellationToken cancellationToken)
    {
        Exception cause = Innermost(exception);
        if (cause is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            terminal.Error.WriteLine("rrm: cancelled.");
            return ExitCodes.Cancelled;
        }

        if (cause is OutputException { IsClosed: true })
        {
            return ExitCodes.Failed; // its reader has read enough, and is not waiting for a message
        }

        (int exitCode, string message) = Describe(cause);
        terminal.Error.WriteLine($"rrm: {message}");
        if (verbose)
        {
            terminal.Error.WriteLine(exception.ToString());
        }

        return exitCode;
    }

    private static Exception Innermost(Exception exception) =>
        exception switch
        {
            AggregateException { InnerExceptions.Count: 1 } aggregate => Innermost(aggregate.InnerExceptions[0]),
            TypeInitializationException { InnerException: { } inner } => Innermost(inner),
            _ => exception,
        };

    private static (int ExitCode, string Message) Describe(Exception exception) =>
        exception switch
        {
            RewardReasoningException { Boundary: FailureBoundary.Input or FailureBoundary.Recipe } => (
                ExitCodes.BadUsage,
                Lines(exception.Message)
            ),
            RewardReasoningException => (ExitCodes.Failed, Lines(exception.Message)),
            FormatException or InvalidDataException or JsonException or NotSupportedException => (
                ExitCodes.BadUsage,
                Lines(exception.Message)
            ),
            FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException => (
                ExitCodes.BadUsage,
                FileFault(exception.Message)
            ),
            HttpRequestException or TimeoutException or IOException => (ExitCodes.Failed, FileFault(exception.Message)),
            ArgumentException tooLong when tooLong.Data.Contains(ChatResponseKeys.PromptTokens) => (
                ExitCodes.BadUsage,
                Lines(WithoutParameterName(tooLong))
            ),
            DllNotFoundException => (ExitCodes.Failed, $"a native library could not be loaded: {Lines(exception.Message)}"),
            OutOfMemoryException => (ExitCodes.Failed, "out of memory; a smaller --concurrency or model needs less."),
            _ => (
                ExitCodes.Failed,
                $"this is a bug in rrm, please report it with what --verbose adds: {exception.GetType().Name}: {Lines(exception.Message)}"
            ),
        };

    private static string WithoutParameterName(ArgumentException exception)
    {
        string suffix = $" (Parameter '{exception.ParamName}')";
        return exception.ParamName is not null && exception.Message.EndsWith(suffix, StringComparison.Ordinal)
            ? exception.Message[..^suffix.Length]
            : exception.Message;
    }

    /// <summary>What the system says about a file, in the words of the rest.</summary>
    private static string FileFault(string message) =>
        MissingFolder().Match(message) is { Success: true } folder
            ? $"The folder of '{folder.Groups[1].Value}' does not exist; make it first, or name another place."
        : MissingFile().Match(message) is { Success: true } file ? $"There is no file '{file.Groups[1].Value}'."
        : Denied().Match(message) is { Success: true } denied ? $"'{denied.Groups[1].Value}' cannot be opened: permission denied."
        : Lines(message);

    /// <summary>A message of several lines keeps them: the faults of a recipe, a line each.</summary>
    private static string Lines(string message) => message.ReplaceLineEndings("\n").TrimEnd('\n');

    [GeneratedRegex("^Could not find a part of the path '(.*)'\\.$")]
    private static partial Regex MissingFolder();

    [GeneratedRegex("^Could not find file '(.*)'\\.$")]
    private static partial Regex MissingFile();

    [GeneratedRegex("^Access to the path '(.*)' is denied\\.$")]
    private static partial Regex Denied();
}
