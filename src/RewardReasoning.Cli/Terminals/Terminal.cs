using System.Text;
using RewardReasoning.Data.Hub;
using Spectre.Console;

namespace RewardReasoning.Cli.Terminals;

/// <summary>
/// The three streams of the process and what is known of them. Results go to <see cref="Out"/> and nothing else does. The only
/// place that touches <see cref="Console"/>; tests hand in their own streams.
/// </summary>
internal sealed class Terminal : IDisposable
{
    private const int WidthOfNoTerminal = 100;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly SafeWriter _out;
    private readonly Lazy<IAnsiConsole> _status;

    /// <summary>A terminal over the given streams; without terminals at their ends nothing is coloured and no progress is drawn.</summary>
    public Terminal(Stream input, Stream output, TextWriter error, bool outIsTerminal = false)
    {
        In = input;
        OutStream = output;
        OutIsTerminal = outIsTerminal;
        // Written to a file or a pipe, results leave in blocks; Flush writes the last one.
        _out = new SafeWriter(new StreamWriter(output, Utf8, 1 << 14) { AutoFlush = outIsTerminal });
        LenientWriter lenient = new(error);
        Error = new SafeWriter(lenient);
        _status = new Lazy<IAnsiConsole>(() =>
            AnsiConsole.Create(
                new AnsiConsoleSettings
                {
                    Out = new AnsiConsoleOutput(lenient),
                    Ansi = ErrorIsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
                    ColorSystem = ErrorIsTerminal && !NoColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
                    Interactive = ErrorIsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
                }
            )
        );
    }

    /// <summary>Standard input, as bytes: texts are read as strict UTF-8.</summary>
    public Stream In { get; }

    /// <summary>Results, as text; what a terminal would act on is escaped.</summary>
    public TextWriter Out => _out;

    /// <summary>Results, as bytes; a verb writes to this or to <see cref="Out"/>, not to both.</summary>
    public Stream OutStream { get; }

    /// <summary>Progress, warnings, errors; escaped likewise, and lost where nobody is left to read them.</summary>
    public TextWriter Error { get; }

    /// <summary>Whether a person reads <see cref="Out"/> as it comes.</summary>
    public bool OutIsTerminal { get; }

    /// <summary>Whether a person reads <see cref="Error"/> as it comes.</summary>
    public bool ErrorIsTerminal { get; private init; }

    /// <summary>The user asked for no colours (https://no-color.org).</summary>
    public bool NoColor { get; private init; }

    /// <summary>Where the command keeps things for this user; nowhere unless said.</summary>
    public UserFolders Folders { get; init; } = new(null, null);

    /// <summary>Which hub is meant by hf:// addresses; read only if there is one.</summary>
    public Func<HubOptions> Hub { get; init; } = HubOptions.OfProcess;

    /// <summary>Where progress bars and tables for people are drawn: <see cref="Error"/>.</summary>
    public IAnsiConsole Status => _status.Value;

    /// <summary>The terminal of this process.</summary>
    public static Terminal OfProcess()
    {
        StreamWriter error = new(Console.OpenStandardError(), Utf8) { AutoFlush = true };
        return new Terminal(
            new InputStream(Console.OpenStandardInput()),
            OutputStream.OfProcess(),
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

    /// <summary>
    /// <paramref name="text"/> in a colour where a person sees it on <see cref="Out"/>, else as it is; it is written there in one piece.
    /// </summary>
    public string Paint(string text, string ansiStyle) => OutIsTerminal && !NoColor ? _out.Paint(text, ansiStyle) : text;

    /// <summary>A line on <see cref="Error"/>, above the progress bar where one is drawn.</summary>
    public void WriteStatus(string line)
    {
        if (ErrorIsTerminal)
        {
            Status.WriteLine(SafeText.Escape(line));
        }
        else
        {
            Error.WriteLine(line);
        }
    }

    /// <summary>Writes what is still held of the results.</summary>
    /// <exception cref="OutputException">Standard output is closed or full.</exception>
    public void Flush() => Out.Flush();

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            Flush();
        }
        catch (IOException)
        {
            // A verb that succeeded has flushed before; one that failed has said why.
        }

        Error.Flush();
    }
}
