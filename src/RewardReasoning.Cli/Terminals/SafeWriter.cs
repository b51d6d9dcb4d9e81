using System.Text;

namespace RewardReasoning.Cli.Terminals;

/// <summary>
/// Writes text with <see cref="SafeText"/>; only colours of the command's own, which are marked by a word that no data can know, reach the
/// terminal as such.
/// </summary>
internal sealed class SafeWriter(TextWriter inner) : TextWriter
{
    private readonly string _mark = Guid.NewGuid().ToString("N");

    /// <inheritdoc/>
    public override Encoding Encoding => inner.Encoding;

    /// <summary>A text in a colour or weight, to be written to this writer in one piece.</summary>
    public string Paint(string text, string ansiStyle) => $"{_mark}{ansiStyle}m{text}{_mark}0m";

    /// <inheritdoc/>
    public override void Write(char value) => inner.Write(SafeText.Escape(value.ToString()));

    /// <inheritdoc/>
    public override void Write(string? value)
    {
        if (value is not null)
        {
            inner.Write(SafeText.Escape(value).Replace(_mark, "\e[", StringComparison.Ordinal));
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<char> buffer) => Write(buffer.ToString());

    /// <inheritdoc/>
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    /// <inheritdoc/>
    public override void WriteLine(string? value) => Write(value + "\n");

    /// <inheritdoc/>
    public override void Flush() => inner.Flush();

    /// <inheritdoc/>
    public override Task FlushAsync(CancellationToken cancellationToken) => inner.FlushAsync(cancellationToken);
}
