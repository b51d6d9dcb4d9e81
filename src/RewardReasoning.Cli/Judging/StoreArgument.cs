using System.CommandLine;
using RewardReasoning.Cli.Parsing;
using RewardReasoning.Cli.Terminals;
using RewardReasoning.Storage;

namespace RewardReasoning.Cli.Judging;

/// <summary><c>--store</c>: where completions are kept.</summary>
internal sealed class StoreArgument
{
    private const string Name = "--store";
    private const string None = "none";
    private const string FileName = "completions.db";

    private readonly Option<string?> _store = new(Name)
    {
        Description =
            $"Where completions are kept, so that none is paid for twice: an SQLite file, postgres://user@host/database, or none "
            + $"(default: {FileName} in the user's data folder; docs/store.md).",
        HelpName = "PATH|URL|none",
    };

    public Option[] Options => [_store];

    /// <summary>The place where none was asked for; null for the one in the user's data folder.</summary>
    public string? DefaultPlace { get; set; }

    /// <summary>What was asked for; null for nothing.</summary>
    public string? PlaceOf(ParseResult parsed) => parsed.GetValue(_store);

    public void AddTo(Command command) => command.Options.Add(_store);

    /// <summary>The store that was asked for, made if it is not there; null for none.</summary>
    /// <exception cref="CompletionStoreException">It cannot be opened.</exception>
    public async Task<ICompletionStore?> OpenAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string? location = parsed.GetValue(_store);
        if (location == None)
        {
            return null;
        }

        return await CompletionStores.OpenAsync(
            location ?? DefaultPlace ?? MakeDefault(terminal, Name),
            cancellationToken: cancellationToken
        );
    }

    /// <summary>The store that was asked for, which must be there.</summary>
    /// <exception cref="CompletionStoreException">It is not there, or cannot be opened.</exception>
    public async Task<ICompletionStore> OpenExistingAsync(ParseResult parsed, Terminal terminal, CancellationToken cancellationToken)
    {
        string? location = parsed.GetValue(_store);
        return location == None
            ? throw new UsageException(
                "--store is none, so there is no store to use; name one, or leave --store out for the one in the user's data folder."
            )
            : await CompletionStores.OpenAsync(location ?? Default(terminal, Name), create: false, cancellationToken);
    }

    private static string Default(Terminal terminal, string setting) =>
        terminal.Folders.Data is { } folder
            ? Path.Combine(folder, FileName)
            : throw new UsageException(
                $"There is no place for the store: neither XDG_DATA_HOME nor HOME is set to an absolute path. Name one with "
                    + $"{setting} PATH, or keep nothing with {setting} none."
            );

    /// <summary>
    /// The store in the user's data folder, for which there is a place then. What is judged may be private, so nobody else may look into
    /// the folder.
    /// </summary>
    /// <param name="terminal">Knows the user's folders.</param>
    /// <param name="setting">Where another place can be named.</param>
    public static string MakeDefault(Terminal terminal, string setting)
    {
        string path = Default(terminal, setting);
        string folder = Path.GetDirectoryName(path) ?? path;
        try
        {
            if (OperatingSystem.IsWindows())
            {
                Directory.CreateDirectory(folder);
            }
            else
            {
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            return path;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(
                $"The folder '{folder}' for the store cannot be made: {error.Message} Name another place with {setting} PATH, or "
                    + $"keep nothing with {setting} none.",
                error
            );
        }
    }
}
