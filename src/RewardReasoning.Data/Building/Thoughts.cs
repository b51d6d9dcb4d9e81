namespace RewardReasoning.Data.Building;

/// <summary>Thoughts inside responses: what a judge is trained on must not hold them.</summary>
public static class Thoughts
{
    private const string Open = "<think>";
    private const string Close = "</think>";

    /// <summary>
    /// The response after its last thought, without the blanks around it. Null where a thought was opened and not closed (the response was
    /// cut inside of it), or nothing follows.
    /// </summary>
    public static string? Strip(string response)
    {
        ArgumentNullException.ThrowIfNull(response);
        int close = response.LastIndexOf(Close, StringComparison.Ordinal);
        string rest = close < 0 ? response : response[(close + Close.Length)..];
        string answer = rest.Trim();
        return answer.Length == 0 || rest.Contains(Open, StringComparison.Ordinal) ? null : answer;
    }
}
