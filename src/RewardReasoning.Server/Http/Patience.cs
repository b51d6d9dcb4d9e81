namespace RewardReasoning.Server.Http;

/// <summary>How long a request may still be held; it begins with the object.</summary>
/// <param name="whole">The whole time; <see cref="TimeSpan.MaxValue"/> for ever.</param>
/// <param name="time">The clock.</param>
internal sealed class Patience(TimeSpan whole, TimeProvider time)
{
    private readonly long _began = time.GetTimestamp();

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>What is left of it, at least nothing.</summary>
    public TimeSpan Left
    {
        get
        {
            TimeSpan left = whole - time.GetElapsedTime(_began);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }
}
