using System.Text.Json;
using RewardReasoning.Data.Hub;
using RewardReasoning.Endpoints;
using RewardReasoning.Models.Checkpoints;
using RewardReasoning.Models.Generation;
using RewardReasoning.Recipes;
using RewardReasoning.Storage;
using RewardReasoning.Text;
using RewardReasoning.Text.Tokenization;

namespace RewardReasoning.Cli;

/// <summary>The one place where an exception becomes a line on stderr and an exit code.</summary>
internal static class Failures
{
    public static int Report(Exception exception, Terminal terminal, bool verbose, CancellationToken cancellationToken)
    {
        Exception cause = Innermost(exception);
        if (cause is OperationCanceledException && cancellationToken.IsCancellationRequested)
        {
            terminal.Error.WriteLine("rrm: cancelled.");
            return ExitCodes.Cancelled;
        }

        (int exitCode, string message) = Describe(cause);
        terminal.Error.WriteLine($"rrm: {message}");
        if (verbose)
        {
            terminal.Error.WriteLine(exception);
        }
        else if (exitCode == ExitCodes.Failed)
        {
            terminal.Error.WriteLine("rrm: the same command with --verbose shows where this happened.");
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
            RecipeException => (ExitCodes.BadUsage, exception.Message),
            UsageException
            or OutOfDomainException
            or CheckpointException
            or TokenizerException
            or ChatTemplateException
            or FormatException
            or InvalidDataException
            or JsonException
            or FileNotFoundException
            or DirectoryNotFoundException
            or UnauthorizedAccessException
            or NotSupportedException => (ExitCodes.BadUsage, OneLine(exception.Message)),
            CompletionStoreException { IsUnusable: true } => (ExitCodes.BadUsage, OneLine(exception.Message)),
            HubException { IsRefusal: true } => (ExitCodes.BadUsage, OneLine(exception.Message)),
            ArgumentException argument => (ExitCodes.BadUsage, OneLine(WithoutParameterName(argument))),
            EndpointException
            or HubException
            or GenerationException
            or CompletionStoreException
            or HttpRequestException
            or TimeoutException
            or IOException => (ExitCodes.Failed, OneLine(exception.Message)),
            DllNotFoundException => (ExitCodes.Failed, $"a native library could not be loaded: {OneLine(exception.Message)}"),
            OutOfMemoryException => (ExitCodes.Failed, "out of memory; a smaller --concurrency or model needs less."),
            _ => (ExitCodes.Failed, $"{exception.GetType().Name}: {OneLine(exception.Message)}"),
        };

    private static string WithoutParameterName(ArgumentException exception)
    {
        string suffix = $" (Parameter '{exception.ParamName}')";
        return exception.ParamName is not null && exception.Message.EndsWith(suffix, StringComparison.Ordinal)
            ? exception.Message[..^suffix.Length]
            : exception.Message;
    }

    private static string OneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
