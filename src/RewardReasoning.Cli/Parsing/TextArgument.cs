using System.Text;
using RewardReasoning.Cli.Terminals;

namespace RewardReasoning.Cli.Parsing;

/// <summary>
/// Texts on the command line: as they stand, <c>@FILE</c> for the content of a file, <c>-</c> for standard input, and <c>@@…</c>
/// for a text that begins with @. One line end at the end of a file or of standard input is not part of the text.
/// </summary>
internal sealed class TextArgument(Terminal terminal)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private string? _inputReadBy;

    /// <summary>The text that <paramref name="argument"/> stands for; <paramref name="name"/> names it in errors.</summary>
    public async Task<string> ReadAsync(string argument, string name, CancellationToken cancellationToken)
    {
        if (argument == "-")
        {
            if (_inputReadBy is not null)
            {
                throw new UsageException(
                    $"{name} is '-', but {_inputReadBy} reads standard input already; give one of them as text or @FILE."
                );
            }

            _inputReadBy = name;
            return await DecodeAsync(terminal.In, $"{name} (standard input)", cancellationToken);
        }

        if (argument.StartsWith("@@", StringComparison.Ordinal))
        {
            return argument[1..];
        }

        if (!argument.StartsWith('@'))
        {
            return argument;
        }

        string path = argument[1..];
        if (!File.Exists(path))
        {
            throw new UsageException(
                $"{name} names the file '{path}', which does not exist. A text that begins with @ is written with @@."
            );
        }

        using FileStream stream = File.OpenRead(path);
        return await DecodeAsync(stream, $"{name} (file '{path}')", cancellationToken);
    }

    private static async Task<string> DecodeAsync(Stream stream, string name, CancellationToken cancellationToken)
    {
        using StreamReader reader = new(stream, StrictUtf8, detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        try
        {
            string text = await reader.ReadToEndAsync(cancellationToken);
            return text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2]
                : text.EndsWith('\n') ? text[..^1]
                : text;
        }
        catch (DecoderFallbackException exception)
        {
            throw new UsageException($"{name} is not UTF-8 text ({exception.Message}); convert it first.", exception);
        }
    }
}
