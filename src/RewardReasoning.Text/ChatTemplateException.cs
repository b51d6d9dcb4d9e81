namespace RewardReasoning.Text;

/// <summary>
/// A chat template that cannot be read or run: it is no valid Jinja, uses a construct that is not supported, refuses the messages
/// (<c>raise_exception</c>), or asks for what the messages do not have. The message names the line of the template.
/// </summary>
internal sealed class ChatTemplateException : RewardReasoningException
{
    /// <summary>An error without further detail.</summary>
    public ChatTemplateException() { }

    /// <summary>An error with the message to show.</summary>
    public ChatTemplateException(string message)
        : base(message) { }

    /// <summary>An error with the message to show and what caused it.</summary>
    public ChatTemplateException(string message, Exception innerException)
        : base(message, innerException) { }

    internal ChatTemplateException(int line, string message)
        : base($"Chat template, line {line}: {message}") { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Model;
}
