namespace RewardReasoning.IO;

/// <summary>A file or folder is being written by another run; the message says by which.</summary>
public sealed class FileInUseException : IOException
{
    /// <summary>With a message for people.</summary>
    public FileInUseException(string message, Exception? innerException = null)
        : base(message, innerException) { }

    /// <summary>Without a message.</summary>
    public FileInUseException() { }

    /// <summary>With a message for people.</summary>
    public FileInUseException(string message)
        : base(message) { }
}
