using Microsoft.AspNetCore.Http;
using RewardReasoning.Server.Http;

namespace RewardReasoning.Server.Mcp;

/// <summary>
/// The tokens that tools may let the judge write, all calls together, so that an agent in a loop cannot spend without end. What came from
/// the store is free. Safe to use from many threads.
/// </summary>
/// <param name="most">The most tokens; null for no limit.</param>
internal sealed class TokenAllowance(long? most)
{
    private long _spent;

    /// <summary>Whether anything is left.</summary>
    /// <exception cref="ApiException">Nothing is.</exception>
    public void Require()
    {
        long spent = Interlocked.Read(ref _spent);
        if (spent >= most)
        {
            throw new ApiException(
                StatusCodes.Status429TooManyRequests,
                FormattableString.Invariant($"The judge has written {spent} tokens for tools, and may write {most}. ")
                    + "Start the server again, or raise --max-tool-tokens.",
                "allowance_spent"
            );
        }
    }

    /// <summary>Counts what a call cost.</summary>
    public void Spend(Usage usage) => Interlocked.Add(ref _spent, usage.OutputTokens - usage.KeptOutputTokens);
}
