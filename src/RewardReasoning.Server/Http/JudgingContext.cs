using Microsoft.AspNetCore.Http;
using RewardReasoning.Judging;
using RewardReasoning.Rankings;
using RewardReasoning.Storage;

namespace RewardReasoning.Server.Http;

/// <summary>What every group of routes that judges is given.</summary>
internal sealed record JudgingContext
{
    /// <summary>The judge, which is the caller's.</summary>
    public required OpenedJudge Judge { get; init; }

    /// <summary>Decides for it, and records what it decided where that is wanted.</summary>
    public required IJudge Decides { get; init; }

    /// <summary>Receives what was decided in another way than by <see cref="Decides"/>, which records it.</summary>
    public required Action<Comparison, Judgment> OnJudged { get; init; }

    /// <summary>How responses are ranked, with the concurrency that keeps the judge busy.</summary>
    public required RankingOptions Ranking { get; init; }

    /// <summary>Where completions are stored; null where nothing is kept.</summary>
    public required ICompletionStore? Store { get; init; }

    /// <summary>Requests that judge, running or waiting.</summary>
    public required Admission Admission { get; init; }

    /// <summary>Bodies that are being read or worked on.</summary>
    public required BodyAdmission Bodies { get; init; }

    /// <summary>What is under way; work that outlives its request is entered there too.</summary>
    public required Drain Drain { get; init; }

    /// <summary>Cancelled when a server that stops no longer waits for what is under way.</summary>
    public required CancellationToken Stopping { get; init; }

    /// <summary>How long a request may take at most; null for no limit.</summary>
    public required TimeSpan? Deadline { get; init; }

    /// <summary>The most responses to one query.</summary>
    public required int MaxResponses { get; init; }

    /// <summary>The clock.</summary>
    public required TimeProvider Time { get; init; }

    /// <summary>Admits a request that judges, before its body is read: what waits for a place takes no memory.</summary>
    /// <exception cref="ApiException">The server is at capacity.</exception>
    public IDisposable Enter(HttpContext http)
    {
        IDisposable place = Admission.Enter();
        try
        {
            return new Both(place, Bodies.Enter(http));
        }
        catch
        {
            place.Dispose();
            throw;
        }
    }

    private sealed class Both(IDisposable first, IDisposable second) : IDisposable
    {
        public void Dispose()
        {
            first.Dispose();
            second.Dispose();
        }
    }
}

/// <summary>Sizes in whole MiB, rounded up.</summary>
internal static class Megabytes
{
    public static int Of(long bytes) => (int)Math.Clamp((bytes + (1 << 20) - 1) >> 20, 1, int.MaxValue);
}
