using System.Text;
using RewardReasoning.Data.Hub;
using Spectre.Console;

namespace RewardReasoning.Cli;

/// <summary>
/// The three streams of the process and what is known of them. Results go to <see cref="Out"/> and nothing else does. The only
/// place that touches <see cref="Console"/>; tests hand in their own streams.
/// </summary>
public sealed class Terminal : IDisposable
{
    private const int WidthOfNoTerminal = 100;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly Lazy<IAnsiConsole> _status;

    /// <summary>A terminal over the given streams; without terminals at their ends nothing is coloured and no progress is drawn.</summary>
    public Terminal(Stream input, Stream output, TextWriter error, bool outIsTerminal = false)
    {
        In = input;
        OutStream = output;
        OutIsTerminal = outIsTerminal;
        // Written to a file or a pipe, results leave in blocks; Dispose flushes the last one.
        Out = new StreamWriter(output, Utf8, 1 << 14) { AutoFlush = outIsTerminal };
        Error = error;
        _status = new Lazy<IAnsiConsole>(() =>
            AnsiConsole.Create(
                new AnsiConsoleSettings
                {
                    Out = new AnsiConsoleOutput(Error),
                    Ansi = ErrorIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                    ColorSystem = ErrorIsTerminal && !NoColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                    Interactive = ErrorIsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
                }
            )
        );
    }

    /// <summary>Standard input, as bytes: texts are read as strict UTF-8.</summary>
    public Stream In { get; }

    /// <summary>Results, as text.</summary>
    public TextWriter Out { get; }

    /// <summary>Results, as bytes; a verb writes to this or to <see cref="Out"/>, not to both.</summary>
    public Stream OutStream { get; }

    /// <summary>Progress, warnings, errors.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person reads <see cref="Out"/> as it comes.</summary>
    public bool OutIsTerminal { get; }

    /// <summary>Whether a person reads <see cref="Error"/> as it comes.</summary>
    public bool ErrorIsTerminal { get; private init; }

    /// <summary>The user asked for no colours (https://no-color.org).</summary>
    public bool NoColor { get; private init; }

    /// <summary>Where the command keeps things for this user; nowhere unless said.</summary>
    public UserFolders Folders { get; init; } = new(null, null);

    /// <summary>Which hub is meant by hf:// addresses; read only where there is one.</summary>
    public Func<HubOptions> Hub { get; init; } = HubOptions.OfProcess;

    /// <summary>Where progress bars and tables for people are drawn: <see cref="Error"/>.</summary>
    public IAnsiConsole Status => _status.Value;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        StreamWriter error = new(Console.OpenStandardError(), Utf8) { AutoFlush = true };
        return new Terminal(
            Console.OpenStandardInput(),
            Console.OpenStandardOutput(),
            TextWriter.Synchronized(error),
            !Console.IsOutputRedirected
        )
        {
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Folders = UserFolders.OfProcess(),
            NoColor =
                !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
                || Environment.GetEnvironmentVariable("TERM") == "dumb",
        };
    }

    /// <summary>The width that help and tables are wrapped to.</summary>
    public int Width => OutIsTerminal ? Math.Max(Console.WindowWidth, 40) : WidthOfNoTerminal;

    /// <summary><paramref name="text"/> in a colour where a person sees it on <see cref="Out"/>, else as it is.</summary>
    public string Paint(string text, string ansiStyle) => OutIsTerminal && !NoColor ? $"\e[{ansiStyle}m{text}\e[0m" : text;

    /// <summary>A line on <see cref="Error"/>, above the progress bar where one is drawn.</summary>
    public void WriteStatus(string line)
    {
        if (ErrorIsTerminal)
        {
            Status.WriteLine(line);
        }
        else
        {
            Error.WriteLine(line);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Out.Flush();
        Error.Flush();
    }
}
