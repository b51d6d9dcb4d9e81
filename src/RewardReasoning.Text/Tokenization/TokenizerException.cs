namespace RewardReasoning.Text.Tokenization;

/// <summary>
/// A tokenizer file that cannot be read, contradicts itself, or is of a kind that is not supported. The message names the file,
/// what was found there and what must hold.
/// </summary>
internal sealed class TokenizerException : RewardReasoningException
{
    /// <summary>An error without further detail.</summary>
    public TokenizerException() { }

    /// <summary>An error with the message to show.</summary>
    public TokenizerException(string message)
        : base(message) { }

    /// <summary>An error with the message to show and what caused it.</summary>
    public TokenizerException(string message, Exception innerException)
        : base(message, innerException) { }

    /// <inheritdoc/>
    public override FailureBoundary Boundary => FailureBoundary.Model;
}
